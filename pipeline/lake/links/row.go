package links

import (
	"bytes"
	"path"
	"strings"

	"carat/pipeline"
	"carat/pipeline/lake/chain"
	"carat/pipeline/lake/pages"

	"github.com/parquet-go/parquet-go"
)

// Table is the Iceberg table of links.
const Table = "batches"

// Row is a row of the table batches. Field ids are a contract: never renumber, never
// reuse. Columns from feed on are of batches alone, and follow from link.
type Row struct {
	LinkNo      int64  `parquet:"link_no,delta,id(1)"`
	Kind        string `parquet:"kind,id(2)"`    // batch, undo, compaction, upgrade
	LinkID      string `parquet:"link_id,id(3)"` // of a batch its batch_id
	BatchNo     int64  `parquet:"batch_no,delta,id(4)"`
	Form        int64  `parquet:"form,delta,id(5)"`
	Link        string `parquet:"link,id(6)"`  // the exact bytes that were hashed
	Chain       string `parquet:"chain,id(7)"` // their SHA-256
	Previous    string `parquet:"previous_chain,optional,id(8)"`
	TableName   string `parquet:"table_name,optional,id(9)"`
	SnapshotID  int64  `parquet:"snapshot_id,delta,id(10)"` // of that table; it expires
	DatedMs     int64  `parquet:"dated_ms,delta,id(11)"`    // that snapshot's own date
	CommittedAt int64  `parquet:"committed_at,delta,timestamp(microsecond),id(12)"`
	Files       string `parquet:"files,optional,id(13)"`    // added, as sha256sum prints them
	Replaced    string `parquet:"replaced,optional,id(14)"` // taken away
	Months      string `parquet:"months,optional,id(15)"`   // accounting months of its rows, by comma

	Feed          string `parquet:"feed,optional,id(16)"`
	Format        string `parquet:"format,optional,id(17)"`
	Source        string `parquet:"source,optional,id(18)"`
	SourceSHA256  string `parquet:"source_sha256,optional,id(19)"`
	SourceBytes   *int64 `parquet:"source_bytes,optional,id(20)"`
	RowsRead      *int64 `parquet:"rows_read,optional,id(21)"`
	RowsAccepted  *int64 `parquet:"rows_accepted,optional,id(22)"`
	RowsRejected  *int64 `parquet:"rows_rejected,optional,id(23)"`
	RowsDuplicate *int64 `parquet:"rows_duplicate,optional,id(24)"`
	RowsLeftOut   *int64 `parquet:"rows_left_out,optional,id(25)"`
	RowsSHA256    string `parquet:"rows_sha256,optional,id(26)"`
	IngestedAt    *int64 `parquet:"ingested_at,optional,timestamp(microsecond),id(27)"`
	FirstEvent    *int64 `parquet:"first_event,optional,timestamp(microsecond),id(28)"`
	EarliestOpen  string `parquet:"earliest_open,optional,id(29)"`
	Undoes        string `parquet:"undoes,optional,id(30)"`
	UndoReason    string `parquet:"undo_reason,optional,id(31)"`
}

// RowOf derives a link's row. The error says what of its text doesn't parse.
func RowOf(l chain.Link) (Row, error) {
	r := Row{LinkNo: l.No, Kind: l.Kind, LinkID: l.ID, BatchNo: l.BatchNo, Form: l.Form, Link: l.Text, Chain: l.Value,
		TableName: l.Table, SnapshotID: l.Snapshot, DatedMs: l.DatedMs, Files: l.Files, Replaced: l.Replaced, Months: monthsText(chain.Months(l.Files))}
	p, err := l.Properties()
	if err != nil {
		return r, err
	}
	r.Previous = p[chain.PropPreviousChain]
	r.CommittedAt = chain.DatedBy(p, l.DatedMs).UnixMicro()
	if l.Kind != chain.KindBatch && l.Kind != chain.KindUndo {
		return r, nil
	}
	b, err := chain.ReadBatch(l)
	if err != nil {
		return r, err
	}
	r.Feed, r.Format, r.Source, r.SourceSHA256, r.RowsSHA256, r.EarliestOpen = b.Feed, b.Format, b.Source, b.SourceSHA256, b.RowsSHA256, string(b.EarliestOpen)
	r.SourceBytes, r.RowsRead, r.RowsAccepted = &b.SourceBytes, &b.RowsRead, &b.RowsAccepted
	r.RowsRejected, r.RowsDuplicate, r.RowsLeftOut = &b.RowsRejected, &b.RowsDuplicate, &b.RowsLeftOut
	at := b.IngestedAt.UnixMicro()
	r.IngestedAt = &at
	if !b.FirstEvent.IsZero() {
		first := b.FirstEvent.UnixMicro()
		r.FirstEvent = &first
	}
	if b.Undo != nil {
		r.Undoes, r.UndoReason = b.Undo.Batch, b.Undo.Reason
	}
	return r, nil
}

// LinkOf gives the link that a row holds.
func (r Row) LinkOf() chain.Link {
	return chain.Link{No: r.LinkNo, Kind: r.Kind, ID: r.LinkID, Form: r.Form, Text: r.Link, Value: r.Chain, BatchNo: r.BatchNo,
		Table: r.TableName, Snapshot: r.SnapshotID, DatedMs: r.DatedMs, Files: r.Files, Replaced: r.Replaced}
}

func monthsText(months []pipeline.Period) string {
	var all []string
	for _, m := range months {
		all = append(all, string(m))
	}
	return strings.Join(all, ",")
}

// Columns gives the columns of the table batches.
func Columns() ([]pipeline.Column, error) {
	cols, err := pages.ColumnsOf[Row]()
	return pages.PlainColumns(cols), err
}

// Encode writes rows as a Parquet file.
func Encode(codec *pages.Codec, rows []Row) ([]byte, error) {
	var b bytes.Buffer
	w := parquet.NewGenericWriter[Row](&b, parquet.Compression(codec), parquet.CreatedBy("carat", "1", ""))
	for i := range rows { // one by one: see pages.absentGuard
		if _, err := w.Write(rows[i : i+1]); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return b.Bytes(), err
}

// Decode reads the rows of a file.
func Decode(file string) (rows []Row, err error) {
	defer pages.RecoverReading(&err)
	return parquet.ReadFile[Row](file)
}

// FileOf gives the name, below the table's data folder, of the file that a link's row
// is added with.
func FileOf(id string) string { return id + ".parquet" }

// FoldedFile gives the name of the file of all rows up to a link: what those before it
// were added with is folded into it.
func FoldedFile(id string) string { return "to-" + id + ".parquet" }

// FoldEvery is after how many links their files become one.
const FoldEvery = 100

// IsSingle says whether a file holds one row alone.
func IsSingle(file string) bool { return !strings.HasPrefix(path.Base(file), "to-") }
