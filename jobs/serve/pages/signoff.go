package pages

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"carat/jobs/books"
	jobpackage "carat/jobs/closepackage"
	"carat/jobs/exceptions"
	monthly "carat/jobs/month"
	"carat/jobs/reconcile"
	"carat/jobs/schedule"
	"carat/jobs/serve/kept"
	"carat/jobs/serve/signing"
	"carat/jobs/serve/uploads"
	"carat/pipeline"
	"carat/pipeline/identity"
	"carat/reports/closepackage"
	"carat/reports/pages/site"
)

// What can be asked for of a month.
const (
	doRun     = "run"
	doPrepare = "prepare"
	doApprove = "approve"
	doReopen  = "reopen"
	doLook    = "look" // the page again, with what was typed
)

// rightTo is the right to each.
var rightTo = map[string]books.Right{doRun: books.RightReconcile, doPrepare: books.RightClose, doApprove: books.RightApprove, doReopen: books.RightReopen}

// samples is how many decisions and changes the page of signatures shows.
const samples = 20

// signOffPage is what somebody sees before they sign a month.
type signOffPage struct {
	*monthly.Standing
	Sums      []closepackage.Figure
	Settings  []reconcile.ChangedSetting
	Flux      site.Rows
	Causes    site.Rows // of what was decided
	Decided   site.Rows // the first of them
	Reporting string
	Three     bool
	MayRun    bool
	Reason    string // that was typed
	Wrong     string
	Path      string
}

func signOffPath(period pipeline.Period) string { return monthPath(period, "sign-off") }

// signOff shows what is signed of a month, what it rests on, and what is in the way.
func (p *Pages) signOff(v *visit) (*answer, error) {
	period, err := v.period()
	if err != nil {
		return nil, err
	}
	l, err := monthly.Look(v.ctx, monthly.LookOptions{Setting: v.Setting, SQL: p.SQL, Period: period})
	if err != nil {
		return nil, err
	}
	d := signOffPage{Standing: l, Settings: l.Changed, Reporting: v.Config.ReportingCurrency, Three: v.Config.FourEyes == "three", Path: signOffPath(period),
		MayRun: v.may(books.RightReconcile) && !l.Closed()}
	if v.r.Method == "POST" {
		d.Reason = v.typed("reason")
	}
	if d.Sums, err = p.sumsOf(v.ctx, v.Setting, schedule.PeriodStatus{Period: period, RunID: l.Run.ID}); err != nil {
		return nil, err
	}
	d.Flux, err = kept.Of(v.ctx, &p.kept, kept.Ask{Setting: v.Setting, Right: books.RightEvidence, What: "flux " + string(period)}, func() (site.Rows, error) { return p.fluxOf(v, period) })
	if err != nil {
		return nil, err
	}
	found, err := p.desk.Find(v.ctx, exceptions.FindOptions{Setting: v.Setting, Tab: exceptions.TabDecided, Period: period, Limit: samples})
	if err != nil {
		return nil, err
	}
	d.Causes = rowsOf(v, "What was decided, by cause", found.Causes, "control", "reason", "severity", "exceptions", "exposure", "unmeasured", "unit", "detail")
	d.Causes.Under = "detail"
	d.Decided = rowsOf(v, "A sample of what was decided", found.Table, "exception_id", "control", "subject_id", "difference", "unit", "status", "decided_by", "until", "note")
	d.Decided.Links, d.Decided.Under = v.links(d.Decided, period), "note"
	a := &answer{template: "signoff", title: "Sign-off of " + site.Month(period), data: d}
	a.trail = []site.Place{{Path: "/months", Name: "Months"}, {Path: "/months/" + string(period), Name: site.Month(period)}}
	return a, nil
}

