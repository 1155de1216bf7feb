package chain

import (
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"time"
	"unicode/utf8"

	"carat/pipeline"
	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
)

// Properties of a batch's snapshot summary.
const (
	propPrefix        = "carat."
	PropBatch         = "carat.batch"
	PropSeq           = "carat.seq"
	PropFeed          = "carat.feed"
	propFormat        = "carat.format"
	PropSource        = "carat.source"
	propSourceSHA256  = "carat.source-sha256"
	propSourceBytes   = "carat.source-bytes"
	propRowsRead      = "carat.rows-read"
	propRowsAccepted  = "carat.rows-accepted"
	propRowsRejected  = "carat.rows-rejected"
	propRowsDuplicate = "carat.rows-duplicate"
	propRowsSHA256    = "carat.rows-sha256"
	propControlTotals = "carat.control-totals"
	propIngestedAt    = "carat.ingested-at"
	propFirstEvent    = "carat.first-event"
	propUnknown       = "carat.unknown-columns"
	propLeftOut       = "carat.left-out"
	propReading       = "carat.reading"
	propUndo          = "carat.undo"
	propEarliestOpen  = "carat.earliest-open"
	PropFilesSHA256   = "carat.files-sha256"
	PropPreviousChain = "carat.previous-chain"
	PropChain         = "carat.chain"
	// PropRecords is the end of the state's chain of records when the snapshot was made.
	PropRecords = "carat.records"
	// PropClock is what the clock said, in milliseconds since the epoch, of a snapshot
	// that is dated after it: one before was made when the clock was ahead.
	PropClock = "carat.clock-ms"

	// Of a compaction's snapshot, besides files-sha256, rows and the chain.
	PropCompaction     = "carat.compaction"
	PropAfter          = "carat.after"           // the last batch before it
	PropReplacedSHA256 = "carat.replaced-sha256" // FilesSHA256 of the files replaced
	PropCompactedAt    = "carat.compacted-at"

	// Of an upgrade's link, besides carat.after and the chain.
	PropUpgrade    = "carat.upgrade"
	PropUpgradedAt = "carat.upgraded-at"
	PropFormBefore = "carat.form-before" // of the lake
	PropForm       = "carat.form"
	// PropReperformed names the closed months that came out again as their certificates
	// say, each a line `PERIOD VERSION SHA256` of the certificate.
	PropReperformed = "carat.reperformed"
	// PropSnapshots names the snapshots that the chain lay in before: by raw table the
	// number of the last batch that each holds, as JSON. What was signed before names
	// such snapshots.
	PropSnapshots = "carat.snapshots"
	// PropLink is the id of the link that a snapshot of the table batches adds.
	PropLink = "carat.link"

	// Of the rejects snapshot that belongs to a batch.
	PropRejectsOf = "carat.rejects-of"
	// Of result tables.
	PropRun    = "carat.run"
	PropPeriod = "carat.period"
	PropRows   = "carat.rows"
	// PropNumbersSHA256 is over every column but run_id, in the form that PropNumbersForm
	// says; a run of before there were forms has the first (see pages.NumbersHash).
	PropNumbersSHA256 = "carat.numbers-sha256"
	PropNumbersForm   = "carat.numbers-form"
)

// Value gives carat.chain of a batch: the SHA-256 of its snapshot's
// carat.* properties except carat.chain itself, sorted by name, each as the
// line `NAME=LENGTH:VALUE` and a newline, LENGTH being the value's bytes in
// decimal. Among them are carat.previous-chain, the value of the batch before
// in the whole lake ("" for the first), and carat.files-sha256 (FilesSHA256).
func Value(props iceberg.Properties) string { return Hash(hashed(props)) }

// FileHash is a file of a snapshot, named by its path below the lake folder.
type FileHash struct{ Name, SHA256 string }

// FilesSHA256 gives carat.files-sha256: the SHA-256 of what `sha256sum` prints
// for every file added (rejects included), named by its path below the lake
// folder, in the order of the names.
func FilesSHA256(files []FileHash) string { return Hash(FilesText(files)) }

