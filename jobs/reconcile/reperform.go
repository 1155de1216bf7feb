package reconcile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"carat/jobs/books"
	"carat/jobs/disk"
	"carat/pipeline"
	"carat/pipeline/certificate"
	"carat/pipeline/engine"
	"carat/pipeline/lake"
)

// Reperformance is what came out when a closed period was run again: by the
// SQL, the parameters and the rows that its certificate covers.
type Reperformance struct {
	Period  pipeline.Period
	Version int64
	RunID   string
	Signed  string // the engine that built what was signed; "" of an older certificate
	Engine  string // the one that built it again
	Tables  []ReperformedTable
	// Problems are sentences about what made it impossible to run the period
	// again: a certificate, a text of SQL or a batch that is not what it was.
	Problems []string
}

// ReperformedTable is one result table, as locked and as run again.
type ReperformedTable struct {
	Table     string
	Locked    int64 // rows, by the certificate
	Rows      int64 // rows, run again
	Same      bool  // every number is
	SameBytes bool  // and so is the hash of them, whichever form it has
	Missing   int64 // rows of the lake that did not come out again
	Added     int64 // rows that came out and are not in the lake
	FileMoved bool  // the lake's file is not the certificate's
}

// Same says whether the period re-performs to its locked hashes, and its
// results lie in the lake as they were locked.
func (r *Reperformance) Same() bool { return len(r.Problems) == 0 && len(r.Differing()) == 0 }

// Differing gives the names of the tables that are not as they were locked.
func (r *Reperformance) Differing() []string {
	var names []string
	for _, t := range r.Tables {
		if !t.Same || t.FileMoved {
			names = append(names, t.Table)
		}
	}
	return names
}

// Reperform runs the month of a certificate again, on the engine that carat.yaml names, and
// compares every result table with the certificate. It writes nothing into the lake.
func Reperform(ctx context.Context, p *books.Books, s books.Setting, c *certificate.Certificate) (r *Reperformance, err error) {
	r = &Reperformance{Period: c.Period, Version: c.Version, RunID: c.RunID, Signed: c.Engine}
	m, err := ModelsOf(p, c)
	if pipeline.KindOf(err) == pipeline.KindVerification && err != nil {
		r.Problems = append(r.Problems, err.Error())
		return r, nil
	}
	if err != nil {
		return nil, err
	}
	params, err := ParametersOf(ctx, p, c)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "carat-reperform-")
	if err != nil {
		return nil, pipeline.Errorf(pipeline.KindInternal, "make", "a folder for temporary files", "%w", disk.Cause(err))
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	var files map[string][]string
	r.Engine, files, err = runAgain(ctx, p, s, c, m, params, dir)
	if err != nil {
		return nil, err
	}
	for _, want := range c.Results {
		t, err := compareResult(ctx, p, s, c, want, files[want.Table])
		if err != nil {
			return nil, err
		}
		r.Tables = append(r.Tables, t)
	}
	return r, nil
}

