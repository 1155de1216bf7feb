package jobs

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"carat/pipeline"
	"carat/pipeline/engine"
)

// IngestOptions say what to ingest.
type IngestOptions struct {
	Setting
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
// RowsRejected + RowsDuplicate when it was ingested.
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
	Error         string `json:"error"`
}

// IngestResult is what became of every file.
type IngestResult struct {
	Files       []FileResult
	Ignored     []IgnoredFile
	FirstPeriod pipeline.Period // "" while no event was ingested
}

// Inputs names the batches that were committed, as the record of a job keeps
// them. None of a nil result.
func (r *IngestResult) Inputs() (list []string) {
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

// Ingest takes files into the lake, each as one batch: whole or not at all. A
// file that fails doesn't stop the others; its error is part of the returned
// one, beside a result that is complete. A busy error means that another run
// holds the lake.
func Ingest(ctx context.Context, o IngestOptions) (result *IngestResult, err error) {
	inputs, ignored, err := o.inputs()
	if err != nil {
		return nil, err
	}
	p, err := openLocked(ctx, o.Setting)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	job, err := p.begin(ctx, o.Setting, "ingest", "")
	if err != nil {
		return nil, err
	}
	defer func() { err = job.end(ctx, err) }()
	result, err = ingest(ctx, p, o.Setting, inputs, ignored)
	job.took(result.Inputs()...)
	return result, err
}

func (o IngestOptions) inputs() ([]InputFile, []IgnoredFile, error) {
	if len(o.Files) == 0 {
		return FindInputs(o.Config)
	}
	inputs, err := NamedInputs(o.Files, o.Feed)
	return inputs, nil, err
}

// ingest is Ingest in a place that is open and locked.
func ingest(ctx context.Context, p *place, s Setting, inputs []InputFile, ignored []IgnoredFile) (*IngestResult, error) {
	closed, err := p.closures(ctx, s.Config)
	if err != nil {
		return nil, err
	}
	first := closed.first
	g := &ingestion{place: p, Setting: s}
	defer g.close()
	result := &IngestResult{Ignored: ignored}
	// While the first period is not known, balances wait for the events that
	// fix it: an opening must not make the month before it the first one.
	openings := []InputFile(nil)
	if first == "" {
		inputs, openings = splitInputs(inputs)
	}
	if err := g.files(ctx, inputs, closed.earliestOpen(), result); err != nil {
		return result, err
	}
	if first, err = p.fixFirstPeriod(ctx, s.Config); err != nil {
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

// files ingests one file after the other; rows of months before earliestOpen
// are booked there. It stops at an error that is not the fault of the file.
func (g *ingestion) files(ctx context.Context, inputs []InputFile, earliestOpen pipeline.Period, result *IngestResult) error {
	g.earliest, g.calendar = earliestOpen, pipeline.NewCalendar(g.Config.Zone, earliestOpen)
	for _, in := range inputs {
		r, err := g.file(ctx, in)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if in.Listed && errors.Is(err, fs.ErrNotExist) && gone(in.Path) {
			result.Ignored = append(result.Ignored, IgnoredFile{in.Name, "it was taken away after the inbox was listed"})
			continue
		}
		if err != nil {
			r = failed(in, err)
		}
		result.Files = append(result.Files, r)
		if err != nil && !isFileError(err) {
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
		if in.Feed == feedBalances {
			balances = append(balances, in)
		} else {
			events = append(events, in)
		}
	}
	return events, balances
}

// refuseOpenings fails balances that came before any event.
func (g *ingestion) refuseOpenings(inputs []InputFile, result *IngestResult) {
	for _, in := range inputs {
		err := pipeline.Errorf(pipeline.KindUsage, "ingest", in.Name, "no event was ingested yet, so the first period is not known").
			WithHint("set first_period in carat.yaml, or ingest events with it")
		result.Files = append(result.Files, failed(in, err))
		g.failures = append(g.failures, err)
	}
}

// isFileError says whether an error is the fault of one file, so that the
// others can go on.
func isFileError(err error) bool {
	return slices.Contains([]pipeline.Kind{pipeline.KindBadInput, pipeline.KindUsage, pipeline.KindNotFound}, pipeline.KindOf(err))
}

func failed(in InputFile, err error) FileResult {
	return FileResult{File: in.Name, Feed: in.Feed, Result: FileFailed, Error: err.Error()}
}

// ingestion is one running ingest.
type ingestion struct {
	*place
	Setting
	earliest pipeline.Period // the earliest open one; "" when not known
	calendar *pipeline.Calendar
	eng      *engine.Engine // opened when a file's keys must be compared
	failures []error        // of files
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
	g.eng, err = openEngine(ctx, g.place, g.Config, g.Config.threads())
	return g.eng, err
}

// openEngine opens the engine with the configured memory and the threads, spilling
// inside the lake's staging folder. SQL in it, a user's controls too, reads and
// writes nothing outside the lake.
func openEngine(ctx context.Context, p *place, c *Config, threads int) (*engine.Engine, error) {
	spill, err := p.lake.StagingDir("spill")
	if err != nil {
		return nil, err
	}
	return engine.Open(ctx, engine.Config{MemoryLimit: c.Memory, Threads: threads, TempDir: spill, Folders: []string{filepath.Join(p.lake.Root(), "carat.db"), filepath.Join(p.lake.Root(), "staging")}})
}

// threads gives how many goroutines and engine threads to use.
func (c *Config) threads() int {
	if c.Threads > 0 {
		return c.Threads
	}
	return runtime.GOMAXPROCS(0)
}

// threadsFor gives how many engine threads a reconciliation of the lake's tables
// uses: one where nothing is configured and few rows were ingested.
func (c *Config) threadsFor(tables []pipeline.TableFiles) int {
	raw := slices.DeleteFunc(slices.Clone(tables), func(t pipeline.TableFiles) bool { return !isRaw(t.Name) })
	if c.Threads == 0 && engine.AreFew(raw) {
		return 1
	}
	return c.threads()
}