// BatchProperties gives the summary of a batch, chain and all. records is the end
// of the chain of records, "" for none.
func BatchProperties(b pipeline.Batch, seq int64, files []FileHash, previous, records string) (iceberg.Properties, error) {
	totals := b.ControlTotals
	if totals == nil {
		totals = map[string]string{}
	}
	totalsJSON, err := json.Marshal(totals)
	if err != nil {
		return nil, err
	}
	p := iceberg.Properties{
		PropBatch: b.ID, PropSeq: strconv.FormatInt(seq, 10), PropFeed: b.Feed, propFormat: b.Format,
		PropSource: b.Source, propSourceSHA256: b.SourceSHA256, propSourceBytes: strconv.FormatInt(b.SourceBytes, 10),
		propRowsRead: strconv.FormatInt(b.RowsRead, 10), propRowsAccepted: strconv.FormatInt(b.RowsAccepted, 10),
		propRowsRejected: strconv.FormatInt(b.RowsRejected, 10), propRowsDuplicate: strconv.FormatInt(b.RowsDuplicate, 10),
		propRowsSHA256: b.RowsSHA256, propControlTotals: string(totalsJSON),
		propIngestedAt:  b.IngestedAt.UTC().Format(time.RFC3339Nano),
		PropFilesSHA256: FilesSHA256(files), PropPreviousChain: previous,
	}
	if !b.FirstEvent.IsZero() {
		p[propFirstEvent] = b.FirstEvent.UTC().Format(time.RFC3339Nano)
	}
	if b.EarliestOpen != "" {
		p[propEarliestOpen] = string(b.EarliestOpen)
	}
	if len(b.UnknownColumn) > 0 {
		unknown, err := json.Marshal(b.UnknownColumn)
		if err != nil {
			return nil, err
		}
		p[propUnknown] = string(unknown)
	}
	if len(b.LeftOut) > 0 {
		p[propLeftOut] = pipeline.LeftOutText(b.LeftOut)
	}
	if b.Undo != nil {
		undo, err := json.Marshal(b.Undo)
		if err != nil {
			return nil, err
		}
		p[propUndo] = string(undo)
	}
	if b.Reading != "" {
		p[propReading] = b.Reading
	}
	if records != "" {
		p[PropRecords] = records
	}
	for name, value := range p {
		if !utf8.ValidString(value) { // the file of the snapshot would hold another value than was hashed
			return nil, fmt.Errorf("%s of batch %s is no UTF-8: %q", name, b.ID, value)
		}
	}
	p[PropChain] = Value(p)
	return p, nil
}

// CommittedBatch is a batch as the history tells it.
type CommittedBatch struct {
	pipeline.Batch
	Seq           int64
	Table         string
	Snapshot      int64
	CommittedAt   time.Time
	FilesSHA256   string
	PreviousChain string
	Chain         string
}

