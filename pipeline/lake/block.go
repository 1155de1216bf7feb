package lake

import (
	"fmt"
	"hash/maphash"
	"path/filepath"
	"slices"
	"strings"
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

// block takes the rows of one block, holds them until the blocks before it are
// decided, and writes one Parquet file per partition. It is used by one
// goroutine at a time; different blocks run side by side.
type block[T any, P rowPointer[T]] struct {
	stage  *Stage[T, P]
	seq    int
	held   []heldRows[T]
	open   map[partition]*fileWriter[T]
	order  []partition       // open files, oldest first
	parts  map[partition]int // files begun per partition
	begun  int
	files  []stagedFile
	twice  int64 // rows left out because they were there before
	digest blockDigest
	people []pipeline.Person

	last    partition // of the row before, so that months are copied once per change
	scratch []T
	key     []byte
	row     []byte
}

// Write takes rows in the order of the source.
func (b *block[T, P]) Write(rows []T) error {
	if len(rows) == 0 {
		return nil
	}
	s := b.stage
	if err := s.ctx.Err(); err != nil {
		return err
	}
	h := heldRows[T]{keys: make([]uint64, 0, len(rows))}
	if !s.feed.Reference {
		h.contents = make([]uint64, 0, len(rows))
	}
	for i := range rows {
		if err := b.note(&h, &rows[i]); err != nil {
			return err
		}
	}
	h.rows = hold(rows, s.info.columns)
	b.held = append(b.held, h)
	return nil
}

// note takes a row's partition and hashes.
func (b *block[T, P]) note(h *heldRows[T], row *T) error {
	s := b.stage
	p := P(row)
	origin := p.Origin()
	origin.BatchID = s.batchID
	b.key = p.AppendKey(b.key[:0])
	h.keys = append(h.keys, maphash.Bytes(s.keys.seed, b.key))
	if !s.feed.Reference {
		b.row = s.rowForm.appendContent(b.row[:0], unsafe.Pointer(row))
		h.contents = append(h.contents, maphash.Bytes(s.contentSeed, b.row))
	}
	if s.feed.Name == "creators" {
		if c, ok := any(row).(*pipeline.Creator); ok && c.Person != (pipeline.Person{}) {
			b.people = append(b.people, clonePerson(c.Person))
		}
	}
	if s.day.ID == 0 {
		return nil
	}
	day := floorDiv(int64At(unsafe.Pointer(row), s.day), microsPerDay)
	if day != b.last.day || origin.AccountingMonth != b.last.month {
		if _, err := pipeline.ParsePeriod(origin.AccountingMonth); err != nil {
			return pipeline.Errorf(pipeline.KindInternal, "write rows of", s.batchID, "line %d: accounting month: %w", origin.SourceLine, err)
		}
		b.last = partition{month: strings.Clone(origin.AccountingMonth), day: day}
	}
	h.of = append(h.of, b.last)
	return nil
}

// decide marks the rows that were there before. In reference feeds the latest
// of several wins, even if it says what the first did, so that there all stay.
func (b *block[T, P]) decide() error {
	var keys, contents []uint64
	var chunks, rows []int
	for c := range b.held {
		h := &b.held[c]
		keys, contents = append(keys, h.keys...), append(contents, h.contents...)
		chunks, rows = append(chunks, len(keys)), append(rows, len(h.rows))
	}
	k := b.stage.keys
	if b.stage.feed.Reference {
		k.mu.Lock()
		defer k.mu.Unlock()
		return k.addPart(keys, make([]uint64, len(keys)))
	}
	c := 0
	var err error
	b.twice, err = k.decide(keys, contents, func(i int) {
		for i >= chunks[c] {
			c++
		}
		b.held[c].leaveOut(i - chunks[c] + rows[c])
	})
	return err
}

// flush writes the rows that stay and ends the block's files.
func (b *block[T, P]) flush() error {
	s := b.stage
	for c := range b.held {
		if err := s.ctx.Err(); err != nil {
			return err
		}
		h := &b.held[c]
		h.settle()
		for i := range h.rows {
			b.row = s.rowForm.append(b.row[:0], unsafe.Pointer(&h.rows[i]))
			b.digest.add(P(&h.rows[i]).Origin().SourceLine, b.row)
		}
		if err := b.writeRuns(h); err != nil {
			return s.lake.fail("write rows of", s.batchID, err)
		}
		*h = heldRows[T]{}
	}
	for _, p := range b.order {
		if err := b.closeFile(p); err != nil {
			return s.lake.fail("write rows of", s.batchID, err)
		}
	}
	b.held, b.order, b.scratch = nil, nil, nil
	b.digest.endBlock()
	s.closeBlock(b)
	return nil
}

// Close ends the block. It is written now if all blocks before it are closed,
// else by the Close of the last of those.
func (b *block[T, P]) Close() error {
	ready, err := b.stage.ready(b)
	if err != nil {
		return b.stage.lake.fail("write rows of", b.stage.batchID, err)
	}
	for _, r := range ready {
		if err := r.flush(); err != nil {
			return err
		}
	}
	return nil
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
func (b *block[T, P]) writeRuns(h *heldRows[T]) error {
	if len(h.rows) == 0 {
		return nil
	}
	if b.stage.day.ID == 0 {
		return b.writeTo(partition{}, h.rows)
	}
	first := h.of[0]
	if !slices.ContainsFunc(h.of, func(p partition) bool { return p != first }) {
		return b.writeTo(first, h.rows)
	}
	counts := map[partition]int{}
	var seen []partition
	for _, p := range h.of {
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
	b.scratch = slices.Grow(b.scratch[:0], len(h.rows))[:len(h.rows)]
	for i, p := range h.of {
		b.scratch[next[p]] = h.rows[i]
		next[p]++
	}
	start := 0
	for i, p := range seen {
		if err := b.writeTo(p, b.scratch[start:ends[i]]); err != nil {
			return err
		}
		start = ends[i]
	}
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

// abandon closes what a failed parse left open.
func (b *block[T, P]) abandon() {
	for _, w := range b.open {
		_ = w.f.Close()
	}
}

// dayText writes days since the epoch as 2026-10-05.
func dayText(day int64) string { return time.Unix(day*86400, 0).UTC().Format(time.DateOnly) }
