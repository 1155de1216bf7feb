package guard

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"carat/jobs/books"
	"carat/jobs/config"
	"carat/jobs/disk"
	"carat/jobs/statements"
	"carat/jobs/written"
	"carat/pipeline"
	"carat/pipeline/certificate"
	"carat/pipeline/decision"
	"carat/pipeline/lake"
	"carat/pipeline/state"
)

// verifyCertificates checks every lock there ever was: the certificate as the
// state database knows it, and all that the certificate names; and the statements,
// which a copied lake may come without.
func verifyCertificates(ctx context.Context, p *books.Books, conf *config.Config, report *Verification) error {
	locks, err := p.State.Locks(ctx)
	if err != nil {
		return err
	}
	batches, err := p.Lake.Batches(ctx, books.Latest)
	if err != nil {
		return nil // told already
	}
	decisions, err := p.State.DecisionHistory(ctx)
	if err != nil {
		return err
	}
	known := map[string]bool{}
	erased, err := p.Lake.ForgottenFolders(ctx)
	if pipeline.KindOf(err) == pipeline.KindVerification && err != nil {
		report.differ("%v", err) // the store of people is gone
		err = nil
	}
	if err != nil {
		return err
	}
	for _, l := range locks {
		known[lake.CertificateFile(l.Period, l.Version)] = true
		report.Certificates++
		text, err := p.Lake.Certificate(l.Period, l.Version)
		if err != nil {
			report.differ("the certificate of %s version %d: %v", l.Period, l.Version, err)
			continue
		}
		if got := certificate.SHA256Text(text); got != l.CertificateSHA256 {
			report.differ("the certificate of %s version %d was changed (%s): its SHA-256 is %s, the state database has %s",
				l.Period, l.Version, lake.CertificateFile(l.Period, l.Version), got, l.CertificateSHA256)
			continue
		}
		c, err := certificate.ParseCertificate(text)
		if err != nil {
			report.differ("the certificate of %s version %d: %v", l.Period, l.Version, err)
			continue
		}
		verifyCertificate(p, l, c, batches, filepath.Join(conf.OutFolder(l.Period), statements.FolderName), erased, report)
		if c.Records == "" {
			verifyDecisions(c, decided(decisions, c.Approved.At), report)
			continue
		}
		h, err := state.ParseHead(c.Records)
		if err != nil {
			continue // told with the other heads
		}
		before, err := p.State.DecisionsUntil(ctx, h)
		if err != nil {
			return err
		}
		verifyDecisions(c, before, report)
	}
	found, err := fs.Glob(os.DirFS(p.Lake.Root()), "certificates/*/*.json")
	if err != nil {
		return err
	}
	for _, name := range found {
		if !known[name] {
			report.differ("%s: the state database knows no such lock", name)
		}
	}
	return nil
}

// verifyCertificate checks what a certificate names.
func verifyCertificate(p *books.Books, l state.Lock, c *certificate.Certificate, batches []lake.CommittedBatch, statements string, erased func(folder string) bool, report *Verification) {
	name := fmt.Sprintf("the certificate of %s version %d", l.Period, l.Version)
	if c.RunID != l.RunID || c.Approved.User != l.ApprovedBy || c.Prepared.User != l.PreparedBy {
		report.differ("%s: the state database names another run, preparer or approver", name)
	}
	if c.Records != "" {
		report.Heads = append(report.Heads, lake.KeptHead{Where: name, Head: c.Records})
	}
	if c.LastBatch != "" {
		chain := "none"
		for _, b := range batches {
			if b.ID == c.LastBatch {
				chain = b.Chain
			}
		}
		if chain != c.Chain {
			report.differ("%s: batch %s had the chain value %s, the history has %s", name, c.LastBatch, c.Chain, chain)
		}
	}
	for _, r := range c.Results {
		verifyResult(p, name, r, report)
	}
	for _, f := range c.SQL {
		if _, err := p.Lake.SQLText(f.SHA256); err != nil {
			report.differ("%s: the text of %s: %v", name, f.Path, err)
		}
	}
	list, err := p.Lake.CertifiedStatements(l.Period, l.Version)
	switch {
	case err != nil:
		report.differ("%s: its list of statements: %v", name, err)
	case certificate.SHA256Text(list) != c.Statements.SHA256:
		report.differ("%s: its list of statements was changed (%s)", name, strings.TrimSuffix(lake.CertificateFile(l.Period, l.Version), ".json")+".statements.sha256")
	case !l.InForce() || !p.IsFinal(l, statements+books.FinalEnding): // which the next command puts in place, after a crash
		verifyStatements(l, written.Of(l, statements), list, c.Statements.OnDemand, erased, report)
	}
}

