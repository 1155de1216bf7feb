package pages

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"carat/jobs/books"
	"carat/jobs/serve/signing"
	"carat/jobs/serve/web"
	"carat/jobs/serve/work"
	"carat/pipeline"
	"carat/reports/pages/site"
)

// How long a live stream lasts.
const (
	streamTime = 10 * time.Minute // then the browser asks again
	streamTick = 15 * time.Second // a sign of life, and whether the session still holds
)

// workPage is a piece of work as a page shows it.
type workPage struct {
	work.Piece
	Says    string // how far it is
	Percent int    // of a step whose end is known; -1: of none such
	Came    outcome
	Sign    *toSign // what the one who looks is to sign
	Fields  []fact  // of the form that signs
	Large   bool    // the text is too large for a page
	Wrong   string  // why it failed
	Hint    string
	Mine    bool
	Path    string // where it was asked for
	Month   string
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
	d := workPage{Piece: piece, Says: saysOf(piece), Percent: percentOf(piece), Mine: piece.Person == v.By.User, Path: "/work/" + piece.ID}
	d.Came, _ = piece.Result.(outcome)
	if piece.Err != nil {
		d.Wrong, d.Hint = p.whyOf(piece)
	}
	if d.Mine {
		d.asks(d.Came.Sign)
	}
	if d.Came.Asked.Period != "" {
		d.Path, d.Month = signOffPath(d.Came.Asked.Period), site.Month(d.Came.Asked.Period)
	}
	a := &answer{template: "work", title: site.Sentence(piece.What), data: d, live: !piece.Over(), trail: []site.Place{{Path: "/months", Name: "Months"}}}
	if v.may(books.RightRuns) {
		a.trail = []site.Place{{Path: "/runs", Name: "Runs"}}
	}
	return a, nil
}

// asks lets the one who looks sign.
func (d *workPage) asks(sign *toSign) {
	if sign == nil {
		return
	}
	d.Sign, d.Large = sign, len(sign.Text) > signing.TextBytesMax
	d.Fields = append(sign.fields(), fact{Name: "at", Text: sign.At.Format(time.RFC3339)}, fact{Name: "text", Text: sign.Text})
}

// signedAnew is the page that asks for a signature once more, where what was brought is
// none.
func signedAnew(v *visit, one asked, wrong string) workPage {
	d := workPage{Piece: work.Piece{What: one.Do + " " + string(one.Period), Person: v.By.User, State: work.Done, Asked: one.At}, Came: outcome{Asked: one}, Mine: true,
		Path: signOffPath(one.Period), Month: site.Month(one.Period), Wrong: wrong}
	d.Came.Sign = &toSign{asked: one, Until: one.At.Add(signing.SignTime)}
	d.asks(d.Came.Sign)
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

// saysOf says how far a piece is, in words.
func saysOf(piece work.Piece) string {
	e := piece.At
	switch {
	case piece.State == work.Waiting && piece.Before > 0:
		return fmt.Sprintf("It waits; %d before it.", piece.Before)
	case piece.State == work.Waiting:
		return "It waits."
	case piece.Over() || e.Step == "":
		return ""
	}
	text := strings.TrimSpace(e.Step + " " + e.Object)
	switch {
	case e.Total > 0:
		text += fmt.Sprintf(": %s of %s %s", site.Number(fmt.Sprint(e.Done)), site.Number(fmt.Sprint(e.Total)), e.Unit)
	case e.Done > 0:
		text += fmt.Sprintf(": %s %s", site.Number(fmt.Sprint(e.Done)), e.Unit)
	}
	return text
}

func percentOf(piece work.Piece) int {
	if piece.At.Total <= 0 || piece.Over() {
		return -1
	}
	return int(min(max(piece.At.Done*100/piece.At.Total, 0), 100))
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
	of := web.Token(r.Context())
	replaced := p.streams.Begin(of)
	if replaced == nil {
		w.Header().Set("Retry-After", "30")
		web.Refuse(w, http.StatusServiceUnavailable, "too many watch at once")
		return
	}
	defer p.streams.End(of, replaced)
	out := http.NewResponseController(w)
	_ = out.SetReadDeadline(time.Time{}) // it lasts longer than a page
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // or a proxy would keep it back
	tick := time.NewTicker(streamTick)
	defer tick.Stop()
	last := time.After(streamTime)
	for {
		piece, changed, err := holds()
		if err != nil {
			return
		}
		text, _ := json.Marshal(map[string]any{"state": piece.State, "says": saysOf(piece), "percent": percentOf(piece), "over": piece.Over()})
		_ = out.SetWriteDeadline(time.Time{})
		late := time.AfterFunc(streamTick, func() { _ = out.SetWriteDeadline(time.Unix(1, 0)) }) // who doesn't read is let go
		_, err = fmt.Fprintf(w, "data: %s\n\n", text)
		err = errors.Join(err, out.Flush())
		late.Stop()
		if err != nil || piece.Over() {
			return
		}
		select {
		case <-changed:
			select { // no more than a few times a second
			case <-time.After(250 * time.Millisecond):
			case <-r.Context().Done():
				return
			}
		case <-tick.C:
		case <-replaced:
			return
		case <-last:
			return
		case <-r.Context().Done():
			return
		case <-p.site.Ending():
			return
		}
	}
}
