package books

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"carat/jobs/sandbox"
	"carat/pipeline"
	"carat/pipeline/lake"
	"carat/pipeline/spelling"
	"carat/pipeline/state"
)

// The tables that a query finds besides those of the lake: what the summaries
// of snapshots and the state database say.
const (
	TableBatches = "batches"
	TableRuns    = "runs"
	TableAccess  = "access"
	TableFetched = "fetched"
)

// RecordTables are the names of all of them.
var RecordTables = []string{TableBatches, TableRuns, TableAccess, TableFetched}

// BatchColumns are the columns of the table batches: one row is one ingested
// file, as its snapshot's summary says.
const BatchColumns = `batch_id varchar, feed varchar, format varchar, source varchar, source_sha256 varchar,
source_bytes bigint, rows_read bigint, rows_accepted bigint, rows_rejected bigint, rows_duplicate bigint,
rows_left_out bigint, left_out varchar, reading varchar, undoes varchar, undo_reason varchar, undone_by varchar, rows_sha256 varchar, ingested_at timestamptz, committed_at timestamptz, snapshot_id bigint, previous_chain varchar,
chain varchar`

// RunColumns are the columns of the table runs: one row is one run.
const RunColumns = "run_id varchar, period varchar, status varchar, created_at timestamptz, is_current boolean"

// AccessColumns are the columns of the table access: one row is one reading.
const AccessColumns = "accessed_at timestamptz, who varchar, verb varchar, query varchar, row_count bigint, outcome varchar"

// FetchedColumns are the columns of the table fetched: one row is one content that was
// taken from a source. source_sha256 is that of the batch that it became.
const FetchedColumns = `fetch_no bigint, source varchar, kind varchar, remote_name varchar, version varchar, source_bytes bigint, source_sha256 varchar,
file varchar, origin varchar, shape varchar, fetched_at timestamptz, fetched_by varchar`

// Records gives those of the tables batches, runs, access and fetched of a state that are
// wanted.
func (p *Books) Records(ctx context.Context, at lake.AsOf, wanted []string) (list []sandbox.Records, err error) {
	for _, r := range []struct {
		table, columns string
		rows           func(context.Context, lake.AsOf) ([][]any, error)
	}{{TableBatches, BatchColumns, p.BatchRows}, {TableRuns, RunColumns, p.RunRows}, {TableAccess, AccessColumns, p.accessRows}, {TableFetched, FetchedColumns, p.FetchedRows}} {
		if !slices.Contains(wanted, r.table) {
			continue
		}
		rows, err := r.rows(ctx, at)
		if err != nil {
			return nil, err
		}
		list = append(list, sandbox.Records{Name: r.table, Columns: r.columns, Rows: rows}.Spelled())
	}
	return list, nil
}

// FetchedRows gives the rows of the table fetched.
func (p *Books) FetchedRows(ctx context.Context, at lake.AsOf) (rows [][]any, err error) {
	list, err := p.State.AllFetched(ctx)
	for _, f := range list {
		if at.Time.IsZero() || !f.At.After(at.Time) {
			rows = append(rows, []any{f.No, f.Source, f.Kind, f.RemoteName, TextOrNil(f.Version), f.Size, f.SHA256, f.File, f.Origin, TextOrNil(f.Shape), f.At, f.By})
		}
	}
	return rows, err
}

// accessRows gives the rows of the table access.
func (p *Books) accessRows(ctx context.Context, at lake.AsOf) (rows [][]any, err error) {
	accesses, err := p.State.Accesses(ctx)
	for _, a := range accesses {
		if at.Time.IsZero() || !a.At.After(at.Time) {
			rows = append(rows, []any{a.At, a.Who, a.Verb, a.Text, wholeOrNil(a.Rows), a.Outcome})
		}
	}
	return rows, err
}

func wholeOrNil(n *int64) any {
	if n == nil {
		return nil
	}
	return *n
}

// BatchRows gives the rows of the table batches: the way from a row's batch_id to
// the file that it came from.
func (p *Books) BatchRows(ctx context.Context, at lake.AsOf) ([][]any, error) {
	batches, err := p.Lake.Batches(ctx, at)
	if err != nil {
		return nil, err
	}
	var rows [][]any
	for _, b := range batches {
		var undo pipeline.Undo
		if b.Undo != nil {
			undo = *b.Undo
		}
		rows = append(rows, []any{b.ID, b.Feed, b.Format, b.Source, b.SourceSHA256, b.SourceBytes, b.RowsRead, b.RowsAccepted,
			b.RowsRejected, b.RowsDuplicate, b.RowsLeftOut, TextOrNil(pipeline.LeftOutText(b.LeftOut)), TextOrNil(b.Reading), TextOrNil(undo.Batch), TextOrNil(undo.Reason), TextOrNil(b.UndoneBy), b.RowsSHA256, b.IngestedAt, b.CommittedAt, b.Snapshot, b.PreviousChain, b.Chain})
	}
	return rows, nil
}

// RunRows gives the rows of the table runs.
func (p *Books) RunRows(ctx context.Context, at lake.AsOf) ([][]any, error) {
	runs, err := p.RunsAt(ctx, at)
	if err != nil {
		return nil, err
	}
	var rows [][]any
	for _, r := range runs {
		rows = append(rows, []any{r.ID, string(r.Period), r.Status, r.CreatedAt, r.Current})
	}
	return rows, nil
}

