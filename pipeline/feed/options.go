package feed

import (
	"io"
	"os"
	"time"

	"carat/pipeline"
	"carat/pipeline/feed/published"
)

// The limits of what is read. Each bounds memory, or refuses what can't be a
// feed.
const (
	// DefaultBlockBytes is the size of the blocks that a file is cut into. It
	// is part of the format: Parquet files follow the blocks.
	DefaultBlockBytes = 32 << 20
)

// Input is the file to read.
type Input struct {
	Path string // for messages of the operating system only
	Name string // file name without its folder, as messages give it
	File *os.File
	Size int64
	// Tee, unless nil, is written every byte of the file exactly once, in
	// order, before Read returns without an error.
	Tee io.Writer
}

// Options say how a file is read. Entity, Zone and Calendar are required.
type Options struct {
	BatchID     string
	IngestedAt  int64  // microseconds since the epoch
	Entity      string // of rows that name none
	Zone        *time.Location
	Calendar    *pipeline.Calendar
	FirstPeriod pipeline.Period // that the books have; "" while it is not known
	Workers     int             // 0: one
	BlockBytes  int             // 0: DefaultBlockBytes
	// MaxRejectShare is the share of rejected rows above which the file fails,
	// between 0 (none is tolerated) and 1.
	MaxRejectShare pipeline.Rate
	// Again says that a file is read that was taken before: whatever number of
	// rejects it had is right.
	Again bool
	// Look says that nothing of the file is kept, its rejects neither: one that has too
	// many of them is read to its end all the same, so that its good rows can be shown,
	// and refused there.
	Look   bool
	Totals *Totals // what the sidecar promises; nil: there is none
	// Format is the format that the configuration says a file has, by its name
	// (see Formats); "": its content decides.
	Format string
	// Accounts are those whose reports are taken, by what the report calls the
	// account; a report of another is refused. None: any is taken.
	Accounts []string
	// MinorDigits are the digits of a currency's amounts in reports that write
	// amounts without a point, where the currency alone doesn't tell.
	MinorDigits map[string]int
	// TransactionColumn is the column of a provider's report that holds our own
	// order id; "": the provider's id of the charge.
	TransactionColumn string
	// Kinds are the kinds of settlement lines by what a provider's report calls
	// them, before carat's own reading of it.
	Kinds map[string]string
	// SKUCoins are the coins of a SKU, for reports of orders that don't say them.
	SKUCoins map[string]int64
	// Sheet is the sheet of a workbook; "": the first.
	Sheet string
	// Layouts describe files of the user's own.
	Layouts []Layout
	// View runs the SQL of layouts; nil: a file with such a layout can't be read.
	View LayoutView
	// AnyAddress takes any text for a mail address, as carat did before it was
	// strict: for reading again what was taken then.
	AnyAddress bool
	// OnRejects, unless nil, is given the rejects in the order of the source, a
	// part of them at a time, from one goroutine at a time.
	OnRejects func([]pipeline.Reject) error
	// Progress, unless nil, is told how many bytes of the file were read so far.
	Progress func(bytesRead int64)

	// Held gives what the lake holds of a bank account already; nil: nothing is.
	Held pipeline.HeldLines

	// LiveCreator is the creator of live gifts that name no receiver.
	LiveCreator string
	// LiveStream is the stream of live gifts that name no room; "": the file's
	// name without its endings.
	LiveStream string
	// LiveSilence settles a streak that had no frame for so long, by the time
	// of the messages; 0: open streaks are settled at the end of the file.
	LiveSilence time.Duration
	// GiftValidFrom is valid_from of the prices of a gift list, in
	// microseconds; 0: the year 2000, that is, always.
	GiftValidFrom int64
}

// Report is what became of a file. RowsRead = RowsAccepted + RowsRejected +
// RowsLeftOut.
type Report struct {
	Format       Format
	RowsRead     int64
	RowsAccepted int64 // before de-duplication
	RowsRejected int64
	RowsLeftOut  int64              // sum of LeftOut
	LeftOut      []pipeline.LeftOut // by the conditions of a layout
	Layout       *Layout            // by which it was read; nil for the other formats
	// ControlTotals are exact sums by numeric column over all rows read whose
	// value is a number that the column can hold, rejected rows included, those
	// that were left out not.
	ControlTotals  map[string]string
	FirstEvent     time.Time // earliest event of the accepted rows; zero for reference feeds
	UnknownColumns []string  // ignored, in the order in which they first occur
	Live           *published.LiveCounts
	Notes          []string // sentences: what was left out and why, what the file can't prove
}
