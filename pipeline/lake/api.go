package lake

import (
	"context"
	"io"

	"carat/pipeline"
	"carat/pipeline/lake/catalog"
	"carat/pipeline/lake/certificates"
	"carat/pipeline/lake/chain"
	"carat/pipeline/lake/compact"
	"carat/pipeline/lake/keys"
	"carat/pipeline/lake/pages"
	"carat/pipeline/lake/people"
	"carat/pipeline/lake/store"
	"carat/pipeline/lake/sweep"
	"carat/pipeline/lake/upgrade"
	"carat/pipeline/lake/verify"
)

// What jobs read of a lake has its home in the room that makes it.
type (
	// CommittedBatch is a batch as the history tells it.
	CommittedBatch = chain.CommittedBatch
	// Compacted is what compaction made of one table.
	Compacted = compact.Compacted
	// Recorder chains rows of the catalog's database.
	Recorder = catalog.Recorder
	// Question is what a creator asked, and its answer.
	Question = people.Question
	// Comment is what somebody said about an exception.
	Comment = people.Comment
	// Attachment is a file that somebody laid beside an exception.
	Attachment = people.Attachment
	// RowSet names staged rows by source line and key, for Drop.
	RowSet = keys.RowSet
	// KeptHead is the end of the chain of records as the history has it, and where.
	KeptHead = verify.KeptHead
	// Upgraded is what an upgrade did.
	Upgraded = upgrade.Upgraded
	// Verification is what Verify went through.
	Verification = verify.Verification
)

// Databases of a lake, below its folder. They change in place; all other files of a lake are written once.
const (
	CatalogFile = store.CatalogFile
	PeopleFile  = store.PeopleFile
	HeadFile    = store.HeadFile
)

// CertificateFile is where a period's certificate lies, below the lake folder.
var CertificateFile = certificates.File

// HoldsTables says whether there are tables in a lake's folder: then it is a lake, also where the files that say so are gone.
func HoldsTables(root string) bool { return (&store.Disk{Root: root}).HoldsTables() }

// CatalogTables are the tables of the catalog, beside the state's own in the same database.
var CatalogTables = catalog.CatalogTables

// ErrForm is a history of a form that this carat doesn't read.
var ErrForm = catalog.ErrForm

// MakeCatalog makes the empty tables of a catalog in a database: a SQLite file, or PostgreSQL by DSN.
func MakeCatalog(ctx context.Context, dsn string) error { return catalog.MakeCatalog(ctx, dsn) }

// MoveCatalog makes a catalog that was copied that of the folder where the lake now lies, in the caller's transaction on PostgreSQL.
var MoveCatalog = catalog.MoveCatalog

// NewRowSet makes an empty set.
func NewRowSet() *RowSet { return keys.NewRowSet() }

// SyncFolder makes the names in a folder durable.
func SyncFolder(dir string) error { return store.SyncFolder(dir) }

// DiskFull gives the bare cause of an error that comes from a full disk, quota or SQLite database, and nil for any other.
func DiskFull(err error) error { return store.DiskFull(err) }

// NumbersSHA256 gives the hash of a result table's files (every column but run_id) in a form, and the number of their rows.
var NumbersSHA256 = pages.NumbersSHA256

// RawFile finds the kept source file of a hash and opens its original bytes. It fails with fs.ErrNotExist when it isn't kept (any more).
func (l *Lake) RawFile(feed, sha256 string) (io.ReadCloser, error) {
	return l.sources.Open(feed, sha256)
}

// SourceLines gives the original text of some lines of a kept source file, from
// 1. Of CSV the whole record is given, also when a quoted field goes on over
// several lines. A file that is no text (Parquet) has no lines. It fails with
// fs.ErrNotExist when the file isn't kept (any more).
func (l *Lake) SourceLines(ctx context.Context, feed, sha256 string, quoted bool, lines []int64) (map[int64]string, error) {
	return l.sources.Lines(ctx, feed, sha256, quoted, lines)
}

// OwnTables are the statements that make the tables which the lake keeps of its own in the catalog's database.
func OwnTables() []string { return catalog.Tables() }

// People gives the names and addresses of creators by id, as last ingested.
func (l *Lake) People(ctx context.Context) (map[string]pipeline.Person, error) {
	return l.people.All(ctx)
}

// Payees gives who is paid as a tax return names them, by id, as last ingested.
func (l *Lake) Payees(ctx context.Context) (map[string]pipeline.Identity, error) {
	return l.people.Payees(ctx)
}