// RunAt is a run, and whether it was the current one of its period.
type RunAt struct {
	state.Run
	Current bool
}

// RunsAt gives the runs that a state of the lake holds, oldest first.
func (p *Books) RunsAt(ctx context.Context, at lake.AsOf) ([]RunAt, error) {
	published, err := p.Lake.RunIDs(ctx, at)
	if err != nil {
		return nil, err
	}
	all, err := p.State.Runs(ctx, len(published)+RunsUnpublished)
	if err != nil {
		return nil, err
	}
	slices.Reverse(all)
	var runs []RunAt
	last := map[pipeline.Period]int{}
	for _, r := range all {
		if slices.Contains(published, r.ID) {
			last[r.Period] = len(runs)
			runs = append(runs, RunAt{Run: r})
		}
	}
	for period, i := range last {
		if at == Latest { // the state knows better: a run may be made current again
			current, found, err := p.State.CurrentRun(ctx, period)
			if err != nil {
				return nil, err
			}
			if found {
				i = slices.IndexFunc(runs, func(r RunAt) bool { return r.ID == current.ID })
			}
		}
		if i >= 0 {
			runs[i].Current = true
		}
	}
	return runs, nil
}

// CurrentRuns lists the ids of the runs in force, for a condition.
func CurrentRuns(runs []RunAt) string {
	list := []string{"''"}
	for _, r := range runs {
		if r.Current {
			list = append(list, pipeline.SQLText(r.ID))
		}
	}
	return strings.Join(list, ", ")
}

// RunsUnpublished is how many runs the state may hold that the lake doesn't: of
// tables that were taken away.
const RunsUnpublished = 10_000

// OnlyPeriod gives the conditions that leave a month's own rows, and the results
// of its current run; reference data stay whole.
func (p *Books) OnlyPeriod(ctx context.Context, period pipeline.Period, at lake.AsOf) (func(table string) string, error) {
	runs, err := p.RunsAt(ctx, at)
	if err != nil {
		return nil, err
	}
	run := ""
	for _, r := range runs {
		if r.Period == period && r.Current {
			run = r.ID
		}
	}
	return func(table string) string {
		feed, raw := pipeline.FeedByName(table)
		switch {
		case raw && feed.Reference:
			return ""
		case raw || table == "rejects":
			return "accounting_month = " + pipeline.SQLText(string(period))
		}
		return "period = " + pipeline.SQLText(string(period)) + " and run_id = " + pipeline.SQLText(run)
	}, nil
}

// Recorded runs a reading of the history with its record: who, what and when
// before it begins, how many rows or why not after it. A reading that can't be
// recorded doesn't take place.
func (p *Books) Recorded(ctx context.Context, s Setting, verb, text string, read func() (rows int64, err error)) (int64, error) {
	for what, said := range map[string]string{"user's name": s.By.User, verb: text} {
		if err := spelling.CheckText(said, true); err != nil {
			return 0, pipeline.Errorf(pipeline.KindUsage, "read", what, "%w", err).WithHint("a terminal that sends UTF-8 writes it as carat reads it")
		}
	}
	id, err := p.State.BeginAccess(ctx, state.Access{At: s.Now, Who: s.By.User, Verb: verb, Text: text})
	if err != nil {
		return 0, pipeline.Errorf(pipeline.KindInternal, verb, "", "%w", err).WithHint("nothing is read without a record of it")
	}
	p.tellClock(s, verb)
	if p.Lake.ReadOnly() {
		s.Tell(Event{Step: verb, Note: "the lake lies where nothing can be written: this reading is not recorded"})
	}
	rows, err := read()
	outcome := state.AccessDone
	if err != nil {
		outcome = s.outcome(err)
	}
	// The record is completed also when the reading was interrupted.
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), accessTimeout)
	defer cancel()
	return rows, errors.Join(err, p.State.EndAccess(end, id, &rows, outcome))
}

// outcome gives an error as the record of a reading tells it.
func (s Setting) outcome(err error) string {
	prefix := ""
	var known *pipeline.Error
	if pipeline.IsRefused(err) {
		if prefix = state.AccessRefused; errors.As(err, &known) {
			err = known.WithHint("") // it is for the one who was refused
		}
	}
	said := prefix + s.redact(spelling.Spell(strings.SplitN(err.Error(), "\n", 2)[0]))
	var more interface{ Recorded() string } // what is for the record alone
	if errors.As(err, &more) {
		said += more.Recorded()
	}
	return said
}

// Refused records that somebody asked for what they may not have, if the error says so,
// and gives the error on. Who may not even write to the state goes unrecorded.
func (p *Books) Refused(ctx context.Context, s Setting, verb, text string, err error) error {
	if !pipeline.IsRefused(err) || p.Lake.ReadOnly() {
		return err
	}
	asked := state.Access{At: s.Now, Who: spelling.Spell(s.By.User), Verb: verb, Text: pipeline.CutText(s.redact(text)), Outcome: s.outcome(err)}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), accessTimeout)
	defer cancel()
	if failed := p.State.RecordRefused(end, asked); failed != nil {
		return errors.Join(err, failed)
	}
	return err
}

// accessTimeout bounds how long an interrupted reading waits for its record.
const accessTimeout = 5 * time.Second