// fluxOf are the changes against other months that need a note.
func (p *Pages) fluxOf(v *visit, period pipeline.Period) (r site.Rows, err error) {
	err = jobpackage.Table(v.ctx, jobpackage.Options{Setting: v.Setting, SQL: p.SQL, Period: period}, closepackage.FluxID, func(s *closepackage.Section) error {
		all := site.Rows{Caption: s.Title, Zone: v.Config.Zone, Columns: s.Columns}
		needs := all.At("needs_note")
		err := s.Rows(func(row []any) error {
			if len(all.Rows) < samples && needs >= 0 && row[needs] == "yes" {
				all.Rows = append(all.Rows, slices.Clone(row))
			}
			return nil
		})
		r = all.Only("with", "entity", "line", "currency", "amount", "comparative_amount", "change", "fx_effect", "decided_by", "note")
		r.Under = "note"
		return err
	})
	if pipeline.KindOf(err) == pipeline.KindNotFound {
		return site.Rows{}, nil // the run has none
	}
	return r, err
}

// hindrance is what keeps somebody from a signature, with what to do about it.
type hindrance struct{ Says, Hint string }

func hindrances(list []*pipeline.Error) (told []hindrance) {
	for _, e := range list {
		said := *e
		said.Hint = ""
		told = append(told, hindrance{Says: said.Error(), Hint: e.Hint})
	}
	return told
}

// PrepareHinders are those of the preparing.
func (d signOffPage) PrepareHinders() []hindrance { return hindrances(d.Prepare) }

// ApproveHinders are those of the approval.
func (d signOffPage) ApproveHinders() []hindrance { return hindrances(d.Approve) }

// ReopenHinders are those of the opening again.
func (d signOffPage) ReopenHinders() []hindrance { return hindrances(d.Reopen) }

// asked is what somebody asked for of a month: it goes with the form that signs it, so
// that a server that has started again knows it too.
type asked struct {
	Do, Reason      string
	Period          pipeline.Period
	Saw             monthly.Signing
	At              time.Time // that the record says
	Text, Signature string
}

// askedOf reads it from the form that was sent.
func (v *visit) askedOf(period pipeline.Period) asked {
	a := asked{Do: v.typed("do"), Reason: strings.Join(strings.Fields(v.typed("reason")), " "), // a record has lines of its own
		Period: period,
		Saw:    monthly.Signing{Run: v.typed("run"), Decisions: v.typed("decisions")}}
	a.Saw.Attempt, _ = strconv.ParseInt(v.typed("attempt"), 10, 64)
	a.At, a.Text, a.Signature = v.brought()
	return a
}

// form is the form that signs it.
func (a asked) form() *signForm {
	fields := []fact{{Name: "do", Text: a.Do}, {Name: "reason", Text: a.Reason}, {Name: "run", Text: a.Saw.Run}, {Name: "decisions", Text: a.Saw.Decisions}, {Name: "attempt", Text: strconv.FormatInt(a.Saw.Attempt, 10)}}
	return signFormOf(signOffPath(a.Period), a.At, a.Text, "carat "+strings.Replace(a.Do, doPrepare, "close", 1)+" --period "+string(a.Period), fields...)
}

// sign begins what was asked for: it runs whether or not anybody watches.
func (p *Pages) sign(v *visit) (*answer, error) {
	period, err := v.period()
	if err != nil {
		return nil, err
	}
	one := v.askedOf(period)
	right, known := rightTo[one.Do]
	if known {
		if err := v.standing.grants.May(v.By, right); err != nil {
			return nil, err
		}
	}
	wrong := ""
	switch age := v.Now.Sub(one.At); {
	case one.Do == doLook:
	case !known:
		wrong = "Choose what is to be done."
	case one.Do == doReopen && one.Reason == "":
		wrong = "Say why it is opened again: the reason stands in the next certificate."
	case one.Signature != "" && !(signing.Brought{With: v.key(), Text: one.Text, Signature: one.Signature}).Good():
		wrong := (&signing.Wrong{Fingerprint: v.key().Fingerprint()}).Error()
		return &answer{template: "work", title: site.Sentence(one.Do + " " + string(period)), status: 400, data: signedAnew(v, one, wrong)}, nil
	case one.Signature != "" && (age > signing.SignTime || age < 0):
		wrong = "The text was shown too long ago to be signed. Ask for it again: nothing was signed."
	}
	if known && wrong == "" {
		piece, err := p.work.Start(v.By.User, one.Do+" "+string(period), p.doing(v, one))
		if err == nil {
			return &answer{to: "/work/" + piece.ID}, nil
		}
		e, _ := amendable(err)
		if e == nil {
			return nil, err
		}
		wrong = e.Error()
	}
	a, err := p.signOff(v)
	if err != nil {
		return nil, err
	}
	d := a.data.(signOffPage)
	if d.Wrong = wrong; wrong != "" {
		a.status = 409
	}
	a.data = d
	return a, nil
}

