package lake

import (
	"encoding/binary"
	"encoding/hex"
	"hash"
	"slices"
	"sort"
	"unsafe"
)

// groupLines is how many source lines share one digest of rows-sha256.
const groupLines = 65536

// rowEncoder writes rows in the canonical form that rows-sha256 is taken of.
//
// A row is its present columns by ascending field id, without batch_id and
// ingested_at (the same rows ingested again hash the same); each column is its
// field id as 2 bytes, then its value; the row ends with two zero bytes. A
// string is its length as 4 bytes, then its UTF-8 bytes; everything else (whole
// numbers, decimals as their unscaled integer, microseconds, days) is 8 bytes,
// two's complement. All numbers are big-endian. An absent column leaves
// nothing, so that a column added later doesn't change the hash of old rows.
//
// Rows are ordered by source_line, rows of one line by their canonical bytes.
// Those whose source_line/65536 is equal form a group; a group's digest is the
// SHA-256 of its rows' bytes. rows-sha256 is the SHA-256 over, for each group in
// ascending order, the group's number as 8 bytes and its digest. It depends
// neither on files nor on blocks, and so outlives compaction.
type rowEncoder struct {
	columns []column // ascending by id
	lineage int      // index of the first lineage column
}

func newRowEncoder(cols []column) rowEncoder {
	var e rowEncoder
	for _, c := range cols {
		if c.Name != colBatchID && c.Name != colIngestedAt {
			e.columns = append(e.columns, c)
		}
	}
	sort.Slice(e.columns, func(i, j int) bool { return e.columns[i].ID < e.columns[j].ID })
	for e.lineage < len(e.columns) && e.columns[e.lineage].ID < firstLineageID {
		e.lineage++
	}
	return e
}

// firstLineageID is where the field ids of lineage begin (see pipeline.Lineage).
const firstLineageID = 900

// append appends the canonical form of a row.
func (e *rowEncoder) append(dst []byte, p unsafe.Pointer) []byte {
	dst = appendFields(dst, e.columns[:e.lineage], p)
	return e.appendLineage(dst, p)
}

// appendContent appends what the source says of a row: all but its lineage.
func (e *rowEncoder) appendContent(dst []byte, p unsafe.Pointer) []byte {
	return appendFields(dst, e.columns[:e.lineage], p)
}

// appendLineage completes what appendContent began.
func (e *rowEncoder) appendLineage(dst []byte, p unsafe.Pointer) []byte {
	return append(appendFields(dst, e.columns[e.lineage:], p), 0, 0)
}

// appendFields appends columns of the row at p, a pointer to the struct
// that the columns were derived from. It reads fields by their offsets because
// reflection costs more than the rest of the ingest together.
func appendFields(dst []byte, columns []column, p unsafe.Pointer) []byte {
	for i := range columns {
		c := &columns[i]
		at := unsafe.Add(p, c.offset)
		switch c.held {
		case heldString:
			s := *(*string)(at)
			if s == "" && c.Optional {
				continue
			}
			dst = binary.BigEndian.AppendUint16(dst, uint16(c.ID))
			dst = binary.BigEndian.AppendUint32(dst, uint32(len(s)))
			dst = append(dst, s...)
		case heldInt64:
			dst = binary.BigEndian.AppendUint16(dst, uint16(c.ID))
			dst = binary.BigEndian.AppendUint64(dst, uint64(*(*int64)(at)))
		case heldInt64Pointer:
			v := *(**int64)(at)
			if v == nil {
				continue
			}
			dst = binary.BigEndian.AppendUint16(dst, uint16(c.ID))
			dst = binary.BigEndian.AppendUint64(dst, uint64(*v))
		case heldInt32:
			dst = binary.BigEndian.AppendUint16(dst, uint16(c.ID))
			dst = binary.BigEndian.AppendUint64(dst, uint64(int64(*(*int32)(at))))
		}
	}
	return dst
}

// int64At reads an int64 column of a row.
func int64At(p unsafe.Pointer, c column) int64 { return *(*int64)(unsafe.Add(p, c.offset)) }

// rowsDigest is what the rows of a batch come to.
type rowsDigest struct {
	SHA256 string
	Rows   int64
}

