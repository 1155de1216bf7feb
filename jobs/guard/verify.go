package guard

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"carat/jobs/books"
	"carat/jobs/config"
	"carat/jobs/disk"
	"carat/jobs/gone"
	"carat/jobs/guard/elsewhere"
	"carat/jobs/stamp"
	"carat/pipeline"
	"carat/pipeline/identity"
	"carat/pipeline/lake"
	"carat/pipeline/state"
)

// VerifyOptions say what to verify besides the history itself.
type VerifyOptions struct {
	books.Setting
	Head  *books.Head // what a third party kept; nil: nothing
	right books.Right // that whoever verifies needs; "": RightVerify
}

// Verification is what Verify went through.
type Verification struct {
	lake.Verification
	Sources      int                // kept source files that were read again
	SourceRows   int64              // rows in them
	Certificates int                // of closed periods
	Stamps       int                // time stamps of an authority
	Records      *state.Records     // of the state: readings, jobs, sign-offs, decisions, roles, runs
	Signed       int64              // records that people signed
	Registry     *identity.Registry // that they come to
	Erased       []string           // batches whose file named a person who was erased
	Head         books.Head         // of the history as it is
}

// RecordCount gives how many records the state's chain has.
func (v *Verification) RecordCount() int64 {
	if v.Records == nil {
		return 0
	}
	return v.Records.Head.No
}

func (v *Verification) differ(format string, args ...any) {
	v.Differences = append(v.Differences, fmt.Sprintf(format, args...))
}

