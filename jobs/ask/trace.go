package ask

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"carat/jobs/books"
	"carat/jobs/reconcile"
	"carat/pipeline"
	"carat/pipeline/engine"
	"carat/pipeline/lake"
	"carat/pipeline/spelling"
	"carat/reports/trace"
)

// TraceLimit is how many rows of one kind a trace shows unless told otherwise.
const TraceLimit = 10

// TraceOptions say what to trace.
type TraceOptions struct {
	books.Setting
	SQL fs.FS // the models: the rate of a gift is found by the very rules that credited it
	// IDs are creators, viewers, purchases, gifts, payouts, adjustments, third parties' lines,
	// exceptions, statement lines (PERIOD/CREATOR/ENTITY/CURRENCY/LINE_NO), journal
	// entries, batches, file names, or source lines (FILE:LINE or BATCH:LINE).
	IDs   []string
	Limit int // how many rows of one kind are shown; 0: all

	narrow bool // for tests: few gifts are read as many are
}

// Trace goes from each id back to the source files' lines that it comes from,
// and forward to all that it touched. An id that nothing has is an
// error of usage. The access is recorded.
func Trace(ctx context.Context, o TraceOptions) (roots []*trace.Node, err error) {
	p, err := books.OpenExisting(ctx, o.Setting, books.RightTrace)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	_, err = p.Recorded(ctx, o.Setting, "trace", spelling.Asked(o.IDs), func() (int64, error) {
		t, err := newTracer(ctx, p, o)
		if err != nil {
			return 0, err
		}
		roots, err = t.trace(ctx)
		return t.rows, errors.Join(err, t.close())
	})
	return roots, err
}

// tracer is one tracing under way.
type tracer struct {
	TraceOptions
	*books.Books
	eng             *books.Reader                  // tables as they are now, read by carat alone
	now             *lake.State                    // what they are
	tables          map[string]pipeline.TableFiles // those that were asked for
	ready           map[string]bool                // those that the engine has
	models          reconcile.Models
	evidenceQueries []engine.Model // of sql/evidence; nil until one is asked
	first           pipeline.Period
	batches         map[string]lake.CommittedBatch
	order           []string // the ids of batches, in the order of commit
	runs            []books.RunAt
	months          map[string]*month // by run
	standing        map[string]string // what says says, by run
	spare           chan spareEngine  // for the first month; nil when it was taken
	sources         []*sourceLine     // whose texts are read at the end, file by file
	rows            int64
}

func newTracer(ctx context.Context, p *books.Books, o TraceOptions) (*tracer, error) {
	t := &tracer{TraceOptions: o, Books: p, tables: map[string]pipeline.TableFiles{}, ready: map[string]bool{}, batches: map[string]lake.CommittedBatch{}, months: map[string]*month{}, standing: map[string]string{}}
	err := p.Lake.CheckOwn(ctx)
	if err != nil {
		return nil, err
	}
	if t.models, err = (reconcile.Options{Setting: o.Setting, SQL: o.SQL}).Models(); err != nil {
		return nil, err
	}
	if t.first, err = p.FirstPeriod(ctx, o.Config); err != nil {
		return nil, err
	}
	committed, err := p.Lake.Batches(ctx, books.Latest)
	if err != nil {
		return nil, err
	}
	for _, b := range committed {
		t.batches[b.ID] = b
		t.order = append(t.order, b.ID)
	}
	if t.runs, err = p.RunsAt(ctx, books.Latest); err != nil {
		return nil, err
	}
	if t.now, err = p.Lake.State(ctx, books.Latest); err != nil {
		return nil, err
	}
	if t.eng, err = p.OpenEmpty(ctx, o.Config); err != nil {
		return nil, err
	}
	t.spare = make(chan spareEngine, 1)
	go func() { t.spare <- t.openSpare(ctx, t.models.List, monthModels...) }()
	return t, nil
}

// table gives a table's files.
func (t *tracer) table(ctx context.Context, name string) (pipeline.TableFiles, error) {
	one, known := t.tables[name]
	if known {
		return one, nil
	}
	one, err := t.now.Table(ctx, name)
	if err == nil {
		t.tables[name] = one
	}
	return one, err
}

// has says whether a table has rows to look for, and makes it ready for that.
func (t *tracer) has(ctx context.Context, name string) (bool, error) {
	one, err := t.table(ctx, name)
	if err != nil || t.ready[name] || len(one.Files) == 0 {
		return len(one.Files) > 0, err
	}
	t.ready[name] = true
	return true, t.eng.Load(ctx, "", []pipeline.TableFiles{one})
}

// close ends the engines.
func (t *tracer) close() error {
	err := t.eng.Close()
	if t.spare != nil {
		if s := <-t.spare; s.eng != nil {
			err = errors.Join(err, s.eng.Close())
		}
	}
	for _, m := range t.months {
		err = errors.Join(err, m.eng.Close())
	}
	return err
}

// trace finds what each id is, builds what the statement lines among them need,
// and then follows them.
func (t *tracer) trace(ctx context.Context) ([]*trace.Node, error) {
	var found []subject
	for _, id := range t.IDs {
		subjects, err := t.find(ctx, id)
		if err != nil {
			return nil, err
		}
		if len(subjects) == 0 {
			return nil, unknownID(id, t.knownPeople(ctx))
		}
		found = append(found, subjects...)
	}
	if err := t.prepareMonths(ctx, found); err != nil {
		return nil, err
	}
	var roots []*trace.Node
	for _, s := range found {
		root, err := t.follow(ctx, s)
		if err != nil {
			return nil, err
		}
		roots = append(roots, root)
	}
	return roots, t.readSources(ctx)
}

