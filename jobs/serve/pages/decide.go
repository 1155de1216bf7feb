package pages

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"carat/jobs/books"
	"carat/jobs/exceptions"
	"carat/jobs/month"
	"carat/jobs/serve/signing"
	"carat/pipeline"
	"carat/pipeline/decision"
	"carat/pipeline/identity"
	"carat/reports/escape"
	"carat/reports/pages/site"
)

// pageStatuses are what can be decided on a page; a rate and a match need more.
var pageStatuses = []string{decision.Explained, decision.Waived, decision.Open}

// decideForm is what somebody types to decide.
type decideForm struct {
	Path                       string
	Hidden                     []fact // what they have seen
	Status, Until, Owner, Note string
	Value, Matched             string // of a row that was not taken
	Rejected                   bool   // it is about one
	Statuses                   []string
	Wrong                      string
	Decided                    bool
	Three                      bool // who decides doesn't prepare either
	Many                       int  // that it is about; 0: one
}

// formOf gives the form of the one who asks, with what they have typed so far.
func (v *visit) formOf(path string) *decideForm {
	f := &decideForm{Path: path, Statuses: pageStatuses, Three: v.Config.FourEyes == "three"}
	if v.r.Method == "POST" {
		f.Status, f.Until, f.Owner, f.Note = v.typed("status"), v.typed("until"), v.typed("owner"), v.typed("note")
		f.Value, f.Matched = v.typed("value"), v.typed("matched")
	}
	return f
}

// typed gives a field of the form that was sent.
func (v *visit) typed(name string) string { return strings.TrimSpace(v.r.PostFormValue(name)) }

// take takes in what was typed about exceptions, as the verb does from a file with a row
// for each.
func (v *visit) take(seen map[string]month.Seen, ids []string) error {
	if !slices.Contains(pageStatuses, v.typed("status")) {
		return pipeline.Errorf(pipeline.KindUsage, "decide", "", "choose what it is: %s", strings.Join(pageStatuses, ", "))
	}
	text := []byte("exception_id,status,until,owner,note,value,matched\n")
	for _, id := range ids {
		for i, cell := range []string{id, v.typed("status"), v.typed("until"), v.typed("owner"), v.typed("note"), v.typed("value"), v.typed("matched")} {
			if i > 0 {
				text = append(text, ',')
			}
			text = escape.AppendCSV(text, cell)
		}
		text = append(text, '\n')
	}
	o := month.DecideOptions{Setting: v.Setting, File: "a page", Text: text, Seen: seen}
	if v.keyed() {
		at, shown, signature := v.brought()
		if age := v.Now.Sub(at); age > signing.SignTime || age < 0 { // it is shown anew
			at, shown, signature = v.Now.UTC().Truncate(time.Second), "", ""
		}
		o.Now, o.Signer = at, bringing(v.key(), shown, signature)
	}
	_, err := month.Decide(v.ctx, o)
	return err
}

// toSign is the page that asks for the signature of what was typed; nil: the error is
// another.
func (v *visit) toSign(err error, path string) *answer {
	text := shownOf(err)
	if text == "" {
		return nil
	}
	at, _, _ := v.brought()
	var fields []fact
	for _, name := range []string{"status", "until", "owner", "note", "value", "matched", "decided", "difference", "list"} {
		fields = append(fields, fact{Name: name, Text: signing.Spelled(v.r.PostFormValue(name))})
	}
	if parsed, err := identity.Parse([]byte(text)); err == nil {
		at = parsed.Time
	}
	return v.signPage("Sign your decision", signFormOf(path, at, text, "carat exceptions --export decisions.csv; carat exceptions --import decisions.csv", fields...))
}

// amendable gives an error that whoever typed can do something about, with the status of
// the page that says it; nil: it is none.
func amendable(err error) (*pipeline.Error, int) {
	var e *pipeline.Error
	if !errors.As(err, &e) || e.Kind == pipeline.KindInternal || pipeline.IsRefused(err) {
		return nil, 0
	}
	status, _ := statusOf(e)
	return e, status
}

