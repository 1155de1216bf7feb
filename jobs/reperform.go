package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"carat/pipeline"
	"carat/pipeline/engine"
	"carat/pipeline/lake"
)

// Reperformance is what came out when a closed period was run again: by the
// SQL, the parameters and the rows that its certificate covers.
type Reperformance struct {
	Period  pipeline.Period
	Version int64
	RunID   string
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
	SameBytes bool  // and their encoding in the files
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

// ReperformOptions say which closed period to run again.
type ReperformOptions struct {
	Setting
	Period pipeline.Period
}

// Reperform runs a closed period again over the rows that its certificate
// covers, by the SQL that was in force, and compares every result table with
// the certificate. It writes nothing. A period that is not closed is a usage
// error; what differs is a result, not an error.
func Reperform(ctx context.Context, o ReperformOptions) (r *Reperformance, err error) {
	p, err := openExisting(ctx, o.Setting)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	closed, err := p.closures(ctx, o.Config)
	if err != nil {
		return nil, err
	}
	l, ok := closed.lock(o.Period)
	if !ok {
		return nil, pipeline.Errorf(pipeline.KindUsage, "re-perform", string(o.Period), "the month is not closed").
			WithHint("`carat status` says where each month stands")
	}
	c, err := p.readCertificate(l)
	if err != nil {
		return nil, err
	}
	return p.reperform(ctx, o.Setting, c)
}

// reperform is Reperform of a certificate that was read.
func (p *place) reperform(ctx context.Context, s Setting, c *pipeline.Certificate) (r *Reperformance, err error) {
	r = &Reperformance{Period: c.Period, Version: c.Version, RunID: c.RunID}
	m, err := p.certifiedModels(c)
	if pipeline.KindOf(err) == pipeline.KindVerification && err != nil {
		r.Problems = append(r.Problems, err.Error())
		return r, nil
	}
	if err != nil {
		return nil, err
	}
	params, err := p.certifiedParameters(ctx, c)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "carat-reperform-")
	if err != nil {
		return nil, pipeline.Errorf(pipeline.KindInternal, "make", "a folder for temporary files", "%w", cause(err))
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	files, err := p.runAgain(ctx, s, c, m, params, dir)
	if err != nil {
		return nil, err
	}
	for _, want := range c.Results {
		t, err := p.compareResult(ctx, s, c, want, files[want.Table])
		if err != nil {
			return nil, err
		}
		r.Tables = append(r.Tables, t)
	}
	return r, nil
}

// runAgain builds the models over the tables as they were, and exports their
// results to dir.
func (p *place) runAgain(ctx context.Context, s Setting, c *pipeline.Certificate, m models, params engine.Parameters, dir string) (files map[string][]string, err error) {
	at := latest
	if c.LastBatch != "" {
		at = lake.AsOf{Batch: c.LastBatch}
	}
	tables, err := p.lake.Tables(ctx, at)
	if err != nil {
		return nil, err
	}
	out, spill := filepath.Join(dir, "results"), filepath.Join(dir, "spill")
	if err := os.MkdirAll(out, 0o755); err != nil {
		return nil, pipeline.Errorf(pipeline.KindInternal, "make", out, "%w", cause(err))
	}
	eng, err := engine.Open(ctx, engine.Config{MemoryLimit: s.Config.Memory, Threads: s.Config.threadsFor(tables), TempDir: spill,
		Folders: []string{filepath.Join(p.lake.Root(), "carat.db"), out}})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, eng.Close()) }()
	if err := loadForModels(ctx, eng, tables); err != nil {
		return nil, err
	}
	closed, err := p.closures(ctx, s.Config)
	if err != nil {
		return nil, err
	}
	if err := p.loadClosing(ctx, eng, closed, c.Period); err != nil {
		return nil, err
	}
	_, err = eng.Reconcile(ctx, m.dialect, m.list, params, func(model string, done, total int) {
		s.tell(Event{Step: "re-perform " + string(c.Period), Object: model, Done: int64(done), Total: int64(total), Unit: "models"})
	})
	if err != nil {
		return nil, err
	}
	return eng.Export(ctx, out)
}

