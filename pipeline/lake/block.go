package lake

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unsafe"

	"carat/pipeline"
	"carat/pipeline/lake/pages"
	"carat/pipeline/lake/people"
)

const microsPerDay = 86_400_000_000

// Bounds of what a block writes at a time.
const (
	manyFiles      = 4 // from this file of a block on, pages are small
	openFilesLimit = 64
)

// block takes the rows of one block, holds them until the blocks before it are
// decided, and writes one Parquet file per partition. It is used by one
// goroutine at a time; different blocks run side by side.
type block[T any, P pages.RowPointer[T]] struct {
	stage  *Stage[T, P]
	seq    int
	held   []pages.HeldRows
	open   map[partition]*pages.RowFile[T, P]
	order  []partition       // open files, oldest first
	parts  map[partition]int // files begun per partition
	begun  int
	files  []pages.StagedFile
	twice  int64 // rows left out because they were there before
	digest pages.BlockDigest
	people []pipeline.Person

	places   []partition         // partitions seen
	placeOf  map[partition]int32 // and their indexes
	earliest []int64             // event of each partition
	sorted   []int32             // rows of a piece, by partition
	last     int32               // of the row before
	key      []byte
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
	h := pages.HeldRows{IngestedAt: P(&rows[0]).Origin().IngestedAt, Ends: make([]int32, 0, len(rows)),
		Lines: make([]int64, 0, len(rows)), Keys: make([]uint64, 0, len(rows)), Contents: make([]uint64, 0, len(rows))}
	if n := len(b.held); n > 0 {
		h.Bytes = make([]byte, 0, len(b.held[n-1].Bytes)*9/8)
	}
	for i := range rows {
		if err := b.note(&h, &rows[i]); err != nil {
			return err
		}
	}
	b.held = append(b.held, h)
	return nil
}

// note takes a row: its canonical form, hashes and partition.
func (b *block[T, P]) note(h *pages.HeldRows, row *T) error {
	s := b.stage
	p := P(row)
	origin := p.Origin()
	if origin.IngestedAt != h.IngestedAt {
		return pipeline.Errorf(pipeline.KindInternal, "write rows of", s.batchID, "line %d: ingested_at differs within the batch", origin.SourceLine)
	}
	b.key = p.AppendKey(b.key[:0])
	h.Keys = append(h.Keys, s.keys.Hash(b.key))
	start := len(h.Bytes)
	h.Bytes = s.rowForm.AppendContent(h.Bytes, unsafe.Pointer(row))
	h.Contents = append(h.Contents, maphash.Bytes(s.contentSeed, h.Bytes[start:]))
	h.Bytes = s.rowForm.AppendLineage(h.Bytes, unsafe.Pointer(row))
	h.Ends = append(h.Ends, int32(len(h.Bytes)))
	h.Lines = append(h.Lines, origin.SourceLine)
	if who, named := people.Named(row); named {
		b.people = append(b.people, who)
	}
	if s.day.ID == 0 {
		return nil
	}
	day := floorDiv(pages.Int64At(unsafe.Pointer(row), s.day), microsPerDay)
	if len(b.places) == 0 || day != b.places[b.last].day || origin.AccountingMonth != b.places[b.last].month {
		if err := b.place(origin, day); err != nil {
			return err
		}
	}
	b.earliest[b.last] = min(b.earliest[b.last], p.EventMicros())
	h.Of = append(h.Of, b.last)
	return nil
}

// place makes last the index of a partition.
func (b *block[T, P]) place(origin *pipeline.Lineage, day int64) error {
	if index, ok := b.placeOf[partition{origin.AccountingMonth, day}]; ok {
		b.last = index
		return nil
	}
	if _, err := pipeline.ParsePeriod(origin.AccountingMonth); err != nil {
		return pipeline.Errorf(pipeline.KindInternal, "write rows of", b.stage.batchID, "line %d: accounting month: %w", origin.SourceLine, err)
	}
	p := partition{month: strings.Clone(origin.AccountingMonth), day: day}
	if b.placeOf == nil {
		b.placeOf = map[partition]int32{}
	}
	b.last = int32(len(b.places))
	b.places, b.earliest = append(b.places, p), append(b.earliest, math.MaxInt64)
	b.placeOf[p] = b.last
	return nil
}

