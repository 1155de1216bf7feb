package ingest

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"

	"carat/jobs/books"
	"carat/pipeline"
	"carat/pipeline/engine"
)

// Options say what to ingest.
type Options struct {
	books.Setting
	Files []string // these; none: all of the inbox
	Feed  string   // of Files; "": as their names say
}

// What became of a file.
const (
	FileIngested = "ingested"
	FileKnown    = "already ingested" // the same bytes are in the lake
	FileFailed   = "failed"           // nothing of it was committed
)

// FileResult is what became of one file. RowsRead = RowsAccepted +
// RowsRejected + RowsDuplicate + RowsLeftOut when it was ingested.
type FileResult struct {
	File          string `json:"file"`
	Feed          string `json:"feed"`
	Format        string `json:"format"` // what the content was recognised as; "" when it was not looked at
	Result        string `json:"result"`
	Batch         string `json:"batch_id"`
	RowsRead      int64  `json:"rows_read"`
	RowsAccepted  int64  `json:"rows_accepted"`
	RowsRejected  int64  `json:"rows_rejected"`
	RowsDuplicate int64  `json:"rows_duplicate"`
	RowsLeftOut   int64  `json:"rows_left_out"`
	Error         string `json:"error"`
}

// Result is what became of every file.
type Result struct {
	Files       []FileResult
	Ignored     []IgnoredFile
	FirstPeriod pipeline.Period // "" while no event was ingested
}

// Inputs names the batches that were committed, as the record of a job keeps
// them. None of a nil result.
func (r *Result) Inputs() (list []string) {
	if r == nil {
		return nil
	}
	for _, f := range r.Files {
		if f.Result == FileIngested {
			list = append(list, f.Batch+" "+f.File)
		}
	}
	return list
}

// Files takes files into the lake, each as one batch: whole or not at all. A
// file that fails doesn't stop the others; its error is part of the returned
// one, beside a result that is complete. A busy error means that another run
// holds the lake.
func Files(ctx context.Context, o Options) (result *Result, err error) {
	inputs, ignored, err := o.inputs()
	if err != nil {
		return nil, err
	}
	return books.Locked(ctx, o.Setting, books.RightIngest, "", func(p *books.Books, job *books.Job) (result *Result, err error) {
		result, err = FilesIn(ctx, p, o.Setting, inputs, ignored)
		job.Took(result.Inputs()...)
		return result, err
	})
}

func (o Options) inputs() ([]InputFile, []IgnoredFile, error) {
	if len(o.Files) == 0 {
		return FindInputs(o.Config)
	}
	inputs, err := NamedInputs(o.Config, o.Files, o.Feed)
	return inputs, nil, err
}

// FilesIn is Files in books that are open and locked.
func FilesIn(ctx context.Context, p *books.Books, s books.Setting, inputs []InputFile, ignored []IgnoredFile) (*Result, error) {
	if err := p.Lake.CheckOwn(ctx); err != nil {
		return nil, err
	}
	closed, err := p.Closures(ctx, s.Config)
	if err != nil {
		return nil, err
	}
	first := closed.First
	g := &ingestion{Books: p, Setting: s}
	defer g.close()
	result := &Result{}
	for _, one := range ignored {
		if one.Near {
			result.Files = append(result.Files, failed(InputFile{Name: one.Name}, one.err()))
			g.failures = append(g.failures, one.err())
		} else {
			result.Ignored = append(result.Ignored, one)
		}
	}
	// While the first period is not known, balances wait for the events that
	// fix it: an opening must not make the month before it the first one.
	openings := []InputFile(nil)
	if first == "" {
		inputs, openings = splitInputs(inputs)
	}
	if err := g.files(ctx, inputs, closed.EarliestOpen(), result); err != nil {
		return result, err
	}
	if first, err = p.FixFirstPeriod(ctx, s.Config); err != nil {
		return result, err
	}
	if first == "" {
		g.refuseOpenings(openings, result)
	} else if err := g.files(ctx, openings, first, result); err != nil {
		return result, err
	}
	result.FirstPeriod = first
	return result, errors.Join(g.failures...)
}

// err is that of a file which all but is an input.
func (f IgnoredFile) err() error {
	return pipeline.Errorf(pipeline.KindBadInput, "read", f.Name, "%s", f.Reason).
		WithHint("nothing of it was taken: mend its layout or its name, and `carat ingest --dry-run` shows what would become of it; if it is none of these, take it out of the inbox")
}

// files ingests one file after the other; rows of months before earliestOpen
// are booked there. It stops at an error that is not the fault of the file.
func (g *ingestion) files(ctx context.Context, inputs []InputFile, earliestOpen pipeline.Period, result *Result) error {
	g.earliest, g.calendar = earliestOpen, pipeline.NewCalendar(g.Config.Zone, earliestOpen)
	for _, in := range inputs {
		r, err := g.file(ctx, in)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if in.Listed && errors.Is(err, fs.ErrNotExist) && gone(in.Path) {
			result.Ignored = append(result.Ignored, IgnoredFile{Name: in.Name, Reason: "it was taken away after the inbox was listed"})
			continue
		}
		if err != nil {
			r = failed(in, err)
		}
		result.Files = append(result.Files, r)
		if err != nil && !IsFileError(err) {
			return errors.Join(append([]error{err}, g.failures...)...)
		}
		if err != nil {
			g.failures = append(g.failures, err)
		}
	}
	return nil
}

// gone says that there is nothing of that name any more.
func gone(path string) bool {
	_, err := os.Lstat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// splitInputs parts the balances from the rest.
func splitInputs(inputs []InputFile) (events, balances []InputFile) {
	for _, in := range inputs {
		if in.Feed == books.FeedBalances {
			balances = append(balances, in)
		} else {
			events = append(events, in)
		}
	}
	return events, balances
}

// refuseOpenings fails balances that came before any event.
func (g *ingestion) refuseOpenings(inputs []InputFile, result *Result) {
	for _, in := range inputs {
		err := pipeline.Errorf(pipeline.KindUsage, "ingest", in.Name, "no event was ingested yet, so the first period is not known").
			WithHint("set first_period in carat.yaml, or ingest events with it")
		result.Files = append(result.Files, failed(in, err))
		g.failures = append(g.failures, err)
	}
}

// IsFileError says whether an error is the fault of one file, so that the
// others can go on.
func IsFileError(err error) bool {
	return slices.Contains([]pipeline.Kind{pipeline.KindBadInput, pipeline.KindUsage, pipeline.KindNotFound}, pipeline.KindOf(err))
}

func failed(in InputFile, err error) FileResult {
	return FileResult{File: in.Name, Feed: in.Feed, Result: FileFailed, Error: err.Error()}
}

// ingestion is one running ingest.
type ingestion struct {
	*books.Books
	books.Setting
	earliest pipeline.Period // the earliest open one; "" when not known
	calendar *pipeline.Calendar
	eng      *engine.Engine // opened when a file's keys must be compared
	failures []error        // of files
	inbox    []InputFile    // as it was when first asked for; nil: it wasn't

	// While a batch is taken out: its id, and whose file is read again for it.
	without, since string
}

func (g *ingestion) close() {
	if g.eng != nil {
		// It holds nothing that a commit depends on.
		_ = g.eng.Close()
	}
}

// engine opens the engine when it is first needed: most files need none.
func (g *ingestion) engine(ctx context.Context) (*engine.Engine, error) {
	if g.eng != nil {
		return g.eng, nil
	}
	var err error
	g.eng, err = books.OpenEngine(ctx, g.Books, g.Config, g.Config.Workers())
	return g.eng, err
}