// ForgottenFolders gives what says whether a folder of statements, by its name, was that of a person who was erased.
func (l *Lake) ForgottenFolders(ctx context.Context) (func(folder string) bool, error) {
	return l.people.ForgottenFolders(ctx)
}

// Questions are what creators asked about their statements, Comments what the staff says
// about exceptions, Logins who people are at a provider of sign-ins, and Mailboxes where
// creators are written to about signing in.
func (l *Lake) Questions() people.Questions { return people.Questions{Store: l.people} }
func (l *Lake) Comments() people.Comments   { return people.Comments{Store: l.people} }
func (l *Lake) Logins() people.Logins       { return people.Logins{Store: l.people} }
func (l *Lake) Mailboxes() people.Mailboxes { return people.Mailboxes{Store: l.people} }

// SavePeople writes a consistent copy of the store of people to a file that is not there yet; false when there is no store.
func (l *Lake) SavePeople(ctx context.Context, file string) (saved bool, err error) {
	return l.people.Save(ctx, file)
}

// Verify walks the hash chain from the first batch to the last, offline: the
// chain values, the files and their hashes, the rows and their hash, the
// counts, the kept source files, and the files of published runs. It fails with
// KindVerification and the first difference; the report has them all.
//
// What it can't see is a lake whose last batches were cut off cleanly: for that
// the chain value is to be kept elsewhere too, as a period's certificate does.
func (l *Lake) Verify(ctx context.Context) (Verification, error) {
	return verify.History(ctx, l.catalog, l.sources, l.compactors)
}

// CheckPeople is a verification error when the store of people is not as carat left it.
func (l *Lake) CheckPeople(ctx context.Context) error { return l.people.Check(ctx) }

// CheckOwn is a verification error when another program committed to one of the
// named tables, or to any if none is named, since carat did. It is cheap: it reads
// the catalog's database alone.
func (l *Lake) CheckOwn(ctx context.Context, names ...string) error {
	return l.catalog.CheckOwn(ctx, names...)
}

// Upgrade brings the history to the form of today, once. It verifies the lake before it
// writes and after, and goes on where one before was cut short. The lake must be locked,
// and opened with Config.Upgrading. reperform runs each closed month again before the last
// step (see upgrade.Lake): what differs stops it, and the lake stays shut. nil: there are
// none.
func (l *Lake) Upgrade(ctx context.Context, reperform func(context.Context) (string, error)) (Upgraded, error) {
	u := upgrade.Lake{Catalog: l.catalog, Sources: l.sources, Compactors: l.compactors, Codec: l.codec, Now: l.cfg.Now, Ensure: l.ensure, Reperform: reperform}
	done, err := u.Run(ctx)
	if err == nil { // what an attempt that was cut short left
		_, _, err = l.sweeper().Orphans(ctx)
	}
	return done, err
}

// Compact rewrites the small files of each raw table's folders as few larger
// ones, in the order of batch and line. It changes no row. Each table is one
// transaction and one link of the hash chain. Earlier snapshots, and the files
// that they read, stay: a state as of an earlier batch is read as it was then.
// The lake must be locked. On an error the tables done before stay compacted.
func (l *Lake) Compact(ctx context.Context, done func(Compacted)) ([]Compacted, error) {
	w := compact.Rewriter{Catalog: l.catalog, Codec: l.codec, Compactors: l.compactors, Now: l.cfg.Now}
	return w.Compact(ctx, done)
}

// NewSourceCheck begins a check of a batch of a feed against its source file,
// which is read again.
func NewSourceCheck[T any, P pages.RowPointer[T]](l *Lake, feed string) *verify.SourceCheck[T, P] {
	return verify.NewSourceCheck[T, P](l.catalog, feed)
}

// ChangedFiles tells, of a lake that can't be opened, which files are not as
// they were written or left. It opens the catalog's database alone.
func ChangedFiles(ctx context.Context, cfg Config) []string {
	return verify.ChangedFiles(ctx, cfg.Root, cfg.CatalogDSN)
}

// SweepOrphans removes what commits that were cut short left in the tables'
// metadata folders, and half-written files. It gives their number, and the
// paths (below the lake folder) of files of rows or sources that nothing refers
// to: no crash leaves such, so they are left alone for a person to look at. The
// lake must be locked.
func (l *Lake) SweepOrphans(ctx context.Context) (removed int, unknown []string, err error) {
	return l.sweeper().Orphans(ctx)
}

func (l *Lake) sweeper() *sweep.Sweeper {
	return &sweep.Sweeper{Catalog: l.catalog, Sources: l.sources, People: l.people}
}