func unknownID(id string, known []string) error {
	e := pipeline.Misnamed("trace", strconv.Quote(id), id, known, "nothing in the history has that id")
	if e.Hint != "" {
		return e
	}
	return e.WithHint("give a creator, viewer, purchase, gift, payout, adjustment, exception, batch or file name, a statement line such as 2026-10/CREATOR/main/USD/3, " +
		"or a source line such as gift_events.csv:17")
}

// subject is what an id turned out to be.
type subject struct {
	kind   string // statement_line, row, exception, journal_entry, batch, source_line, creator, viewer
	table  string // of a row
	record *record
	line   statementLineID
	batch  string
	number int64
	person string
}

// find says what an id is: forms that only one thing has first, then the keys
// of all tables. One id may be several things.
func (t *tracer) find(ctx context.Context, id string) ([]subject, error) {
	if line, ok := parseStatementLine(id); ok {
		r, err := t.statementLine(ctx, line)
		if err != nil {
			return nil, err
		}
		if r == nil {
			if r, err = t.agencyLine(ctx, line); err != nil || r == nil {
				return nil, err
			}
			return []subject{{kind: "agency_line", record: r}}, nil
		}
		return []subject{{kind: "statement_line", record: r, line: line}}, nil
	}
	if _, ok := t.batches[id]; ok {
		return []subject{{kind: "batch", batch: id}}, nil
	}
	if found := t.findSource(id); len(found) > 0 {
		return found, nil
	}
	found, err := t.findKey(ctx, id)
	if err != nil || len(found) > 0 {
		return found, err
	}
	return t.findPeople(ctx, id)
}

// findSource finds files by name, as it is or as it is spelled, and lines of files by
// FILE:LINE or BATCH:LINE.
func (t *tracer) findSource(id string) []subject {
	var found []subject
	at := strings.LastIndex(id, ":")
	name := id[:max(at, 0)]
	line, err := strconv.ParseInt(id[at+1:], 10, 64)
	for _, b := range t.order {
		switch source := t.batches[b].Source; {
		case source == id, source == spelling.Spell(id):
			found = append(found, subject{kind: "batch", batch: b})
		case at >= 0 && err == nil && line > 0 && (source == name || source == spelling.Spell(name) || b == name):
			found = append(found, subject{kind: "source_line", batch: b, number: line})
		}
	}
	return found
}

// keyColumns are the columns by which a row can be named, by table: keys of one
// column, of which the Parquet files have bloom filters.
var keyColumns = []struct{ kind, table, column string }{
	{"row", "gift_events", "event_id"}, {"row", "coin_purchases", "purchase_id"}, {"row", "payouts", "payout_id"},
	{"row", "agency_payouts", "payout_id"}, {"row", "agency_adjustments", "adjustment_id"}, {"row", "diamond_adjustments", "adjustment_id"}, {"row", "coin_adjustments", "adjustment_id"},
	{"row", "settlement_lines", "line_id"}, {"row", "provider_payments", "line_id"}, {"row", "bank_lines", "line_id"},
	{"exception", books.TableExceptions, "exception_id"}, {"journal_entry", tableJournal, "entry_id"},
}

// tableJournal holds the lines of journal entries.
const tableJournal = "journal_lines"

func (t *tracer) findKey(ctx context.Context, id string) ([]subject, error) {
	var found []subject
	for _, k := range keyColumns {
		if has, err := t.has(ctx, k.table); err != nil {
			return nil, err
		} else if !has {
			continue
		}
		condition := k.column + " = ?"
		if k.kind != "row" {
			condition += " and run_id in (" + t.currentRuns() + ")"
		}
		records, err := t.records(ctx, "select * from "+k.table+" where "+condition+" order by all", id)
		if err != nil {
			return nil, err
		}
		if k.kind != "row" && len(records) > 0 {
			records = records[:1] // an entry's other lines, and the other months of an exception, are found from it
		}
		for _, r := range records {
			found = append(found, subject{kind: k.kind, table: k.table, record: r})
		}
	}
	return found, nil
}

// currentRuns lists the runs in force, for a condition.
func (t *tracer) currentRuns() string { return books.CurrentRuns(t.runs) }

// runOf gives the current run of a period.
func (t *tracer) runOf(period pipeline.Period) (books.RunAt, bool) {
	i := slices.IndexFunc(t.runs, func(r books.RunAt) bool { return r.Current && r.Period == period })
	if i < 0 {
		return books.RunAt{}, false
	}
	return t.runs[i], true
}

// follow makes the tree of a subject.
func (t *tracer) follow(ctx context.Context, s subject) (*trace.Node, error) {
	switch s.kind {
	case "statement_line":
		return t.statementLineNode(ctx, s.line, s.record)
	case "exception":
		return t.exceptionNode(ctx, s.record)
	case "journal_entry":
		return t.journalNode(ctx, s.record)
	case "batch":
		return t.batchNode(ctx, s.batch, true)
	case "source_line":
		return t.sourceLineNode(ctx, s.batch, s.number)
	case "agency_line":
		return t.agencyLineNode(ctx, s.record)
	case "creator", "viewer", "agency":
		return t.personNode(ctx, s.kind, s.person)
	}
	return t.rowNode(ctx, s.table, s.record, true)
}
