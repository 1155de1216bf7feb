package closepackage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"carat/jobs/books"
	"carat/jobs/disk"
	"carat/jobs/reconcile"
	"carat/pipeline"
	"carat/pipeline/certificate"
	"carat/pipeline/engine"
	"carat/pipeline/lake"
	"carat/pipeline/state"
	"carat/reports/auditfile"
)

// AuditFileOptions say of which period the evidence is gathered.
type AuditFileOptions struct {
	books.Setting
	SQL    fs.FS // the models
	Period pipeline.Period
	Zip    bool   // one file instead of a folder
	Out    string // where; "": out/PERIOD/evidence, which is replaced, or .zip
}

// AuditFileResult says what was written.
type AuditFileResult struct {
	Path  string
	RunID string
	Says  string // the period's status in words
	Files int    // the manifest included
	Rows  int64  // in its tables
}

// auditManifest lists every other file of the folder with its SHA-256, as sha256sum prints and checks it.
const auditManifest = "MANIFEST.sha256"

// AuditFile gathers the evidence of a reconciled or closed period for an
// auditor's file: inputs, SQL, parameters, results, who did what, exceptions and
// decisions, and how to do it all again. The same state of the lake gives the
// same bytes; of a closed period, whatever came after it. It holds ids, no
// person's name or address. The access is recorded.
//
// A period that was not reconciled is a not-found error. An open one whose run
// was not made by the SQL and the configuration at hand is a usage error: the
// evidence would show rules that the run doesn't rest on. So is a place of the
// caller's own at which something lies already. After an error nothing is left.
func AuditFile(ctx context.Context, o AuditFileOptions) (result *AuditFileResult, err error) {
	p, err := books.OpenExisting(ctx, o.Setting, books.RightEvidence)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	if err := p.Lake.CheckOwn(ctx); err != nil {
		return nil, err
	}
	text := "--period " + string(o.Period)
	if o.Out != "" {
		text += " --out " + o.Out // where it lies is asked when somebody is erased
	}
	_, err = p.Recorded(ctx, o.Setting, "evidence", text, func() (int64, error) {
		result, err = auditFile(ctx, p, o)
		if err != nil {
			return 0, err
		}
		return result.Rows, nil
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

func auditFile(ctx context.Context, p *books.Books, o AuditFileOptions) (result *AuditFileResult, err error) {
	out, err := o.place()
	if err != nil {
		return nil, err
	}
	b, err := newAuditBuilder(ctx, p, o)
	if err != nil {
		return nil, err
	}
	if b.pack.eng, err = p.OpenEmpty(ctx, o.Config); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.pack.eng.Close()) }()
	if err := b.pack.eng.Load(ctx, "", b.tableList); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o700); err != nil {
		return nil, auditError(out, err)
	}
	work, err := os.MkdirTemp(filepath.Dir(out), ".evidence-*")
	if err != nil {
		return nil, auditError(out, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	b.folder = filepath.Join(work, "evidence-"+string(o.Period))
	if err := b.write(); err != nil {
		return nil, err
	}
	made := b.folder
	if o.Zip {
		made = b.folder + ".zip"
		if err := disk.Write(made, 0o600, func(w io.Writer) error { return zipFolder(w, b.folder, b.names) }); err != nil {
			return nil, auditError(out, err)
		}
	}
	if err := putInPlace(made, out, work); err != nil {
		return nil, auditError(out, err)
	}
	o.Tell(books.Event{Step: "evidence", Object: string(o.Period), Done: int64(len(b.names)), Unit: "files", Finished: true})
	return &AuditFileResult{Path: out, RunID: b.run.ID, Says: b.standing.Words(), Files: len(b.names), Rows: b.rows}, nil
}

// place says where the evidence goes. What lies at a place of the caller's own is not replaced.
func (o AuditFileOptions) place() (string, error) {
	if o.Out == "" {
		name := "evidence"
		if o.Zip {
			name += "-" + string(o.Period) + ".zip"
		}
		return filepath.Join(o.Config.OutFolder(o.Period), name), nil
	}
	if _, err := os.Lstat(o.Out); err == nil {
		return "", pipeline.Errorf(pipeline.KindUsage, "write evidence", o.Out, "something is there already").WithHint("name another place with --out")
	}
	return o.Out, nil
}

// putInPlace renames what was made to its place; what was there goes into the
// work folder, which is removed after.
func putInPlace(made, out, work string) error {
	old := filepath.Join(work, "before")
	if err := disk.IgnoreMissing(os.Rename(out, old)); err != nil {
		return err
	}
	if err := os.Rename(made, out); err != nil {
		return errors.Join(err, disk.IgnoreMissing(os.Rename(old, out)))
	}
	return nil
}

func auditError(object string, err error) error {
	e := pipeline.Errorf(pipeline.KindInternal, "write evidence", object, "%w", disk.Cause(err))
	if errors.Is(err, fs.ErrPermission) {
		e.Kind = pipeline.KindUsage
		return e.WithHint("carat needs to write to that folder: check its owner and permissions")
	}
	return e
}

// auditBuilder gathers the evidence of one run.
type auditBuilder struct {
	ctx         context.Context
	books       *books.Books
	options     AuditFileOptions
	run         state.Run
	lock        state.Lock // zero while the period is open
	standing    books.Standing
	prepared    state.SignOff            // of an open month, if it stands
	certificate *certificate.Certificate // nil while the period is open
	batches     []lake.CommittedBatch    // that the run read
	models      reconcile.Models
	params      engine.Parameters
	tableList   []pipeline.TableFiles
	results     []certificate.CertifiedResult
	pack        *packageBuilder // reads the tables as the close package does
	folder      string
	names       []string // of the files written, with slashes
	sums        map[string]string
	rows        int64
}

// newAuditBuilder finds the run of the period and what it rests on.
func newAuditBuilder(ctx context.Context, p *books.Books, o AuditFileOptions) (*auditBuilder, error) {
	b := &auditBuilder{ctx: ctx, books: p, options: o, sums: map[string]string{}}
	closed, err := p.Closures(ctx, o.Config)
	if err != nil {
		return nil, err
	}
	var isClosed bool
	if b.lock, isClosed = closed.Lock(o.Period); isClosed {
		err = b.fromCertificate()
	} else {
		err = b.fromRun(closed)
	}
	if err != nil {
		return nil, err
	}
	if o, stands, _, failed := p.SignOff(ctx, b.run.Period, closed.Version(b.run.Period)); failed == nil && stands {
		b.prepared = o
	}
	if b.standing, err = p.Standing(ctx, o.Setting, closed, b.run); err != nil {
		return nil, err
	}
	if b.tableList, err = p.Lake.TablesOf(ctx, b.run.Inputs); err != nil {
		return nil, err
	}
	b.params.Batches, b.tableList = reconcile.ReadOf(b.certificate, b.run.Period, b.params.Batches, b.tableList)
	if b.results, err = p.CertifiedResults(ctx, b.run.ID); err != nil {
		return nil, err
	}
	b.pack = &packageBuilder{ctx: ctx, books: p, run: b.run, tables: map[string]pipeline.TableFiles{},
		options: Options{Setting: o.Setting, SQL: o.SQL, Period: o.Period}}
	for _, t := range b.tableList {
		b.pack.tables[t.Name] = t
	}
	return b, nil
}

// fromCertificate takes what a closed period rests on from its certificate.
func (b *auditBuilder) fromCertificate() (err error) {
	if b.certificate, err = b.books.ReadCertificate(b.lock); err != nil {
		return err
	}
	c := b.certificate
	run, found, err := b.books.State.Run(b.ctx, c.RunID)
	if err != nil {
		return err
	}
	if !found {
		return pipeline.Errorf(pipeline.KindVerification, "read run", c.RunID, "the certificate of %s names it, and the state database has none of that id", c.Period).
			WithHint("`carat verify` says what was changed")
	}
	b.run = run
	if b.models, err = reconcile.ModelsOf(b.books, c); err != nil {
		return err
	}
	if b.params, err = reconcile.ParametersOf(b.ctx, b.books, c); err != nil {
		return err
	}
	b.batches, err = b.books.Lake.Batches(b.ctx, lake.AsOf{Batch: c.LastBatch})
	return err
}

// fromRun takes what an open period rests on from its current run, which must
// have been made by the SQL and the configuration at hand.
func (b *auditBuilder) fromRun(closed books.Closures) (err error) {
	p, o := b.books, reconcile.Options{Setting: b.options.Setting, SQL: b.options.SQL, Period: b.options.Period}
	if b.run, err = p.CurrentRun(b.ctx, o.Period); err != nil {
		return err
	}
	if b.models, err = o.Models(); err != nil {
		return err
	}
	if b.batches, err = p.Lake.BatchesOf(b.ctx, b.run.Inputs); err != nil {
		return err
	}
	var plain []pipeline.Batch
	for _, one := range b.batches {
		plain = append(plain, one.Batch)
	}
	prior, err := reconcile.CheckClosed(b.ctx, p, o.Setting, closed, o.Period, false)
	if err != nil {
		return err
	}
	locks, err := reconcile.LocksBefore(p, closed, o.Period)
	if err != nil {
		return err
	}
	told, err := p.Decided(b.ctx, closed, o.Period)
	if err != nil {
		return err
	}
	opening, err := reconcile.OpeningOf(b.ctx, p, closed, o.Period)
	if err != nil {
		return err
	}
	plain, _ = reconcile.ReadBy(o.Period, plain, nil)
	id, err := reconcile.RunID(o.Config, o.Period, closed.First, closed.Version(o.Period), plain, b.models.Files(), prior, locks, opening, told)
	if err != nil {
		return err
	}
	if id != b.run.ID && reconcile.CarriedID(id) != b.run.ID {
		return pipeline.Errorf(pipeline.KindUsage, "gather evidence of", string(o.Period),
			"run %s was made by other SQL or another configuration than there is now, so its rules can't be shown", b.run.ID).
			WithHint("reconcile it again: `carat run --period %s`", o.Period)
	}
	b.params = o.Parameters(b.run.ID, closed, plain, prior, locks, told)
	return nil
}

// said is a sentence with the state of the period.
func (b *auditBuilder) said() string {
	if b.certificate == nil {
		return fmt.Sprintf("%s is %s (run %s): %s. It is open: nobody has approved it.", b.run.Period, b.standing.Words(), b.run.ID, b.standing.Counts())
	}
	c := b.certificate
	return fmt.Sprintf("%s is %s (run %s): %s. %s prepared it on %s, %s approved it on %s.", c.Period, b.standing.Words(), c.RunID, b.standing.Counts(),
		c.Prepared.User, c.Prepared.At.UTC().Format("2006-01-02"), c.Approved.User, c.Approved.At.UTC().Format("2006-01-02"))
}

// readme says what the files are, in an auditor's words.
func (b *auditBuilder) readme() auditfile.Readme {
	r := auditfile.Readme{Period: string(b.run.Period), State: b.said(), Waivers: b.standing.WaiverLines(), Closed: b.certificate != nil, Zone: b.params.TimeZone.String(),
		Batches: len(b.batches), Files: b.sums}
	if n := len(b.batches); n > 0 {
		r.LastBatch, r.Chain = b.batches[n-1].ID, b.batches[n-1].Chain
	}
	for _, a := range b.standing.SharedAccounts(b.prepared) {
		r.Shared = append(r.Shared, a.Says())
	}
	for _, one := range b.batches {
		r.RowsRead, r.RowsAccepted = r.RowsRead+one.RowsRead, r.RowsAccepted+one.RowsAccepted
		r.RowsRejected, r.RowsDuplicate = r.RowsRejected+one.RowsRejected, r.RowsDuplicate+one.RowsDuplicate
		r.RowsLeftOut += one.RowsLeftOut
	}
	return r
}
