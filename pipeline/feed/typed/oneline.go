package typed

import (
	"crypto/sha256"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"carat/pipeline"
)

// oneLine remembers what the rows of one source line say, by their keys. Where a whole
// file stands on one line, as machines write XML, a row is no longer named by its line
// and its key when two have the same: which of them a later look would take out, nobody
// could say. So that is judged here, where the order is still known. It grows with the
// rows of one line, and is empty for files with a row on each.
type oneLine struct {
	line int64
	rows map[string]saidThere
}

// saidThere is what a row says: a hash of all its columns but those that only say where it
// was told, and these as they are.
type saidThere struct {
	content [sha256.Size]byte
	told    []any
}

// remember notes the row that was accepted last, the first of its line.
func (b *Builder) remember() {
	if b.Rows.Len() == 0 || !b.kept || b.there.line == b.line && len(b.there.rows) > 0 {
		return
	}
	b.there.line = b.line
	b.there.rows = map[string]saidThere{string(b.Rows.Last().AppendKey(nil)): b.saidBy(b.Row)}
}

// conflicts says whether a row before on the same line has this one's key and says
// something else. One that says the same was told again: it becomes that row in every
// column, so that it counts as a duplicate. In a reference feed, where a later version
// counts, one line has no later one.
func (b *Builder) conflicts() bool {
	if b.there.line != b.line || b.there.rows == nil {
		return false
	}
	key, says := string(b.Rows.Last().AppendKey(nil)), b.saidBy(b.Row)
	before, again := b.there.rows[key]
	switch {
	case !again:
		b.there.rows[key] = says
		return false
	case before.content != says.content || b.Schema.Feed.Reference:
		return true
	}
	for i, v := range before.told {
		p := unsafe.Add(b.Row, b.Columns[b.Schema.told[i]].Offset)
		switch v := v.(type) {
		case string:
			*(*string)(p) = v
		case *int64:
			*(**int64)(p) = v
		case int64:
			*(*int64)(p) = v
		}
	}
	return false
}

// saidBy gives what the row says.
func (b *Builder) saidBy(row unsafe.Pointer) (said saidThere) {
	sum := sha256.New()
	for i := range b.Columns {
		v := valueAt(&b.Columns[i], row)
		if slices.Contains(b.Schema.told, i) {
			said.told = append(said.told, v)
			continue
		}
		text := ""
		switch v := v.(type) {
		case string:
			text = "s" + v
		case int64:
			text = "n" + strconv.FormatInt(v, 10)
		case *int64:
			if v != nil {
				text = "n" + strconv.FormatInt(*v, 10)
			}
		}
		sum.Write([]byte(strconv.Itoa(len(text)) + ":" + text))
	}
	sum.Sum(said.content[:0])
	return said
}

// valueAt gives the value of a column, free of the memory that it was read from.
func valueAt(c *pipeline.FeedColumn, row unsafe.Pointer) any {
	p := unsafe.Add(row, c.Offset)
	switch {
	case c.Pointer:
		v := *(**int64)(p)
		if v != nil {
			own := *v
			v = &own
		}
		return v
	case c.Kind == pipeline.ColumnNumber || c.Kind == pipeline.ColumnTime:
		return *(*int64)(p)
	case c.Kind == pipeline.ColumnDate:
		return int64(*(*int32)(p))
	}
	return strings.Clone(*(*string)(p))
}

// rejectAgain takes the row back whose key stands on its line already with other content,
// and names both places.
func (b *Builder) rejectAgain() error {
	key := string(b.Rows.Last().AppendKey(nil))
	line := b.line
	r := pipeline.Reject{RowKey: key, OtherBatch: b.Task.BatchID, OtherLine: &line, Expected: "the content that the key came with first, on this line too", Entity: b.Task.Entity}
	if i := b.Schema.entity; i >= 0 {
		r.Entity = strings.Clone(*(*string)(unsafe.Add(b.Row, b.Columns[i].Offset)))
	}
	r.AccountingMonth = b.Rows.Last().Origin().AccountingMonth
	b.Rows.Drop()
	b.result.Accepted--
	b.result.Conflicts++
	return b.addReject(r, b.line, pipeline.CodeKeyConflict, []byte(strings.ReplaceAll(key, string(rune(pipeline.KeySeparator)), "/")))
}