// Verify walks the whole history, offline: the hash chain and every file, each
// kept source file read again, the runs, the certificates of closed periods and,
// if given, a head that somebody else kept. A history that differs from what it
// says is a verification error with the first difference; the result has all. What may
// not be read says nothing: that is an error of usage.
func Verify(ctx context.Context, o VerifyOptions) (result *Verification, err error) {
	if first, n := disk.Unreadable(o.Config.Lake); n > 0 {
		return nil, pipeline.Errorf(pipeline.KindUsage, "verify lake", o.Config.Lake, "this account may not read %s (%d in all), so that nothing can be said of it; nothing was verified", first, n).
			WithHint("run it as the account that owns the lake, or have the owner give it the right to read")
	}
	p, err := open(ctx, o)
	if err != nil && o.Config.Bucket != "" && pipeline.KindOf(err) != pipeline.KindVerification {
		return nil, err // the bucket says what is wrong
	}
	if err != nil && pipeline.KindOf(err) != pipeline.KindNotFound {
		changed := lake.ChangedFiles(ctx, lake.Config{Root: o.Config.Lake, CatalogDSN: o.Config.Catalog.Reveal()})
		if len(changed) > 0 {
			return nil, pipeline.Errorf(pipeline.KindVerification, "verify lake", o.Config.Lake, "%s; so it can't be opened: %w", strings.Join(changed, "; "), err)
		}
	}
	if err != nil && pipeline.KindOf(err) == pipeline.KindInternal {
		return nil, pipeline.Errorf(pipeline.KindVerification, "verify lake", o.Config.Lake, "it can't be opened, so something that it begins with was changed: %w", err).
			WithHint("restore what differs from a backup, or find out who changed it")
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	result = &Verification{}
	if result.Verification, err = p.Lake.Verify(ctx); err != nil && pipeline.KindOf(err) != pipeline.KindVerification {
		return result, err
	}
	var unread error
	for _, check := range []func() error{
		func() error { return verifySources(ctx, p, o.Setting, result) },
		func() error { return verifyErased(ctx, p, o.Config, result) },
		func() error { return elsewhere.People(ctx, p, result.differ) },
		func() error { return verifyRuns(ctx, p, result) },
		func() error {
			return verifyCertificates(ctx, p, o.Config, result)
		},
		func() error { return verifyWritten(ctx, p, o.Config, result) },
		func() error { return verifySigned(ctx, p, result) },
		func() error { return verifyHead(ctx, p, o.Head, result) },
		func() error { return verifyStamps(ctx, p, o.Config, result) },
		func() error { return verifyRecords(ctx, p, o.Head, result) },
	} {
		err := check()
		if err != nil && (pipeline.KindOf(err) != pipeline.KindInternal || ctx.Err() != nil) {
			return result, err
		}
		unread = errors.Join(unread, err)
	}
	if unread != nil && len(result.Differences) == 0 {
		return result, unread
	}
	if unread != nil { // because something was changed, which is told
		result.differ("what can't be read any more: %v", unread)
	}
	if n := len(result.Differences); n > 0 {
		return result, pipeline.Errorf(pipeline.KindVerification, "verify lake", cmp.Or(o.Config.Bucket, p.Lake.Root()), "%s (%d in all)", result.Differences[0], n).
			WithHint("restore what differs from a backup, or find out who changed it")
	}
	return result, nil
}

// VerifyFor is Verify for who needs another right than RightVerify.
func VerifyFor(ctx context.Context, o VerifyOptions, right books.Right) (*Verification, error) {
	o.right = right
	return Verify(ctx, o)
}

// open opens the lake for who may verify it. Roles that somebody else changed keep
// nobody from it: they are among what is named.
func open(ctx context.Context, o VerifyOptions) (*books.Books, error) {
	if err := books.WantLake(o.Setting); err != nil {
		return nil, err
	}
	o.Fresh = o.Config.Bucket != "" // the bucket's bytes, and none of the cache
	p, err := books.Open(ctx, o.Setting)
	if err != nil {
		return nil, err
	}
	if err := p.May(ctx, o.Setting, cmp.Or(o.right, books.RightVerify)); err != nil && pipeline.KindOf(err) != pipeline.KindVerification {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// verifyHead tells the head, and compares it with one that was kept.
func verifyHead(ctx context.Context, p *books.Books, kept *books.Head, report *Verification) error {
	batches, err := p.Lake.Batches(ctx, books.Latest)
	if err != nil {
		return nil // told already
	}
	report.Head = books.Head{Lake: p.Lake.ID(), Batches: len(batches)}
	if n := len(batches); n > 0 {
		report.Head.Batch, report.Head.Chain = batches[n-1].ID, batches[n-1].Chain
	}
	if kept != nil {
		compareHead(*kept, "the head that was kept", p.Lake.ID(), batches, report)
	}
	return nil
}

// compareHead compares the history with an end of its chain that somebody has.
func compareHead(kept books.Head, where, id string, batches []lake.CommittedBatch, report *Verification) {
	if kept.Lake != id {
		report.differ("%s is of another lake, %s; this one is %s", where, kept.Lake, id)
		return
	}
	if kept.Batch == "" {
		return
	}
	at := slices.IndexFunc(batches, func(b lake.CommittedBatch) bool { return b.ID == kept.Batch })
	switch {
	case at < 0:
		report.differ("batch %s is missing, and all after it: %s names it as number %d, the history ends with %s", kept.Batch, where, kept.Batches, report.Head.Batch)
	case batches[at].Chain != kept.Chain:
		report.differ("batch %s or one before it was replaced: %s has the chain value %s, the history %s", kept.Batch, where, kept.Chain, batches[at].Chain)
	case at+1 != kept.Batches:
		report.differ("batch %s is number %d of the history, %s says %d", kept.Batch, at+1, where, kept.Batches)
	}
}

// verifyStamps checks the time stamps, and the history by the ends of its chain that an
// authority stamped: a history that was written anew is not theirs.
func verifyStamps(ctx context.Context, p *books.Books, c *config.Config, report *Verification) error {
	checked, err := stamp.Verify(ctx, p, c)
	if err != nil {
		return err
	}
	report.Stamps = checked.Stamps
	report.Differences = append(report.Differences, checked.Differences...)
	report.Notes = append(report.Notes, checked.Notes...)
	batches, err := p.Lake.Batches(ctx, books.Latest)
	if err != nil {
		return nil // told already
	}
	for _, h := range checked.Heads {
		compareHead(h.Head, h.Where, p.Lake.ID(), batches, report)
		if h.Lake == p.Lake.ID() && h.Records != "" {
			report.Heads = append(report.Heads, lake.KeptHead{Where: h.Where, Head: h.Records})
		}
	}
	return nil
}

// verifyRecords walks the chain of the state's records, up to the heads that the
// history, the certificates and a third party keep of it.
func verifyRecords(ctx context.Context, p *books.Books, kept *books.Head, report *Verification) (err error) {
	var heads []state.Kept
	for _, h := range report.Heads {
		heads = append(heads, state.Kept{Where: h.Where, Head: h.Head})
	}
	if kept != nil && kept.Lake == p.Lake.ID() {
		heads = append(heads, state.Kept{Where: "the head that was kept", Head: kept.Records})
	}
	if report.Records, err = p.State.VerifyRecords(ctx, heads); err != nil {
		if ctx.Err() == nil {
			report.differ("the records of the state can't be read: %v", err)
		}
		return ctx.Err()
	}
	report.Differences = append(report.Differences, report.Records.Differences...)
	report.Head.Records = report.Records.Head.String()
	return nil
}

// verifyRuns looks for the inputs and the results of every run that the state
// knows: a table that was set back lacks them.
func verifyRuns(ctx context.Context, p *books.Books, report *Verification) error {
	published, err := p.Lake.RunIDs(ctx, books.Latest)
	if err != nil {
		return nil // told already
	}
	runs, err := p.State.Runs(ctx, len(published)+books.RunsUnpublished)
	if err != nil {
		return err
	}
	there := map[string]int64{} // the snapshot of each table that was read last and is whole: most runs read what the one before did
	for _, r := range runs {
		if !slices.Contains(published, r.ID) {
			report.differ("run %s of %s: its results are not in the history any more", r.ID, r.Period)
		}
		read := maps.Clone(r.Inputs)
		maps.DeleteFunc(read, func(table string, snapshot int64) bool { return there[table] == snapshot })
		if _, err := p.Lake.TablesOf(ctx, read); err != nil {
			report.differ("run %s of %s: %v", r.ID, r.Period, err)
		} else {
			maps.Copy(there, read)
		}
	}
	for _, id := range published {
		if !slices.ContainsFunc(runs, func(r state.Run) bool { return r.ID == id }) {
			report.differ("run %s: the history has its results, the state database knows no such run", id)
		}
	}
	return nil
}

// verifyErased wants a record of each file of people that is gone.
func verifyErased(ctx context.Context, p *books.Books, conf *config.Config, report *Verification) error {
	if len(report.Erased) == 0 {
		return nil
	}
	batches, err := p.Lake.Batches(ctx, books.Latest)
	if err != nil {
		return nil // told already
	}
	missing := slices.DeleteFunc(slices.Clone(batches), func(b lake.CommittedBatch) bool { return !slices.Contains(report.Erased, b.ID) })
	unexcused, err := gone.Unexcused(ctx, p, conf, verbErase, missing)
	for _, b := range unexcused {
		report.differ("batch %s: its source file %s is not under people/raw any more, and no erasure is recorded that removed it", b.ID, b.Source)
	}
	return err
}