// compareResult compares one result table with what was locked: by hash, and
// row by row where the hashes differ.
func (p *place) compareResult(ctx context.Context, s Setting, c *pipeline.Certificate, want pipeline.CertifiedResult, files []string) (t ReperformedTable, err error) {
	t = ReperformedTable{Table: want.Table, Locked: want.Rows, Missing: want.Rows}
	tables, err := p.lake.RunTables(ctx, c.RunID)
	if err != nil {
		return t, err
	}
	t.FileMoved = true
	for _, have := range tables {
		if have.Table == want.Table {
			lying, err := p.lake.CertifiedFiles(have)
			t.FileMoved = err != nil || fmt.Sprint(lying) != fmt.Sprint(want.Files)
		}
	}
	sum, rows, err := lake.NumbersSHA256(files)
	if err != nil {
		return t, err
	}
	t.Rows = rows
	if sum == want.NumbersSHA256 {
		t.Same, t.SameBytes, t.Missing = true, true, 0
		return t, nil
	}
	if t.Missing, t.Added, err = p.differingRows(ctx, s, want.Table, c.RunID, files); err != nil {
		return t, err
	}
	// Another version of the encoder may write equal rows in other bytes.
	t.Same = t.Missing == 0 && t.Added == 0
	t.SameBytes = t.Same && t.Rows == 0 // of no rows the lake keeps no file
	return t, nil
}

// differingRows counts the rows of a run that lie in the lake and are not in
// the files, and the other way round.
func (p *place) differingRows(ctx context.Context, s Setting, table, run string, files []string) (missing, added int64, err error) {
	folders := []string{filepath.Join(p.lake.Root(), "carat.db")}
	for _, f := range files {
		folders = append(folders, filepath.Dir(f))
	}
	r, err := p.openReader(ctx, s.Config, latest, folders, table)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	held, err := p.lake.Table(ctx, table, latest)
	if err != nil {
		return 0, 0, err
	}
	again := held
	again.Name, again.Files = "run_again", files
	if err := r.Load(ctx, "", []pipeline.TableFiles{again}); err != nil {
		return 0, 0, err
	}
	locked := `select * from "` + table + `" where run_id = ` + quoted(run)
	rows, err := r.Query(ctx, "select (select count(*) from ("+locked+" except all select * from run_again)) as missing, "+
		"(select count(*) from (select * from run_again except all "+locked+")) as added")
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	t, err := readTable(rows)
	if err != nil {
		return 0, 0, err
	}
	return t.Rows[0][0].(int64), t.Rows[0][1].(int64), nil
}

// certifiedModels reads the SQL that a certificate names.
func (p *place) certifiedModels(c *pipeline.Certificate) (m models, err error) {
	for _, f := range c.SQL {
		text, err := p.lake.SQLText(f.SHA256)
		if err != nil {
			return m, err
		}
		if f.Path == dialectPath {
			m.dialect = string(text)
			continue
		}
		path, own := strings.CutPrefix(f.Path, ownPath)
		model, err := engine.ParseModel(path, string(text), own)
		if err != nil {
			return m, err
		}
		m.list = append(m.list, model)
	}
	return m, nil
}

// certifiedParameters reads what the models were told, with the batches that
// the certificate covers.
func (p *place) certifiedParameters(ctx context.Context, c *pipeline.Certificate) (engine.Parameters, error) {
	var told certifiedParameters
	if err := json.Unmarshal(c.Parameters, &told); err != nil {
		return told.Parameters, pipeline.Errorf(pipeline.KindVerification, "read parameters of", string(c.Period), "%w", err)
	}
	zone, err := time.LoadLocation(told.TimeZone)
	if err != nil {
		return told.Parameters, pipeline.Errorf(pipeline.KindVerification, "read parameters of", string(c.Period), "%w", err)
	}
	told.Parameters.TimeZone = zone
	if c.LastBatch != "" {
		told.Parameters.Batches, err = p.batches(ctx, lake.AsOf{Batch: c.LastBatch})
	}
	return told.Parameters, err
}