// verifyWritten compares what was written beside the statements with its hashes.
func verifyWritten(ctx context.Context, p *books.Books, conf *config.Config, report *Verification) error {
	differences, notes, err := written.Verify(ctx, p, conf)
	report.Differences, report.Notes = append(report.Differences, differences...), append(report.Notes, notes...)
	return err
}

// verifyResult checks the files of a certified result, and that their rows come to the hash
// of numbers that was signed, in its form.
func verifyResult(p *books.Books, name string, r certificate.CertifiedResult, report *Verification) {
	var paths []string
	for _, f := range r.Files {
		path := filepath.Join(p.Lake.Root(), filepath.FromSlash(f.Path))
		if got, _, err := disk.SHA256(path); err != nil || got != f.SHA256 {
			report.differ("%s: %s of %s was changed or taken away", name, f.Path, r.Table)
			return
		}
		paths = append(paths, path)
	}
	if sum, rows, err := lake.NumbersSHA256(r.Form(), paths); err != nil || sum != r.NumbersSHA256 || rows != r.Rows {
		report.differ("%s: the %d rows of %s have the hash of numbers %s, it says %d and %s (form %d)", name, rows, r.Table, sum, r.Rows, r.NumbersSHA256, r.Form())
	}
}

// decided gives the decisions that were made until a time: an older certificate
// doesn't say up to which record.
func decided(history []decision.Decision, until time.Time) []decision.Decision {
	return slices.DeleteFunc(slices.Clone(history), func(d decision.Decision) bool { return d.At.After(until) })
}

// verifyDecisions wants the decisions that were in force when a period was
// locked to be on record as its certificate has them. history is of those made
// before that.
func verifyDecisions(c *certificate.Certificate, history []decision.Decision, report *Verification) {
	recorded := map[string]decision.Decision{}
	for _, d := range history {
		recorded[d.ExceptionID] = d // the latest one is in force
	}
	for _, want := range c.Decisions {
		have, ok := recorded[want.ExceptionID]
		same := have.At.Equal(want.At)
		have.At = want.At
		switch {
		case !ok:
			report.differ("the certificate of %s version %d: the decision about exception %s is not on record any more", c.Period, c.Version, want.ExceptionID)
		case !same || have != want:
			report.differ("the certificate of %s version %d: the decision about exception %s is not the one that was in force when the month was closed", c.Period, c.Version, want.ExceptionID)
		}
	}
}

// verifyStatements compares the statement files of a folder with a list of
// hashes as sha256sum prints it: none differs, is missing or was put beside them.
func verifyStatements(l state.Lock, folder string, list []byte, onDemand bool, erased func(folder string) bool, report *Verification) {
	want := map[string]string{}
	for line := range strings.Lines(string(list)) {
		if sum, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  "); ok {
			want[name] = sum
		}
	}
	of := string(l.Period)
	if !l.InForce() {
		of = fmt.Sprintf("%s version %d", of, l.Version)
	}
	found, err := written.VerifyList(folder, want, onDemand, func(name string) bool { return isOf(name, erased) })
	if err != nil {
		report.differ("the statements of %s can't be read: %v", of, disk.Cause(err))
	}
	for _, d := range found {
		if d.Kind == written.Added {
			report.differ("the file %s lies among the final statements of %s, and carat didn't write it", d.Name, of)
			continue
		}
		report.differ("the statement %s of %s was changed or taken away since the month was closed", d.Name, of)
	}
}

// isOf says whether a file of statements, SHARD/FOLDER/NAME, is that of an erased
// person, which is removed and not written again.
func isOf(name string, erased func(folder string) bool) bool {
	parts := strings.Split(name, "/")
	return len(parts) == 3 && erased(parts[1])
}
