package lake

import (
	"fmt"
	"hash/maphash"
	"path/filepath"
	"slices"
	"time"
	"unsafe"

	"carat/pipeline"
)

const microsPerDay = 86_400_000_000

// partition is a table partition: the accounting month and the UTC day of the
// event column. Reference tables have the zero partition only.
type partition struct {
	month string
	day   int64 // days since the epoch
}

// block writes the rows of one block: one Parquet file per partition. It is
// used by one goroutine at a time; different blocks run side by side.
type block[T any, P rowPointer[T]] struct {
	stage  *Stage[T, P]
	seq    int
	open   map[partition]*fileWriter[T]
	order  []partition       // open files, oldest first
	parts  map[partition]int // files begun per partition
	begun  int
	files  []stagedFile
	known  blockRepeats
	twice  int64 // rows left out because they were known
	digest blockDigest
	people []pipeline.Person

	last    partition // of the row before, so that months are copied once per change
	of      []partition
	scratch []T
	kept    []T
	key     []byte
	row     []byte
}

// Write takes rows in the order of the source.
func (b *block[T, P]) Write(rows []T) error {
	if len(rows) == 0 {
		return nil
	}
	if err := b.stage.ctx.Err(); err != nil {
		return err
	}
	left := 0 // rows left out; the others are copied, as the caller's stay as they are
	for i := range rows {
		repeated, err := b.note(&rows[i])
		switch {
		case err != nil:
			return err
		case repeated && left == 0:
			b.kept = append(b.kept[:0], rows[:i]...)
			left++
		case repeated:
			left++
		case left > 0:
			b.kept = append(b.kept, rows[i])
		}
	}
	if left > 0 {
		b.twice += int64(left)
		rows = b.kept
	}
	if len(rows) == 0 {
		return nil
	}
	if err := b.writeRuns(rows); err != nil {
		return b.stage.lake.fail("write rows of", b.stage.batchID, err)
	}
	return nil
}