// outcome is what a piece of work has come to, for the page that tells it.
type outcome struct {
	Asked asked
	Says  []string
	Back  site.Place   // where it was asked for
	Links []site.Place // to what it made
	Of    uploads.File // that it is about; zero: of none
	File  *lookedInto  // what would become of a file; nil: it is none
	Sign  *asked       // what is to be signed; nil: nothing is
}

// doing gives the job that does what somebody asked for. Its rights are judged when it
// begins.
func (p *Pages) doing(v *visit, one asked) func(context.Context, books.Progress) (any, error) {
	s, key, keyed := v.Setting, v.key(), v.keyed()
	s.Arguments = []string{"serve", one.Do, string(one.Period)}
	back := site.Place{Path: signOffPath(one.Period), Name: "Back to the sign-off of " + site.Month(one.Period)}
	return func(ctx context.Context, tell books.Progress) (any, error) {
		s.Now, s.Progress = p.Clock(), tell
		if rightTo[one.Do] != books.RightReconcile {
			s.Now = one.At
			if keyed {
				s.Signer = bringing(key, one.Text, one.Signature)
			}
		}
		says, err := p.do(ctx, s, one)
		var shown *identity.Unsigned
		if errors.As(err, &shown) {
			one.Text = string(shown.Text)
			return outcome{Asked: one, Back: back, Sign: &one}, nil
		}
		return outcome{Asked: one, Back: back, Says: says}, err
	}
}

// do does one of the things that can be asked for of a month, and says what came of it.
func (p *Pages) do(ctx context.Context, s books.Setting, one asked) (says []string, err error) {
	month := site.Month(one.Period)
	switch one.Do {
	case doRun:
		r, err := reconcile.Run(ctx, reconcile.Options{Setting: s, SQL: p.SQL, Period: one.Period})
		if err != nil {
			return nil, err
		}
		return []string{month + " was reconciled: " + r.Verdict.Words() + ", " + r.Verdict.Counts() + "."}, nil
	case doPrepare:
		r, err := monthly.Close(ctx, monthly.CloseOptions{Setting: s, SQL: p.SQL, Period: one.Period, Saw: one.Saw})
		if err != nil {
			return nil, err
		}
		says = append(says, month+" is prepared by "+r.PreparedBy+": "+r.Verdict.Words()+", "+r.Verdict.Counts()+".")
		if r.Draft {
			says = []string{month + " can be prepared, by a preparer: " + r.Verdict.Words() + ", " + r.Verdict.Counts() + ". Nothing was signed."}
		}
		if len(r.Unnamed) > 0 {
			says = append(says, "Before it can be approved, carat.yaml must say who pays: "+strings.Join(r.Unnamed, ", ")+" has no name.")
		}
		if len(r.Verdict.Undecided) > 0 {
			says = append(says, "Before it can be approved, the exceptions of "+strings.Join(r.Verdict.Undecided, ", ")+" need a decision.")
		}
		if r.Early {
			says = append(says, "The month isn't over yet.")
		}
		return append(says, "Somebody else approves it."), nil
	case doApprove:
		r, err := monthly.Approve(ctx, monthly.ApproveOptions{Setting: s, SQL: p.SQL, Period: one.Period, Saw: one.Saw})
		if err != nil {
			return nil, err
		}
		says = append(says, month+" is "+r.Standing.Words()+", with "+site.Number(strconv.FormatInt(r.Statements, 10))+" final statements.", "The certificate's SHA-256 is "+r.SHA256+": keep it elsewhere too.")
		for _, shared := range r.Shared {
			says = append(says, shared.Says())
		}
		return says, nil
	}
	r, err := monthly.Reopen(ctx, monthly.ReopenOptions{Setting: s, Period: one.Period, Reason: one.Reason})
	if err != nil {
		return nil, err
	}
	return []string{month + " is open again; its version " + strconv.FormatInt(r.Version, 10) + " is kept."}, nil
}
