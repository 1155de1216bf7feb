package ask

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"time"

	"carat/jobs/books"
	"carat/jobs/sandbox"
	"carat/pipeline"
	"carat/pipeline/lake"
)

// querySpill bounds what a query may put on the disk while it runs.
const querySpill = "20GB"

// QueryOptions say what to ask of which state of the history.
type QueryOptions struct {
	books.Setting
	Query   string
	AsOf    string          // "": now; an RFC 3339 time; a batch id; or a closed period
	Period  pipeline.Period // only this month's rows, and the results of its run; "": all
	Timeout time.Duration   // 0: none
	// Format is how the rows are written, one of table.RowFormats, and Output begins
	// the file that they go to, when there is something to write.
	Format string
	// Columns is how wide the lines of a table may be; 0: as wide as they are.
	Columns int
	Output  func() (io.Writer, error)
	// Answer takes the rows themselves instead; it is for tests, in whose process
	// the query then runs.
	Answer sandbox.Begin
}

// Query runs one read-only query over the history in a process of its own, writes
// its rows one after the other, and gives their number. The access is recorded. A query that is no
// SELECT, doesn't parse, or takes more time, memory or disk than it may is a
// usage error; an unknown batch, or a period that is not closed, a not-found
// error; one more than a person may run at once a busy error.
func Query(ctx context.Context, o QueryOptions) (rows int64, err error) {
	p, err := books.OpenExisting(ctx, o.Setting, books.RightQuery)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	at, err := p.AsOf(ctx, o.AsOf)
	if err != nil {
		return 0, err
	}
	given := sandbox.GivenOf(&o.Output)
	return p.Recorded(ctx, o.Setting, "query", o.text(), given.Of(func() (int64, error) {
		release, err := p.Turn(o.Setting)
		if err != nil {
			return 0, err
		}
		defer release()
		if o.Timeout <= 0 {
			return answer(ctx, p, o, at)
		}
		limited, cancel := context.WithTimeout(ctx, o.Timeout)
		defer cancel()
		n, err := answer(limited, p, o, at)
		if err != nil && ctx.Err() == nil && errors.Is(limited.Err(), context.DeadlineExceeded) {
			return n, pipeline.Errorf(pipeline.KindUsage, "run", "query", "it took longer than %s", o.Timeout).
				WithHint("ask for less, or allow more time with --timeout")
		}
		return n, err
	}))
}

// text is the query as the record of accesses keeps it.
func (o QueryOptions) text() string {
	text := o.Query
	if o.Period != "" {
		text += " --period " + string(o.Period)
	}
	if o.AsOf != "" {
		text += " --as-of " + o.AsOf
	}
	return text
}

// answer runs the query of a person.
func answer(ctx context.Context, p *books.Books, o QueryOptions, at lake.AsOf) (n int64, err error) {
	var where func(table string) string
	if o.Period != "" {
		if where, err = p.OnlyPeriod(ctx, o.Period, at); err != nil {
			return 0, err
		}
	}
	task, some, err := p.TaskOver(ctx, o.Config, at, o.Query, false, where)
	if err != nil {
		return 0, err
	}
	n, err = o.run(ctx, task)
	if err != nil && some && strings.Contains(err.Error(), "does not exist") {
		// What DuckDB proposes instead is one of all tables.
		if task, _, err = p.TaskOver(ctx, o.Config, at, o.Query, true, where); err != nil {
			return 0, err
		}
		n, err = o.run(ctx, task)
	}
	return n, err
}

// run does a task in a process of its own, or in this one for a test.
func (o QueryOptions) run(ctx context.Context, task sandbox.Task) (n int64, err error) {
	task.Disk, task.Format, task.Columns = querySpill, o.Format, o.Columns
	if o.Answer == nil {
		n, _, err = sandbox.Process(ctx, task, o.Output)
		return n, err
	}
	scratch, err := os.MkdirTemp("", "carat-")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	n, _, err = task.Answer(ctx, scratch, o.Answer)
	return n, err
}
