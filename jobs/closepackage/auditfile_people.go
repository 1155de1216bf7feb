package closepackage

import (
	"slices"
	"strings"
	"time"

	"carat/jobs/books"
	"carat/jobs/stamp"
	"carat/pipeline/state"
)

// jobs gives the jobs that made the period what it is, oldest first: those that
// ingested its files and those that worked on it.
func (b *auditBuilder) jobs() ([]state.Job, error) {
	all, err := b.books.State.Jobs(b.ctx, books.RunsListedMax)
	if err == nil {
		err = b.books.TellEnds(b.ctx, b.options.Setting, all)
	}
	if err != nil {
		return nil, err
	}
	slices.Reverse(all)
	read := map[string]bool{}
	for _, one := range b.batches {
		read[one.ID] = true
	}
	return slices.DeleteFunc(all, func(j state.Job) bool {
		ingested := slices.ContainsFunc(j.Inputs, func(in string) bool {
			id, _, ok := strings.Cut(in, " ")
			return ok && read[id]
		})
		return b.later(j.StartedAt) || !ingested && (j.Period != b.run.Period || slices.Contains(jobsOfRendering, j.Job))
	}), nil
}

// jobsOfRendering write files for people and change nothing of a period; one of
// them may be what gathers the evidence.
var jobsOfRendering = []string{"evidence", "statements", "package", "send"}

// writeJobs lists who did what, and when. Why a job failed is left out: the
// text may quote a file.
func (b *auditBuilder) writeJobs() error {
	jobs, err := b.jobs()
	if err != nil {
		return err
	}
	var rows [][]any
	for _, j := range jobs {
		var ended any
		if !j.EndedAt.IsZero() {
			ended = j.EndedAt
		}
		var took []string
		for _, in := range j.Inputs {
			if id, _, ok := strings.Cut(in, " "); ok {
				took = append(took, id)
			}
		}
		rows = append(rows, []any{j.No, j.Job, books.TextOrNil(string(j.Period)), j.User, j.OSUser, j.StartedAt, ended, j.Result, books.TextOrNil(j.RunID),
			books.TextOrNil(strings.Join(took, " ")), books.TextOrNil(strings.Join(j.Arguments, " ")), j.Build})
	}
	return b.table("jobs.csv", columnsOf("job_no:n job period user os_user started_at:t ended_at:t result run_id batches arguments carat"), textRows(rows))
}

// writeRefused lists who asked for what they may not have, since the month began and
// until it was closed. What was asked is left out, and of a query also why not: either
// may name a person.
func (b *auditBuilder) writeRefused() error {
	until := b.options.Now
	if b.certificate != nil {
		until = b.lock.LockedAt
	}
	list, err := b.books.State.RefusedBetween(b.ctx, b.run.Period.Start(b.params.TimeZone), until)
	if err != nil {
		return err
	}
	var rows [][]any
	for _, a := range list {
		why := strings.TrimPrefix(a.Outcome, state.AccessRefused)
		if a.Verb == "query" {
			why = "it would read or write what it may not, or this person has no right to it"
		}
		rows = append(rows, []any{a.At, a.Who, a.Verb, why})
	}
	return b.table("refused.csv", columnsOf("refused_at:t who verb why"), textRows(rows))
}

// writeSignatures lists who prepared, approved and opened the period again, in
// every version.
func (b *auditBuilder) writeSignatures() error {
	locks, err := b.books.State.Locks(b.ctx)
	if err != nil {
		return err
	}
	version := int64(1)
	var rows [][]any
	add := func(version int64, what, who, account string, at time.Time, run, note string) {
		if !at.IsZero() && !b.later(at) {
			rows = append(rows, []any{version, what, books.TextOrNil(who), books.TextOrNil(account), at, run, books.TextOrNil(note)})
		}
	}
	signed := func(version int64) error {
		list, err := b.books.State.SignOffs(b.ctx, b.run.Period, version)
		for _, o := range list {
			add(version, "prepared", o.PreparedBy, o.OSUser, o.PreparedAt, o.RunID, "")
			add(version, "sign-off fell away", "", "", o.VoidAt, o.RunID, o.VoidReason)
		}
		return err
	}
	for _, l := range locks {
		if l.Period != b.run.Period {
			continue
		}
		if err := signed(l.Version); err != nil {
			return err
		}
		add(l.Version, "approved", l.ApprovedBy, l.ApprovedOS, l.LockedAt, l.RunID, "certificate "+l.CertificateSHA256)
		if !l.InForce() {
			add(l.Version, "opened again", l.ReopenedBy, l.ReopenedOS, l.ReopenedAt, l.RunID, l.ReopenReason)
		}
		version = l.Version + 1
	}
	if b.certificate == nil {
		if err := signed(version); err != nil {
			return err
		}
	}
	return b.table("signatures.csv", columnsOf("version:n what who os_user at:t run_id note"), textRows(rows))
}

// writeCertificate copies the certificate of a closed period, and the list of
// its statements, as they lie in the lake.
func (b *auditBuilder) writeCertificate() error {
	if b.certificate == nil {
		return nil
	}
	text, err := b.books.Lake.Certificate(b.lock.Period, b.lock.Version)
	if err != nil {
		return err
	}
	if err := b.text("certificate.json", text); err != nil {
		return err
	}
	list, err := b.books.Lake.CertifiedStatements(b.lock.Period, b.lock.Version)
	if err != nil {
		return err
	}
	if err := b.text("statements.sha256", list); err != nil {
		return err
	}
	answer, err := stamp.CertificateStamp(b.books, b.lock.Period, b.lock.Version)
	if err != nil || answer == nil {
		return err
	}
	return b.text("certificate.tsr", answer)
}

// writeHead writes the end of the hash chain that the run rests on, for
// `carat verify --head`.
func (b *auditBuilder) writeHead() error {
	all, err := b.books.Lake.Batches(b.ctx, books.Latest)
	if err != nil {
		return err
	}
	h := books.Head{Lake: b.books.Lake.ID()}
	if n := len(b.batches); n > 0 {
		last := b.batches[n-1]
		h.Batch, h.Chain = last.ID, last.Chain
		for i, one := range all {
			if one.ID == last.ID {
				h.Batches = i + 1
			}
		}
	}
	return b.text("head.json", h.Encode())
}
