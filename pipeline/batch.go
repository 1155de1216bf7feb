package pipeline

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Batch is one input file, ingested once: what was read, what became of it.
// RowsRead = RowsAccepted + RowsRejected + RowsDuplicate + RowsLeftOut, always.
type Batch struct {
	ID            string // "b000042", in order of commit within the lake
	Feed          string
	Format        string // what the content was recognised as: "csv", "ecb-history", …
	Source        string // file name as given, without its folder
	SourceSHA256  string // of the file's bytes, lower-case hex
	SourceBytes   int64
	RowsRead      int64
	RowsAccepted  int64
	RowsRejected  int64
	RowsDuplicate int64
	RowsLeftOut   int64     // sum of LeftOut
	LeftOut       []LeftOut // by the conditions of a layout
	// Reading is the text of what the configuration said of how the file is read,
	// so that it can be read again in the same way (see jobs/config); "" for a
	// batch of before that was kept.
	Reading string
	Undo    *Undo // what it takes out of the history; nil for a file that was ingested
	// UndoneBy is the batch that took this one out, in the state that was asked
	// for; "" while its rows stand. It is no part of the batch.
	UndoneBy      string
	RowsSHA256    string            // of the accepted rows by source line (see RowHasher)
	ControlTotals map[string]string // exact sums by column over the rows read, as decimals
	IngestedAt    time.Time
	FirstEvent    time.Time // earliest event time of the accepted rows; zero for reference feeds
	UnknownColumn []string  // columns that were ignored
	// EarliestOpen is the earliest period that was open when the file was
	// ingested: rows of earlier months are booked there. "" while the first
	// period was not known.
	EarliestOpen Period
	// Months are the accounting months of its rows, in order; none of a reference feed.
	Months []Period
}

// LaterBatch says whether a batch came after another, by their ids; after none, "", all do.
func LaterBatch(id, other string) bool {
	return len(id) > len(other) || len(id) == len(other) && id > other
}

// BatchID gives the id of a batch's number.
func BatchID(no int64) string { return fmt.Sprintf("b%06d", no) }

// BatchNo gives the number of a batch's id; an error for what is none.
func BatchNo(id string) (int64, error) {
	digits, ok := strings.CutPrefix(id, "b")
	no, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil || no < 1 || BatchID(no) != id {
		return 0, fmt.Errorf("%q is not a batch id like b000042", id)
	}
	return no, nil
}

// Reject is a row that was not taken, and why. It is also the row type of the
// rejects table.
type Reject struct {
	Feed       string `parquet:"feed,dict,id(1)"`
	Source     string `parquet:"source,dict,id(2)"`       // file name
	Column     string `parquet:"column,optional,id(3)"`   // the offending column
	Code       string `parquet:"code,dict,id(4)"`         // not_a_number, unknown_value, missing, negative, bad_time, out_of_range, bad_row, key_conflict …
	Value      string `parquet:"value,optional,id(5)"`    // the offending text, cut to RejectValueBytes
	Expected   string `parquet:"expected,optional,id(6)"` // what would have been right
	RowKey     string `parquet:"row_key,optional,id(7)"`  // the row's key, where it could be read
	OtherBatch string `parquet:"other_batch,optional,id(8)"`
	OtherLine  *int64 `parquet:"other_line,optional,id(9)"` // where the same key was first read, for key_conflict
	Entity     string `parquet:"entity,optional,id(10)"`
	Lineage
}

// RejectValueBytes bounds the offending text kept in a Reject.
const RejectValueBytes = 120

// LeftOut is what a condition left out of a file: rows that are read, counted and
// not taken, because the configuration says so.
type LeftOut struct {
	Condition string            `json:"condition"`
	Rows      int64             `json:"rows"`
	Sums      map[string]string `json:"sums,omitempty"` // exact sums by column, as decimals, whatever their currencies
	// SumsOf are those of money by column and currency, where the rows have several.
	SumsOf map[string]map[string]string `json:"sums_of,omitempty"`
	// Unread are the rows whose text in a column of numbers is none, by column: the sum is without them.
	Unread map[string]int64 `json:"unread,omitempty"`
}

// Added says in words what the rows would have added: a sum for each column, of money one for
// each currency, and how many rows stand in none, each as a text of its own.
func (l LeftOut) Added() (texts []string) {
	for _, column := range slices.Sorted(maps.Keys(l.Sums)) {
		by := l.SumsOf[column]
		for _, currency := range slices.Sorted(maps.Keys(by)) {
			texts = append(texts, strings.TrimSuffix(column+" "+by[currency]+" "+currency, " "))
		}
		if len(by) == 0 {
			texts = append(texts, column+" "+l.Sums[column])
		}
	}
	for _, column := range slices.Sorted(maps.Keys(l.Unread)) {
		rows := "rows whose "
		if l.Unread[column] == 1 {
			rows = "row whose "
		}
		texts = append(texts, fmt.Sprint(l.Unread[column], " ", rows, column, " is no number"))
	}
	return texts
}

// SameLeftOut says whether two readings of a file left out the same. A record of before
// 2026-12 has no sums by currency.
func SameLeftOut(read, recorded []LeftOut) bool {
	read = slices.Clone(read)
	for i := range read {
		if i < len(recorded) && recorded[i].SumsOf == nil {
			read[i].SumsOf = nil
		}
	}
	return LeftOutText(read) == LeftOutText(recorded)
}

// LeftOutText writes what was left out, for the record of a batch; "" for nothing.
func LeftOutText(list []LeftOut) string {
	if len(list) == 0 {
		return ""
	}
	text, err := json.Marshal(list)
	if err != nil {
		panic("pipeline: " + err.Error()) // texts and counts have a text
	}
	return string(text)
}