// ReadBatch reads the link of a batch. The error says which property doesn't parse.
func ReadBatch(l Link) (CommittedBatch, error) {
	p, err := l.Properties()
	if err != nil {
		return CommittedBatch{Batch: pipeline.Batch{ID: l.ID}, Seq: l.BatchNo, Table: l.Table, Chain: l.Value}, err
	}
	c := CommittedBatch{Table: l.Table, Snapshot: l.Snapshot, CommittedAt: DatedBy(p, l.DatedMs),
		FilesSHA256: p[PropFilesSHA256], PreviousChain: p[PropPreviousChain], Chain: p[PropChain],
		Batch: pipeline.Batch{ID: p[PropBatch], Feed: p[PropFeed], Format: p[propFormat], Source: p[PropSource],
			SourceSHA256: p[propSourceSHA256], RowsSHA256: p[propRowsSHA256], EarliestOpen: pipeline.Period(p[propEarliestOpen])}}
	c.Months = Months(l.Files)
	var first error
	note := func(name string, err error) {
		if err != nil && first == nil {
			first = fmt.Errorf("%s of %s: %w", name, c.ID, err)
		}
	}
	// in this order: of several properties that don't parse the first is told
	for _, one := range []struct {
		name string
		into *int64
	}{{PropSeq, &c.Seq}, {propSourceBytes, &c.SourceBytes}, {propRowsRead, &c.RowsRead},
		{propRowsAccepted, &c.RowsAccepted}, {propRowsRejected, &c.RowsRejected}, {propRowsDuplicate, &c.RowsDuplicate}} {
		n, err := strconv.ParseInt(p[one.name], 10, 64)
		note(one.name, err)
		*one.into = n
	}
	for _, one := range []struct {
		name string
		into *time.Time
	}{{propIngestedAt, &c.IngestedAt}, {propFirstEvent, &c.FirstEvent}} {
		if p[one.name] != "" {
			t, err := time.Parse(time.RFC3339Nano, p[one.name])
			note(one.name, err)
			*one.into = t
		}
	}
	note(propControlTotals, json.Unmarshal([]byte(p[propControlTotals]), &c.ControlTotals))
	if p[propUnknown] != "" {
		note(propUnknown, json.Unmarshal([]byte(p[propUnknown]), &c.UnknownColumn))
	}
	c.Reading = p[propReading]
	if p[propUndo] != "" {
		note(propUndo, json.Unmarshal([]byte(p[propUndo]), &c.Undo))
	}
	if p[propLeftOut] != "" {
		note(propLeftOut, json.Unmarshal([]byte(p[propLeftOut]), &c.LeftOut))
	}
	for _, l := range c.LeftOut {
		c.RowsLeftOut += l.Rows
	}
	return c, first
}

// Clocked adds what the clock said to a snapshot's summary, under its
func Clocked(props iceberg.Properties, ms int64) iceberg.Properties {
	props = maps.Clone(props)
	props[PropClock] = strconv.FormatInt(ms, 10)
	if props[PropChain] != "" {
		props[PropChain] = Value(props)
	}
	return props
}

// DatedAt gives what the clock said when a snapshot was made. It orders nothing:
// snapshots are in the order of their own dates, which follow one another.
func DatedAt(snap *table.Snapshot) time.Time {
	if snap.Summary == nil {
		return time.UnixMilli(snap.TimestampMs).UTC()
	}
	return DatedBy(snap.Summary.Properties, snap.TimestampMs)
}

// DatedBy gives what the clock said when the link of some properties was made, whose
// snapshot has a date of its own.
func DatedBy(p iceberg.Properties, ms int64) time.Time {
	if clock, err := strconv.ParseInt(p[PropClock], 10, 64); err == nil {
		ms = clock
	}
	return time.UnixMilli(ms).UTC()
}

// BatchID gives the id of a seq.
func BatchID(seq int64) string { return pipeline.BatchID(seq) }

// BatchIDOrNone is BatchID, "" for 0.
func BatchIDOrNone(seq int64) string {
	if seq == 0 {
		return ""
	}
	return BatchID(seq)
}

// BatchSeq gives the seq of an id; an error for what is none.
func BatchSeq(id string) (int64, error) { return pipeline.BatchNo(id) }

// IsBatch says whether a snapshot is a batch.
func IsBatch(snap *table.Snapshot) bool {
	return snap.Summary != nil && snap.Summary.Properties[PropBatch] != ""
}

// SeqOf gives the seq of a snapshot's batch; 0 for one without.
func SeqOf(snap *table.Snapshot) int64 {
	if snap.Summary == nil {
		return 0
	}
	p := snap.Summary.Properties
	for _, id := range []string{p[PropBatch], p[PropRejectsOf]} {
		if seq, err := BatchSeq(id); err == nil {
			return seq
		}
	}
	return 0
}

// IsOwn says whether a snapshot is one that carat makes: a batch, its rejects, a
// compaction, a run or a link.
func IsOwn(snap *table.Snapshot) bool {
	if snap.Summary == nil {
		return false
	}
	p := snap.Summary.Properties
	return p[PropBatch] != "" || p[PropRejectsOf] != "" || p[PropCompaction] != "" || p[PropRun] != "" || p[PropLink] != ""
}
