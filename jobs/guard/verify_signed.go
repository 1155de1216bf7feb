package guard

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"carat/jobs/books"
	"carat/pipeline/decision"
	"carat/pipeline/identity"
	"carat/pipeline/state"
	"carat/pipeline/state/signed"
)

// signedAtATime is how many records are read at a time: a history of many years has
// some hundred thousand.
const signedAtATime = 1000

// rightOf is the right that a record of a kind takes; those of people are judged by
// the registry.
var rightOf = map[identity.Kind]books.Right{
	identity.KindPrepare: books.RightClose, identity.KindApprove: books.RightApprove, identity.KindReopen: books.RightReopen, identity.KindDecide: books.RightDecide,
}

// signedWalk goes through what people signed, in order.
type signedWalk struct {
	report   *Verification
	registry *identity.Registry
	before   string
	no       int64
	kept     map[int64]identity.Record // of the kinds that rows of other tables name
}

// verifySigned walks what people signed: each record's bytes, its place in the chain,
// its signature and whose it was by then, and whether they might; and that the rows
// which it is about say what was signed.
func verifySigned(ctx context.Context, p *books.Books, report *Verification) error {
	w := &signedWalk{report: report, registry: identity.NewRegistry(p.Lake.ID()), kept: map[int64]identity.Record{}}
	for {
		list, err := p.State.Signed(ctx, w.no+1, signedAtATime)
		if err != nil {
			return err
		}
		for _, r := range list {
			w.take(r)
		}
		if len(list) < signedAtATime {
			break
		}
	}
	report.Signed, report.Registry = w.no, w.registry
	for _, check := range []func(context.Context, *books.Books) error{w.signOffs, w.decisions, w.roles} {
		if err := check(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

func (w *signedWalk) take(row signed.Record) {
	name := fmt.Sprintf("signed record %d (%s of %s)", row.No, row.Kind, row.Person)
	if row.No != w.no+1 {
		w.report.differ("%s follows record %d: those between were taken away", name, w.no)
	}
	if row.Previous != w.before {
		w.report.differ("%s doesn't follow record %d: one of them was replaced", name, w.no)
	}
	w.no, w.before = row.No, signed.Sum(row.Content)
	r, err := identity.Parse([]byte(row.Content))
	if err != nil {
		w.report.differ("%s: %v", name, err)
		return
	}
	if r.No != row.No || string(r.Kind) != row.Kind || r.Person != row.Person || r.Credential != row.Credential || r.Before != row.Previous || r.Get("period") != row.Period && r.Kind != identity.KindDecide ||
		row.SHA256 != w.before || !r.Time.Equal(row.At.Truncate(1e9)) {
		w.report.differ("%s: its row says otherwise than its bytes", name)
	}
	if err := w.registry.Take(r, identity.Entry{Text: []byte(row.Content), Signature: row.Signature}); err != nil {
		w.report.differ("%s: %v", name, err)
		w.registry.Pass(r)
	} else if right, ok := rightOf[r.Kind]; ok && w.registry.On {
		standing := slices.DeleteFunc(w.grants(), func(g state.Grant) bool { return !g.Until.IsZero() && r.Time.After(g.Until) })
		if err := standing.May(books.Actor{User: r.Person}, right); err != nil {
			w.report.differ("%s: %v", name, err)
		}
	}
	if _, ok := rightOf[r.Kind]; ok || r.Kind == identity.KindGrant {
		w.kept[r.No] = r
	}
}

// grants gives the roles that the records come to.
func (w *signedWalk) grants() (list books.Grants) {
	for _, g := range w.registry.Grants {
		list = append(list, state.Grant{User: g.Person, Role: g.Role, Entities: g.Entities, By: g.By, Signed: g.No, Until: g.Until})
	}
	return list
}

// is says whether a record of a kind is there, and says each of some lines so.
func (w *signedWalk) is(what string, no int64, kind identity.Kind, person string, lines ...string) {
	r, ok := w.kept[no]
	switch {
	case no == 0 && !w.registry.On:
		return // an older carat's
	case no == 0:
		for _, r := range w.kept { // those that were written before
			if r.Auth == identity.Authenticated && r.Kind == kind && r.Get("period") == lines[1] && r.Get("version") == lines[3] {
				w.report.differ("%s: no record says that it was signed", what)
				return
			}
		}
		return
	case !ok || r.Kind != kind || r.Person != person:
		w.report.differ("%s: record %d is none by which %s signed it", what, no, person)
		return
	}
	for i := 0; i < len(lines); i += 2 {
		if got := r.Get(lines[i]); got != lines[i+1] {
			w.report.differ("%s: record %d was signed with %s %q, and it says %q", what, no, lines[i], got, lines[i+1])
		}
	}
}

// signOffs compares what was prepared, approved and opened again with the records.
func (w *signedWalk) signOffs(ctx context.Context, p *books.Books) error {
	locks, err := p.State.Locks(ctx)
	if err != nil {
		return err
	}
	last := map[string]int64{}
	for _, l := range locks {
		version := strconv.FormatInt(l.Version, 10)
		name := fmt.Sprintf("the lock of %s version %s", l.Period, version)
		w.is(name, l.ApprovedNo, identity.KindApprove, l.ApprovedBy, "period", string(l.Period), "version", version, "run", l.RunID)
		if !l.InForce() {
			w.is(name+", opened again", l.ReopenedNo, identity.KindReopen, l.ReopenedBy, "period", string(l.Period), "version", version, "run", l.RunID, "certificate", l.CertificateSHA256, "reason", l.ReopenReason)
		}
		last[string(l.Period)] = l.Version
	}
	periods, err := p.State.Periods(ctx)
	if err != nil {
		return err
	}
	for _, one := range periods {
		for version := int64(1); version <= last[string(one.Period)]+1; version++ {
			list, err := p.State.SignOffs(ctx, one.Period, version)
			if err != nil {
				return err
			}
			for _, o := range list {
				w.is(fmt.Sprintf("the sign-off of %s version %d", o.Period, version), o.Signed, identity.KindPrepare, o.PreparedBy, "period", string(o.Period), "version", strconv.FormatInt(version, 10),
					"attempt", strconv.FormatInt(o.Attempt, 10), "run", o.RunID, "numbers", o.NumbersSHA256)
			}
		}
	}
	return nil
}

// decisions compares every decision with the record by which it was made.
func (w *signedWalk) decisions(ctx context.Context, p *books.Books) error {
	history, err := p.State.DecisionHistory(ctx)
	if err != nil {
		return err
	}
	byRecord := map[int64][]decision.Decision{}
	on := false
	for _, d := range history {
		byRecord[d.Record] = append(byRecord[d.Record], d)
		on = on || d.Record > w.registry.Since && w.registry.On
		if d.Record == 0 && on {
			w.report.differ("the decision about exception %s: no record says that %s signed it", d.ExceptionID, d.By)
		}
	}
	for no, r := range w.kept {
		if r.Kind != identity.KindDecide {
			continue
		}
		groups, rows := r.Groups(), byRecord[no]
		if len(groups) != len(rows) {
			w.report.differ("record %d decides about %d exceptions, and the decisions have %d of it", no, len(groups), len(rows))
			continue
		}
		for i, d := range rows {
			if d.ExceptionID != groups[i]["exception"] || d.By != r.Person {
				w.report.differ("the decision about exception %s is not the one that %s signed in record %d", d.ExceptionID, r.Person, no)
			}
			for _, line := range d.Lines() {
				if groups[i][line[0]] != line[1] {
					w.report.differ("the decision about exception %s: record %d was signed with %s %q, and it says %q", d.ExceptionID, no, line[0], groups[i][line[0]], line[1])
				}
			}
		}
		delete(byRecord, no)
	}
	for no, rows := range byRecord {
		if no > 0 {
			w.report.differ("the decision about exception %s names record %d, which decides nothing", rows[0].ExceptionID, no)
		}
	}
	return nil
}

// roles compares who has which role with what the records come to, once people prove
// who they are.
func (w *signedWalk) roles(ctx context.Context, p *books.Books) error {
	if !w.registry.On {
		return nil
	}
	list, err := p.State.Grants(ctx)
	if err != nil {
		return err
	}
	spelled := func(g state.Grant) string {
		return fmt.Sprintf("%s as %s (record %d, entities %q, until %s)", g.User, g.Role, g.Signed, strings.Join(g.Entities, " "), g.Until.UTC())
	}
	var want, have []string
	for _, g := range w.grants() {
		want = append(want, spelled(g))
	}
	for _, g := range list {
		have = append(have, spelled(g))
	}
	for i, one := range have {
		if !slices.Contains(want, one) && !w.registry.IsVoid(list[i].Signed) { // which gives nothing
			w.report.differ("carat_users has %s, and no record grants that", one)
		}
	}
	for _, one := range want {
		if !slices.Contains(have, one) {
			w.report.differ("carat_users lacks %s, which a record grants", one)
		}
	}
	return nil
}