// decide marks the rows that were there before. In reference feeds the latest
// of several wins, even if it says what the first did, so that there all stay.
func (b *block[T, P]) decide() error {
	var keys []uint64
	var contents []uint64
	var chunks []int // where each piece ends
	for c := range b.held {
		h := &b.held[c]
		keys, contents = append(keys, h.Keys...), append(contents, h.Contents...)
		chunks = append(chunks, len(keys))
		h.Keys, h.Contents = nil, nil
	}
	k := b.stage.keys
	if b.stage.feed.Reference {
		return k.AddPart(keys, contents)
	}
	c := 0
	var err error
	b.twice, err = k.Decide(keys, contents, func(i int) {
		for i >= chunks[c] {
			c++
		}
		b.held[c].LeaveOut(i - chunks[c] + b.held[c].Len())
	})
	return err
}

// flush writes the rows that stay and ends the block's files.
func (b *block[T, P]) flush() (err error) {
	defer func() {
		if err == nil {
			return
		}
		for _, w := range b.open {
			_ = w.Abandon() // the stage is discarded
		}
	}()
	s := b.stage
	for c := range b.held {
		if err := s.ctx.Err(); err != nil {
			return err
		}
		h := &b.held[c]
		b.digest.AddHeld(h)
		if err := b.write(h); err != nil {
			return s.lake.fail("write rows of", s.batchID, err)
		}
		b.held[c] = pages.HeldRows{}
	}
	for _, p := range b.order {
		if err := b.closeFile(p); err != nil {
			return s.lake.fail("write rows of", s.batchID, err)
		}
	}
	b.held, b.order, b.sorted = nil, nil, nil
	b.digest.EndBlock()
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

// write writes the rows that stay, each partition's in one piece and in the
// order of the source.
func (b *block[T, P]) write(h *pages.HeldRows) error {
	b.sorted = b.sorted[:0]
	for i := range h.Len() {
		if !h.LeftOut(i) {
			b.sorted = append(b.sorted, int32(i))
		}
	}
	if len(b.places) > 1 {
		slices.SortStableFunc(b.sorted, func(i, j int32) int { return cmp.Compare(h.Of[i], h.Of[j]) })
	}
	for rest := b.sorted; len(rest) > 0; {
		p, n := partition{}, len(rest)
		if len(b.places) > 0 {
			of := h.Of[rest[0]]
			p, n = b.places[of], 1
			for n < len(rest) && h.Of[rest[n]] == of {
				n++
			}
		}
		w, err := b.writer(p)
		if err != nil {
			return err
		}
		for _, i := range rest[:n] {
			if err := w.Add(h.Row(int(i)), b.stage.batchID, h.IngestedAt); err != nil {
				return err
			}
		}
		rest = rest[n:]
	}
	return nil
}

// writer gives the open file of a partition, or begins one. A block that
// touches very many days closes its oldest file and may begin another for the
// same day later: which one depends on the rows alone.
func (b *block[T, P]) writer(p partition) (*pages.RowFile[T, P], error) {
	if w := b.open[p]; w != nil {
		return w, nil
	}
	if len(b.order) >= openFilesLimit {
		if err := b.closeFile(b.order[0]); err != nil {
			return nil, err
		}
		b.order = b.order[1:]
	}
	page := pages.PageBytes
	if b.begun >= manyFiles {
		page = pages.PageBytesMany
	}
	s := b.stage
	rel := filepath.Join(folderOf(p, s.feed.EventColumn), fmt.Sprintf("%s-%05d-%02d.parquet", s.batchID, b.seq, b.parts[p]))
	file := pages.StagedFile{Rel: rel, Path: filepath.Join(s.dir, "data", rel)}
	if p.month != "" {
		file.MinEvent = b.earliest[b.placeOf[p]]
	}
	w, err := pages.NewRowFile[T, P](s.lake.disk, s.lake.codec, s.info.Columns, file, page, pages.BloomColumns(s.feed))
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
	return filepath.Join(pages.ColAccountingMonth+"="+p.month, eventColumn+"_day="+dayText(p.day))
}

func (b *block[T, P]) closeFile(p partition) error {
	f, err := b.open[p].Close()
	delete(b.open, p)
	if err != nil {
		return err
	}
	b.files = append(b.files, f)
	return nil
}

// dayText writes days since the epoch as 2026-10-05.
func dayText(day int64) string { return time.Unix(day*86400, 0).UTC().Format(time.DateOnly) }

// partition is a table partition: the accounting month and the UTC day of the
// event column. Reference tables have the zero partition only.
type partition struct {
	month string
	day   int64 // days since the epoch
}
