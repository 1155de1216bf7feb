package closepackage

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	"carat/jobs/books"
	"carat/pipeline"
	"carat/pipeline/decision"
	"carat/pipeline/state"
	"carat/reports/closepackage"
	"carat/reports/table"
)

// signatures is who decided and signed what of a period, as the state records it.
type signatures struct {
	decisions map[string]decision.Decision // the last on each exception, by its id
	rows      [][]any                      // the sign-offs, oldest first
}

// SignaturesOf reads them.
func SignaturesOf(ctx context.Context, p *books.Books, s books.Setting, period pipeline.Period) (signatures, error) {
	decisions, err := p.State.Decisions(ctx)
	if err != nil {
		return signatures{}, err
	}
	closed, err := p.Closures(ctx, s.Config)
	if err != nil {
		return signatures{}, err
	}
	signed := signatures{decisions: decisions}
	for version := int64(1); version <= closed.Version(period); version++ {
		offs, err := p.State.SignOffs(ctx, period, version)
		if err != nil {
			return signatures{}, err
		}
		for _, o := range offs {
			signed.rows = append(signed.rows, []any{version, "prepared", o.PreparedBy, o.PreparedAt, o.RunID, "", ""})
			if !o.Stands() {
				signed.rows = append(signed.rows, []any{version, "fell away", "", o.VoidAt, o.RunID, "", o.VoidReason})
			}
		}
		for _, l := range closed.Locks {
			if l.Period == period && l.Version == version {
				signed.rows = append(signed.rows, lockRows(l)...)
			}
		}
	}
	return signed, nil
}

func lockRows(l state.Lock) [][]any {
	rows := [][]any{{l.Version, "approved and closed", l.ApprovedBy, l.LockedAt, l.RunID, l.CertificateSHA256, ""}}
	if !l.InForce() {
		rows = append(rows, []any{l.Version, "opened again", l.ReopenedBy, l.ReopenedAt, l.RunID, "", l.ReopenReason})
	}
	return rows
}

// Hash sums up what is decided and signed: a package that was written before a decision says something else than one after it.
func (s *signatures) Hash() string {
	sum := sha256.New()
	for _, id := range slices.Sorted(maps.Keys(s.decisions)) {
		fmt.Fprintf(sum, "%q\n", fmt.Sprint(s.decisions[id]))
	}
	for _, row := range s.rows {
		fmt.Fprintf(sum, "%q\n", fmt.Sprint(row...))
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// signatureSections are the decisions on the run's exceptions and the sign-offs of the period.
func (b *packageBuilder) signatureSections() ([]closepackage.Section, error) {
	signed, err := SignaturesOf(b.ctx, b.books, b.options.Setting, b.run.Period)
	if err != nil {
		return nil, err
	}
	var decided [][]any
	if t, ok := b.tables[books.TableExceptions]; ok && t.Snapshot != 0 && len(signed.decisions) > 0 {
		err := b.each("select exception_id, control, severity, subject_kind, subject_id from exceptions where run_id = "+pipeline.SQLText(b.run.ID)+
			" order by control, exception_id", 5, func(row []any) error {
			d, ok := signed.decisions[fmt.Sprint(row[0])]
			if ok {
				decided = append(decided, []any{row[0], row[1], row[2], row[3], row[4], d.Status, d.Until, d.By, d.At, d.Owner, d.Note})
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return []closepackage.Section{
		{ID: "signoffs", Title: "Sign-offs", Note: "one step of closing the month: who took it, when, over which run; a certificate's hash is that of the file kept beside the lake",
			Rows: textRows(signed.rows),
			Columns: []table.Column{{Name: "version", Kind: table.Number}, {Name: "step"}, {Name: "who"}, {Name: "at", Kind: table.Time}, {Name: "run_id"},
				{Name: "certificate_sha256"}, {Name: "reason"}}},
		{ID: "decisions", Title: "Decisions", Note: "one exception of this run on which somebody decided: what, until when, who and why", OnPage: 200, Rows: textRows(decided),
			Columns: []table.Column{{Name: "exception_id"}, {Name: "control"}, {Name: "severity"}, {Name: "subject_kind"}, {Name: "subject_id"}, {Name: "decision"},
				{Name: "until"}, {Name: "decided_by"}, {Name: "decided_at", Kind: table.Time}, {Name: "owner"}, {Name: "note"}}},
	}, nil
}