// decide takes in a decision about one exception. What was typed stays on the page when
// it can't be taken.
func (p *Pages) decide(v *visit) (*answer, error) {
	id := v.r.PathValue("id")
	if err := v.standing.grants.May(v.By, books.RightDecide); err != nil {
		return nil, err
	}
	saw := month.Seen{Difference: v.typed("difference")}
	saw.Decided, _ = time.Parse(time.RFC3339Nano, v.typed("decided")) // none, or none that there is
	err := v.take(map[string]month.Seen{id: saw}, []string{id})
	if err == nil {
		return &answer{to: address("/exceptions/"+url.PathEscape(id), v.filterOf(), "decided", "yes")}, nil
	}
	if a := v.toSign(err, address("/exceptions/"+url.PathEscape(id)+"/decide", v.filterOf())); a != nil {
		return a, nil
	}
	e, status := amendable(err)
	if e == nil {
		return nil, err
	}
	a, err := p.exception(v)
	if err != nil {
		return nil, err
	}
	d := a.data.(evidenceData)
	if d.Form != nil {
		d.Form.Wrong = e.Error()
	}
	a.status, a.data = status, d
	return a, nil
}

// bulkPage is what somebody sees before they decide about many.
type bulkPage struct {
	*exceptions.Bulk
	Filter    exceptions.FindOptions
	Reporting string
	Rows      site.Rows // the first of them
	Form      *decideForm
	Empty     *site.Empty
	Back      string
}

// bulk shows all that a filter finds, with what they come to, to be decided at once.
func (p *Pages) bulk(v *visit) (*answer, error) {
	if err := v.standing.grants.May(v.By, books.RightDecide); err != nil {
		return nil, err
	}
	o := v.filterOf()
	o.Offset, o.Limit = 0, 20
	all, err := p.desk.All(v.ctx, o)
	if err != nil {
		return nil, err
	}
	found, err := p.desk.Find(v.ctx, o)
	if err != nil {
		return nil, err
	}
	d := bulkPage{Bulk: all, Filter: o, Reporting: v.Config.ReportingCurrency, Back: address("/exceptions", o)}
	d.Rows = rowsOf(v, "The first of them", found.Table, "exception_id", "control", "period", "subject_id", "difference", "unit", "exposure", "status", "detail")
	d.Rows.Under, d.Rows.Links = "detail", v.links(d.Rows, "")
	switch {
	case len(all.List) == 0:
		d.Empty = &site.Empty{Why: "The filter finds none.", Next: "Choose others:", Path: d.Back}
	default:
		d.Form = v.formOf(address("/exceptions/decide", o))
		d.Form.Many, d.Form.Hidden = len(all.List), []fact{{Name: "list", Text: all.SHA256}}
	}
	return &answer{template: "bulk", title: "Decide about many", trail: []site.Place{{Path: d.Back, Name: "Exceptions"}}, data: d}, nil
}

// decideBulk takes in one decision about exactly the list that was shown.
func (p *Pages) decideBulk(v *visit) (*answer, error) {
	a, err := p.bulk(v)
	if err != nil {
		return nil, err
	}
	d := a.data.(bulkPage)
	if d.Form == nil {
		return a, nil
	}
	if v.typed("list") != d.SHA256 {
		d.Form.Wrong = "What the filter finds is another by now than what you saw: somebody has decided, or a run has found something else. Nothing was changed. Look at it again, and decide."
		a.status, a.data = 409, d
		return a, nil
	}
	seen, ids := map[string]month.Seen{}, []string(nil)
	for _, one := range d.List {
		seen[one.ID], ids = month.Seen{Decided: one.Decided, Difference: one.Difference}, append(ids, one.ID)
	}
	err = v.take(seen, ids)
	if err == nil {
		return &answer{to: address("/exceptions", tabbed(exceptions.FindOptions{Period: d.Filter.Period}, exceptions.TabMine))}, nil
	}
	if a := v.toSign(err, d.Form.Path); a != nil {
		return a, nil
	}
	e, status := amendable(err)
	if e == nil {
		return nil, err
	}
	d.Form.Wrong = e.Error()
	a.status, a.data = status, d
	return a, nil
}