// note takes a row's lineage, key hash, digest and partition, unless the same
// row was in the block before. In reference feeds the latest of several wins,
// even if it says what the first did, so that there all are kept.
func (b *block[T, P]) note(row *T) (repeated bool, err error) {
	s := b.stage
	p := P(row)
	origin := p.Origin()
	origin.BatchID = s.batchID
	b.key = p.AppendKey(b.key[:0])
	key := maphash.Bytes(s.keys.seed, b.key)
	b.row = s.rowForm.appendContent(b.row[:0], unsafe.Pointer(row))
	if s.feed.Reference {
		b.known.keys = append(b.known.keys, key)
	} else if b.known.seen(key, maphash.Bytes(s.contentSeed, b.row)) {
		return true, nil
	}
	b.row = s.rowForm.appendLineage(b.row, unsafe.Pointer(row))
	b.digest.add(origin.SourceLine, b.row)
	if s.feed.Name == "creators" {
		if c, ok := any(row).(*pipeline.Creator); ok && c.Person != (pipeline.Person{}) {
			b.people = append(b.people, clonePerson(c.Person))
		}
	}
	if s.day.ID == 0 {
		return false, nil
	}
	day := floorDiv(int64At(unsafe.Pointer(row), s.day), microsPerDay)
	if day != b.last.day || origin.AccountingMonth != b.last.month {
		if _, err := pipeline.ParsePeriod(origin.AccountingMonth); err != nil {
			return false, pipeline.Errorf(pipeline.KindInternal, "write rows of", s.batchID, "line %d: accounting month: %w", origin.SourceLine, err)
		}
		b.last = partition{month: string(append([]byte(nil), origin.AccountingMonth...)), day: day}
	}
	b.of = append(b.of, b.last)
	return false, nil
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// writeRuns writes rows to their partitions' files, each partition's rows in
// one piece and in the order of the source.
func (b *block[T, P]) writeRuns(rows []T) error {
	if b.stage.day.ID == 0 {
		return b.writeTo(partition{}, rows)
	}
	defer func() { b.of = b.of[:0] }()
	first := b.of[0]
	if !slices.ContainsFunc(b.of, func(p partition) bool { return p != first }) {
		return b.writeTo(first, rows)
	}
	counts := map[partition]int{}
	var seen []partition
	for _, p := range b.of {
		if counts[p]++; counts[p] == 1 {
			seen = append(seen, p)
		}
	}
	next, ends, at := map[partition]int{}, make([]int, len(seen)), 0
	for i, p := range seen {
		next[p] = at
		at += counts[p]
		ends[i] = at
	}
	b.scratch = slices.Grow(b.scratch[:0], len(rows))[:len(rows)]
	for i, p := range b.of {
		b.scratch[next[p]] = rows[i]
		next[p]++
	}
	start := 0
	for i, p := range seen {
		if err := b.writeTo(p, b.scratch[start:ends[i]]); err != nil {
			return err
		}
		start = ends[i]
	}
	clear(b.scratch) // its strings are not ours to keep
	return nil
}

func (b *block[T, P]) writeTo(p partition, rows []T) error {
	w, err := b.writer(p)
	if err != nil {
		return err
	}
	noteRange[T, P](&w.file, rows, b.stage.feed.Reference)
	return w.write(rows)
}

// writer gives the open file of a partition, or begins one. A block that
// touches very many days closes its oldest file and may begin another for the
// same day later: which one depends on the rows alone.
func (b *block[T, P]) writer(p partition) (*fileWriter[T], error) {
	if w := b.open[p]; w != nil {
		return w, nil
	}
	if len(b.order) >= openFilesLimit {
		if err := b.closeFile(b.order[0]); err != nil {
			return nil, err
		}
		b.order = b.order[1:]
	}
	page := pageBytes
	if b.begun >= manyFiles {
		page = pageBytesMany
	}
	s := b.stage
	rel := filepath.Join(folderOf(p, s.feed.EventColumn), fmt.Sprintf("%s-%05d-%02d.parquet", s.batchID, b.seq, b.parts[p]))
	w, err := newFileWriter[T](s.lake, filepath.Join(s.dir, "data", rel), rel, page, bloomColumns(s.feed), noBounds(s.feed.Name))
	if err != nil {
		return nil, err
	}
	b.open[p] = w
	b.order = append(b.order, p)
	b.parts[p]++
	b.begun++
	return w, nil
}

// folderOf gives the Hive-style folder of a partition.
func folderOf(p partition, eventColumn string) string {
	if p.month == "" {
		return ""
	}
	return filepath.Join(colAccountingMonth+"="+p.month, eventColumn+"_day="+dayText(p.day))
}

// bloomColumns: the first column of an event feed's key. Reference tables are
// too small for one.
func bloomColumns(feed pipeline.Feed) []string {
	if feed.Reference || feed.Name == "balances" {
		return nil
	}
	return feed.Key[:1]
}

func (b *block[T, P]) closeFile(p partition) error {
	f, err := b.open[p].close()
	delete(b.open, p)
	if err != nil {
		return err
	}
	b.files = append(b.files, f)
	return nil
}

// Close ends the block's files and hands them to the stage.
func (b *block[T, P]) Close() error {
	for _, p := range b.order {
		if err := b.closeFile(p); err != nil {
			return b.stage.lake.fail("write rows of", b.stage.batchID, err)
		}
	}
	if err := b.stage.keys.add(b.known.keys); err != nil {
		return b.stage.lake.fail("write rows of", b.stage.batchID, err)
	}
	b.open, b.order, b.known, b.scratch, b.kept = nil, nil, blockRepeats{}, nil, nil
	b.digest.endBlock()
	b.stage.closeBlock(b)
	return nil
}

// abandon closes what a failed parse left open.
func (b *block[T, P]) abandon() {
	for _, w := range b.open {
		_ = w.f.Close()
	}
}

// dayText writes days since the epoch as 2026-10-05.
func dayText(day int64) string { return time.Unix(day*86400, 0).UTC().Format(time.DateOnly) }
