package pages

import (
	"context"
	"errors"
	"net/http"

	"carat/jobs/books"
	"carat/jobs/serve/signing"
	"carat/jobs/serve/web"
	"carat/jobs/serve/work"
	"carat/pipeline"
	"carat/reports/pages/site"
)

// workPage is a piece of work as a page shows it.
type workPage struct {
	work.Piece
	Says    string // how far it is
	Percent int    // of a step whose end is known; -1: of none such
	Came    outcome
	Sign    *signForm // what the one who looks is to sign
	Wrong   string    // why it failed
	Hint    string
	Mine    bool
}

// workOf gives a piece to whoever began it, and to whoever may see what runs.
func (p *Pages) workOf(v *visit, id string) (work.Piece, <-chan struct{}, error) {
	piece, changed, ok := p.work.Get(id)
	if ok && piece.Person != v.By.User {
		if err := v.standing.grants.May(v.By, books.RightRuns); err != nil {
			return piece, nil, err
		}
	}
	if !ok {
		return piece, nil, pipeline.Errorf(pipeline.KindNotFound, "find", "the work", "the server doesn't know it: it has started again since, or it is long ago").WithHint("what ran is told with the runs")
	}
	return piece, changed, nil
}

// workPage shows how far a piece of work is, and what came of it.
func (p *Pages) workPage(v *visit) (*answer, error) {
	piece, _, err := p.workOf(v, v.r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	d := workPage{Piece: piece, Says: piece.Says(), Percent: piece.Percent(), Mine: piece.Person == v.By.User}
	d.Came, _ = piece.Result.(outcome)
	if piece.Err != nil {
		d.Wrong, d.Hint = p.whyOf(piece)
		d.Wrong, d.Hint = d.Came.hide(d.Wrong), d.Came.hide(d.Hint)
	}
	if d.Mine && d.Came.Sign != nil {
		d.Sign = d.Came.Sign.form()
	}
	if f := d.Came.File; f != nil && !d.Mine {
		hidden := *f
		hidden.Rows, hidden.Dry, hidden.May = site.Rows{}, nil, false // whose rows they are, the right to the files says
		d.Came.File = &hidden
	}
	a := &answer{template: "work", title: site.Sentence(piece.What), data: d, live: !piece.Over(), trail: []site.Place{{Path: "/months", Name: "Months"}}}
	if v.may(books.RightRuns) {
		a.trail = []site.Place{{Path: "/runs", Name: "Runs"}}
	}
	return a, nil
}

// signedAnew is the page that asks for a signature once more, where what was brought is
// none.
func signedAnew(v *visit, one asked, wrong string) workPage {
	d := workPage{Piece: work.Piece{What: one.Do + " " + string(one.Period), Person: v.By.User, State: work.Done, Asked: one.At}, Came: outcome{Asked: one}, Mine: true, Wrong: wrong}
	d.Came.Sign = &one
	d.Sign = one.form()
	return d
}

// whyOf says why a piece failed, as a page does.
func (p *Pages) whyOf(piece work.Piece) (wrong, hint string) {
	var e *pipeline.Error
	_, moved := errors.AsType[*signing.Moved](piece.Err)
	switch {
	case errors.Is(piece.Err, context.Canceled):
		return "The server was stopped before it ended. Begin it again.", ""
	case errors.As(piece.Err, &e) && e.Kind != pipeline.KindInternal:
		said := *e
		said.Hint = ""
		if moved {
			return said.Error(), "look at it again, and sign what it says now"
		}
		return said.Error(), e.Hint
	}
	p.Log.Error("work of a page failed", "what", piece.What, "error", piece.Err)
	return "It failed. What happened is in carat's log.", ""
}

// workEvents tells of each change of a piece as it happens, until it is over: a stream of
// server-sent events, for whoever has a script engine. It ends with the session.
func (p *Pages) workEvents(w http.ResponseWriter, r *http.Request) {
	session := web.SessionOf(r.Context())
	if session == nil {
		web.Refuse(w, http.StatusUnauthorized, "sign in first")
		return
	}
	v := &visit{ctx: r.Context(), r: r, session: session, Setting: p.settingOf(session.Person, r)}
	holds := func() (piece work.Piece, changed <-chan struct{}, err error) {
		if v.standing, err = p.standingOf(v.ctx, v.Setting, session); err != nil {
			return piece, nil, err
		}
		return p.workOf(v, r.PathValue("id"))
	}
	if _, _, err := holds(); err != nil {
		web.Refuse(w, http.StatusNotFound, "there is no such work")
		return
	}
	p.streams.Serve(w, r, web.Token(r.Context()), p.site.Ending(), holds)
}