// groupDigest is the digest of one whole group.
type groupDigest struct {
	group  int64
	digest [32]byte
}

// blockDigest hashes the rows of one block as they pass. The first group may
// have begun in the block before and the last may go on in the next, so the
// first is kept as bytes and the last as a running hash.
type blockDigest struct {
	first     int64 // number of the first group
	firstRows []byte
	whole     []groupDigest
	last      int64
	running   hash.Hash // nil while only the first group was seen
	rows      int64
	minLine   int64
	maxLine   int64
	unordered bool // lines did not strictly ascend; the hash must be taken from the files
}

// addHeld takes the rows that stay.
func (b *blockDigest) addHeld(h *heldRows) {
	for i := 0; i < h.len(); {
		if h.leftOut(i) {
			i++
			continue
		}
		first, group := i, h.lines[i]/groupLines
		for i++; i < h.len() && !h.leftOut(i) && h.lines[i] > h.lines[i-1] && h.lines[i]/groupLines == group; {
			i++
		}
		b.addRun(h.lines[first], h.lines[i-1], int64(i-first), h.bytes[h.begin(first):h.ends[i-1]])
	}
}

// add takes the canonical bytes of one row.
func (b *blockDigest) add(line int64, row []byte) { b.addRun(line, line, 1, row) }

// addRun takes the canonical bytes of rows whose lines ascend from first to
// last, all of one group.
func (b *blockDigest) addRun(first, last, count int64, rows []byte) {
	group := first / groupLines
	switch {
	case b.rows == 0:
		b.first, b.last, b.minLine = group, group, first
	case first <= b.maxLine:
		b.unordered = true
	}
	b.rows += count
	b.maxLine = max(b.maxLine, last)
	if b.unordered {
		return
	}
	if group != b.last {
		b.endGroup()
		b.last, b.running = group, newSHA256()
	}
	if b.running == nil {
		b.firstRows = append(b.firstRows, rows...)
	} else {
		b.running.Write(rows)
	}
}

func (b *blockDigest) endGroup() {
	if b.running == nil {
		return
	}
	d := groupDigest{group: b.last}
	b.running.Sum(d.digest[:0])
	b.whole = append(b.whole, d)
}

// joinedDigest joins blocks, in order, to the groups of the batch.
type joinedDigest struct {
	groups    []groupDigest
	open      int64
	running   hash.Hash // of group open; nil before the first row
	maxLine   int64
	rows      int64
	unordered bool
}

func (j *joinedDigest) join(b *blockDigest) {
	if b.rows == 0 {
		return
	}
	if b.unordered || (j.rows > 0 && b.minLine <= j.maxLine) {
		j.unordered = true
	}
	j.rows += b.rows
	j.maxLine = max(j.maxLine, b.maxLine)
	if j.unordered {
		return
	}
	if j.running == nil || j.open != b.first {
		j.end()
		j.open, j.running = b.first, newSHA256()
	}
	j.running.Write(b.firstRows)
	if b.running == nil {
		return
	}
	j.end()
	j.groups = append(j.groups, b.whole...)
	j.open, j.running = b.last, b.running
}

func (j *joinedDigest) end() {
	if j.running == nil {
		return
	}
	d := groupDigest{group: j.open}
	j.running.Sum(d.digest[:0])
	j.groups = append(j.groups, d)
	j.running = nil
}

// finish gives the digest of all groups.
func (j *joinedDigest) finish() rowsDigest {
	j.end()
	return digestOf(j.groups, j.rows)
}

func digestOf(groups []groupDigest, rows int64) rowsDigest {
	slices.SortFunc(groups, func(a, b groupDigest) int { return int(a.group - b.group) })
	h := newSHA256()
	for _, g := range groups {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(g.group))
		h.Write(n[:])
		h.Write(g.digest[:])
	}
	return rowsDigest{SHA256: hex.EncodeToString(h.Sum(nil)), Rows: rows}
}

// endBlock is called after the last row; the last group stays open for the
// block that follows.
func (b *blockDigest) endBlock() {
	if b.unordered {
		b.firstRows, b.whole, b.running = nil, nil, nil
	}
}