// runAgain builds the models over the tables as they were, and exports their
// results to dir. It names the engine.
func runAgain(ctx context.Context, p *books.Books, s books.Setting, c *certificate.Certificate, m Models, params engine.Parameters, dir string) (name string, files map[string][]string, err error) {
	at := books.Latest
	if c.LastBatch != "" {
		at = lake.AsOf{Batch: c.LastBatch}
	}
	tables, err := p.Lake.Tables(ctx, at)
	if err != nil {
		return "", nil, err
	}
	params.Batches, tables = ReadOf(c, c.Period, params.Batches, tables)
	out, spill := filepath.Join(dir, "results"), filepath.Join(dir, "spill")
	if err := os.MkdirAll(out, 0o700); err != nil {
		return "", nil, pipeline.Errorf(pipeline.KindInternal, "make", out, "%w", disk.Cause(err))
	}
	eng, err := engine.Open(ctx, engine.Config{MemoryLimit: s.Config.Memory, Threads: books.ThreadsFor(s.Config, tables), TempDir: spill,
		Folders: []string{filepath.Join(p.Lake.Root(), "carat.db"), out}})
	if err != nil {
		return "", nil, err
	}
	defer func() { err = errors.Join(err, eng.Close()) }()
	eng.Apart = runOwn(s)
	name, end, err := engineFor(ctx, p, s, eng, c.Period, tables)
	if err != nil {
		return "", nil, err
	}
	defer func() { err = errors.Join(err, end()) }()
	if err := loadForModels(ctx, eng, tables); err != nil {
		return "", nil, err
	}
	closed, err := p.Closures(ctx, s.Config)
	if err != nil {
		return "", nil, err
	}
	if err := LoadClosing(ctx, p, eng, closed, c.Period); err != nil {
		return "", nil, err
	}
	_, err = eng.Reconcile(ctx, m.Dialect, m.List, params, func(model string, done, total int) {
		s.Tell(books.Event{Step: "re-perform " + string(c.Period), Object: model, Done: int64(done), Total: int64(total), Unit: "models"})
	})
	if err != nil {
		return "", nil, err
	}
	files, err = eng.Export(ctx, out)
	return name, files, err
}

// compareResult compares one result table with what was locked: by hash, and
// row by row where the hashes differ.
func compareResult(ctx context.Context, p *books.Books, s books.Setting, c *certificate.Certificate, want certificate.CertifiedResult, files []string) (t ReperformedTable, err error) {
	t = ReperformedTable{Table: want.Table, Locked: want.Rows, Missing: want.Rows}
	tables, err := p.Lake.RunTables(ctx, c.RunID)
	if err != nil {
		return t, err
	}
	t.FileMoved = true
	for _, have := range tables {
		if have.Table == want.Table {
			lying, err := p.Lake.CertifiedFiles(have)
			t.FileMoved = err != nil || fmt.Sprint(lying) != fmt.Sprint(want.Files)
		}
	}
	sum, rows, err := lake.NumbersSHA256(want.Form(), files)
	if err != nil {
		return t, err
	}
	t.Rows = rows
	if sum == want.NumbersSHA256 {
		t.Same, t.SameBytes, t.Missing = true, true, 0
		return t, nil
	}
	if t.Missing, t.Added, err = differingRows(ctx, p, s, want.Table, c.RunID, files); err != nil {
		return t, err
	}
	// Another version of the encoder may write equal rows in other bytes, which a hash of
	// form 1 is of.
	t.Same = t.Missing == 0 && t.Added == 0
	t.SameBytes = t.Same && t.Rows == 0 // of no rows the lake keeps no file
	return t, nil
}

// differingRows counts the rows of a run that lie in the lake and are not in
// the files, and the other way round.
func differingRows(ctx context.Context, p *books.Books, s books.Setting, table, run string, files []string) (missing, added int64, err error) {
	folders := []string{filepath.Join(p.Lake.Root(), "carat.db")}
	for _, f := range files {
		folders = append(folders, filepath.Dir(f))
	}
	r, err := p.OpenReader(ctx, s.Config, books.Latest, folders, table)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	held, err := p.Lake.Table(ctx, table, books.Latest)
	if err != nil {
		return 0, 0, err
	}
	again := held
	again.Name, again.Files = "run_again", files
	if err := r.Load(ctx, "", []pipeline.TableFiles{again}); err != nil {
		return 0, 0, err
	}
	locked := `select * from "` + table + `" where run_id = ` + pipeline.SQLText(run)
	rows, err := r.Query(ctx, "select (select count(*) from ("+locked+" except all select * from run_again)) as missing, "+
		"(select count(*) from (select * from run_again except all "+locked+")) as added")
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	t, err := books.ReadTable(rows)
	if err != nil {
		return 0, 0, err
	}
	return t.Rows[0][0].(int64), t.Rows[0][1].(int64), nil
}
