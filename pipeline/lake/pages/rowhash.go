package pages

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"slices"
	"sort"
	"unsafe"
)

// GroupLines is how many source lines share one digest of rows-sha256.
const GroupLines = 65536

// RowEncoder writes rows in the canonical form that rows-sha256 is taken of.
//
// A row is its present columns by ascending field id, without batch_id,
// batch_no and ingested_at (the same rows ingested again hash the same); each column is its
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
type RowEncoder struct {
	columns []Column // ascending by id
	lineage int      // index of the first lineage column
}

// NewRowEncoder makes the encoder of rows with these columns.
func NewRowEncoder(cols []Column) RowEncoder {
	var e RowEncoder
	for _, c := range cols {
		if c.Name != colBatchID && c.Name != colBatchNo && c.Name != colIngestedAt {
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

// Append appends the canonical form of a row.
func (e *RowEncoder) Append(dst []byte, p unsafe.Pointer) []byte {
	dst = appendFields(dst, e.columns[:e.lineage], p)
	return e.AppendLineage(dst, p)
}

// AppendContent appends what the source says of a row: all but its lineage.
func (e *RowEncoder) AppendContent(dst []byte, p unsafe.Pointer) []byte {
	return appendFields(dst, e.columns[:e.lineage], p)
}

// AppendLineage completes what AppendContent began.
func (e *RowEncoder) AppendLineage(dst []byte, p unsafe.Pointer) []byte {
	return append(appendFields(dst, e.columns[e.lineage:], p), 0, 0)
}

// appendFields appends columns of the row at p, a pointer to the struct
// that the columns were derived from. It reads fields by their offsets because
// reflection costs more than the rest of the ingest together.
func appendFields(dst []byte, columns []Column, p unsafe.Pointer) []byte {
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

// Int64At reads an int64 column of a row.
func Int64At(p unsafe.Pointer, c Column) int64 { return *(*int64)(unsafe.Add(p, c.offset)) }

// RowsDigest is what the rows of a batch come to.
type RowsDigest struct {
	SHA256 string
	Rows   int64
}

// GroupDigest is the digest of one whole group.
type GroupDigest struct {
	Group  int64
	Digest [32]byte
}

// BlockDigest hashes the rows of one block as they pass. The first group may
// have begun in the block before and the last may go on in the next, so the
// first is kept as bytes and the last as a running hash.
type BlockDigest struct {
	first     int64 // number of the first group
	firstRows []byte
	whole     []GroupDigest
	last      int64
	running   hash.Hash // nil while only the first group was seen
	rows      int64
	minLine   int64
	maxLine   int64
	unordered bool // lines did not strictly ascend; the hash must be taken from the files
}

// AddHeld takes the rows that stay.
func (b *BlockDigest) AddHeld(h *HeldRows) {
	for i := 0; i < h.Len(); {
		if h.LeftOut(i) {
			i++
			continue
		}
		first, group := i, h.Lines[i]/GroupLines
		for i++; i < h.Len() && !h.LeftOut(i) && h.Lines[i] > h.Lines[i-1] && h.Lines[i]/GroupLines == group; {
			i++
		}
		b.addRun(h.Lines[first], h.Lines[i-1], int64(i-first), h.Bytes[h.begin(first):h.Ends[i-1]])
	}
}

// add takes the canonical bytes of one row.
func (b *BlockDigest) add(line int64, row []byte) { b.addRun(line, line, 1, row) }

// addRun takes the canonical bytes of rows whose lines ascend from first to
// last, all of one group.
func (b *BlockDigest) addRun(first, last, count int64, rows []byte) {
	group := first / GroupLines
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
		b.last, b.running = group, sha256.New()
	}
	if b.running == nil {
		b.firstRows = append(b.firstRows, rows...)
	} else {
		b.running.Write(rows)
	}
}

func (b *BlockDigest) endGroup() {
	if b.running == nil {
		return
	}
	d := GroupDigest{Group: b.last}
	b.running.Sum(d.Digest[:0])
	b.whole = append(b.whole, d)
}

// JoinedDigest joins blocks, in order, to the groups of the batch.
type JoinedDigest struct {
	Groups    []GroupDigest
	open      int64
	running   hash.Hash // of group open; nil before the first row
	maxLine   int64
	Rows      int64
	Unordered bool
}

// Join takes the next block.
func (j *JoinedDigest) Join(b *BlockDigest) {
	if b.rows == 0 {
		return
	}
	if b.unordered || (j.Rows > 0 && b.minLine <= j.maxLine) {
		j.Unordered = true
	}
	j.Rows += b.rows
	j.maxLine = max(j.maxLine, b.maxLine)
	if j.Unordered {
		return
	}
	if j.running == nil || j.open != b.first {
		j.End()
		j.open, j.running = b.first, sha256.New()
	}
	j.running.Write(b.firstRows)
	if b.running == nil {
		return
	}
	j.End()
	j.Groups = append(j.Groups, b.whole...)
	j.open, j.running = b.last, b.running
}

// End ends the last group: no block follows.
func (j *JoinedDigest) End() {
	if j.running == nil {
		return
	}
	d := GroupDigest{Group: j.open}
	j.running.Sum(d.Digest[:0])
	j.Groups = append(j.Groups, d)
	j.running = nil
}

// finish gives the digest of all groups.
func (j *JoinedDigest) finish() RowsDigest {
	j.End()
	return DigestOf(j.Groups, j.Rows)
}

// DigestOf gives rows-sha256 of groups, in any order, that hold so many rows.
func DigestOf(groups []GroupDigest, rows int64) RowsDigest {
	slices.SortFunc(groups, func(a, b GroupDigest) int { return int(a.Group - b.Group) })
	h := sha256.New()
	for _, g := range groups {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(g.Group))
		h.Write(n[:])
		h.Write(g.Digest[:])
	}
	return RowsDigest{SHA256: hex.EncodeToString(h.Sum(nil)), Rows: rows}
}

// EndBlock is called after the last row; the last group stays open for the
// block that follows.
func (b *BlockDigest) EndBlock() {
	if b.unordered {
		b.firstRows, b.whole, b.running = nil, nil, nil
	}
}
