package history

import (
	"context"
	"errors"
	"slices"

	"carat/jobs/books"
	"carat/pipeline"
	"carat/pipeline/identity"
	"carat/pipeline/state"
	"carat/pipeline/state/signed"
	"carat/reports/table"
)

// Options say which part of the history is wanted.
type Options struct {
	books.Setting
	Record int64 // of Look
	Offset int64
	Limit  int64 // at most Most
}

// Most is how many rows are given at a time.
const Most = 500

func (o Options) limit() int64 { return min(max(o.Limit, 1), Most) }

// Signed are records, newest first, and the months' locks.
type Signed struct {
	Records *table.Table
	Total   int64
	Locks   *table.Table // all there ever were, newest first
}

// List lists what was signed. The right to it is that to the evidence.
func List(ctx context.Context, o Options) (l *Signed, err error) {
	p, err := books.OpenExisting(ctx, o.Setting, books.RightEvidence)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	head, err := p.State.SignedHead(ctx)
	if err != nil {
		return nil, err
	}
	l = &Signed{Total: head.No, Records: &table.Table{Columns: []table.Column{{Name: "record", Kind: table.Number}, {Name: "kind"}, {Name: "person"}, {Name: "proof"}, {Name: "credential"}, {Name: "period"}, {Name: "at", Kind: table.Time}, {Name: "sha256"}}}}
	// Numbers have no gap: the newest are the last ones.
	last := head.No - max(o.Offset, 0)
	first := max(last-o.limit()+1, 1)
	var records []signed.Record
	if last >= 1 {
		if records, err = p.State.Signed(ctx, first, int(last-first+1)); err != nil {
			return nil, err
		}
	}
	for _, r := range slices.Backward(records) {
		l.Records.Rows = append(l.Records.Rows, []any{r.No, r.Kind, r.Person, proofOf(r), books.TextOrNil(r.Credential), books.TextOrNil(r.Period), r.At, r.SHA256})
	}
	locks, err := p.State.Locks(ctx)
	if err != nil {
		return nil, err
	}
	l.Locks = lockTable(locks)
	return l, nil
}

func lockTable(locks []state.Lock) *table.Table {
	t := &table.Table{Columns: []table.Column{{Name: "period"}, {Name: "version", Kind: table.Number}, {Name: "prepared_by"}, {Name: "approved_by"}, {Name: "locked_at", Kind: table.Time}, {Name: "run_id"}, {Name: "reopened_by"}, {Name: "reopen_reason"}}}
	for _, k := range slices.Backward(locks) {
		t.Rows = append(t.Rows, []any{string(k.Period), k.Version, k.PreparedBy, k.ApprovedBy, k.LockedAt, k.RunID, books.TextOrNil(k.ReopenedBy), books.TextOrNil(k.ReopenReason)})
	}
	return t
}

// proofOf says how it was proved who made a record.
func proofOf(r signed.Record) string {
	one, err := identity.Parse([]byte(r.Content))
	if err != nil {
		return "unreadable"
	}
	if one.Auth != identity.Authenticated {
		return "not authenticated"
	}
	return one.Proof
}

// Record is one that somebody made, as it is kept.
type Record struct {
	signed.Record
	Proof string
}

// Look gives one record. A number that none has is a not-found error.
func Look(ctx context.Context, o Options) (r Record, err error) {
	p, err := books.OpenExisting(ctx, o.Setting, books.RightEvidence)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	list, err := p.State.Signed(ctx, o.Record, 1)
	if err != nil {
		return r, err
	}
	if o.Record < 1 || len(list) == 0 || list[0].No != o.Record {
		return r, pipeline.Misnamed("find", "the record", "", nil, "no record has that number")
	}
	return Record{list[0], proofOf(list[0])}, nil
}

// Accesses are readings of people and what they asked for and may not have, newest
// first, and how many there are.
func Accesses(ctx context.Context, o Options) (t *table.Table, total int64, err error) {
	p, err := books.OpenExisting(ctx, o.Setting, books.RightEvidence)
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	all, err := p.State.Accesses(ctx)
	if err != nil {
		return nil, 0, err
	}
	t = &table.Table{Columns: []table.Column{{Name: "at", Kind: table.Time}, {Name: "who"}, {Name: "verb"}, {Name: "query"}, {Name: "rows", Kind: table.Number}, {Name: "outcome"}}}
	slices.Reverse(all)
	for i, a := range all {
		if int64(i) >= o.Offset && int64(len(t.Rows)) < o.limit() {
			rows := any(nil)
			if a.Rows != nil {
				rows = *a.Rows
			}
			t.Rows = append(t.Rows, []any{a.At, a.Who, a.Verb, a.Text, rows, a.Outcome})
		}
	}
	return t, int64(len(all)), nil
}
