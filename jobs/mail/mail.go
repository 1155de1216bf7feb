package mail

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/template"
	"time"
	"unicode"

	"carat/jobs/books"
	"carat/jobs/disk"
	"carat/jobs/statements"
	"carat/pipeline"
	"carat/pipeline/state"
	wording "carat/reports/letter"
	"carat/reports/statement"
)

// PasswordVariable is the environment variable with the mail server's
// password.
const PasswordVariable = "CARAT_SMTP_PASSWORD"

// Options say which statements to mail.
type Options struct {
	books.Setting
	SQL         fs.FS // the queries over the statements of several months
	Period      pipeline.Period
	Creator     string // only this creator's; "": all
	Agency      string // only this agency's, and no creator's; "": all
	Provisional bool   // also those of a month that is not closed
	DryRun      bool   // only say what would be sent
	NewAddress  bool   // also to an address that isn't the one of the letter before
	Again       bool   // also what an earlier run was broken off while sending, of the one that is named
	Password    string // of Mail.User
}

// Result counts what became of each statement.
type Result struct {
	Period      pipeline.Period
	Sent        int64    // now; in a dry run: would be
	Before      int64    // the same statement was sent before
	Unknown     []string // whose: a run was broken off while sending it, and nobody knows whether it went
	NoAddress   int64
	Provisional int64 // left out
	Failed      []Failure
}

// Failure is a statement that the server did not take. CreatorID is a creator's id, or
// AgencyPrefix and an agency's.
type Failure struct{ CreatorID, Reason string }

// AgencyPrefix stands before an agency's id where letters are recorded, so that they
// are compared with those of no creator.
const AgencyPrefix = "agency:"

// letter is a statement on its way.
type letter struct {
	entry   statements.Entry // of an agency, Creator is its id
	agency  bool
	person  pipeline.Person
	subject string
	body    string
	file    string // attached
	sent    state.Sent
	address string // the SHA-256 of where it goes
	before  string // what remembers where the last one went; "" without one
}

// Send mails the statements of a period as they lie in out/PERIOD/statements, or,
// where files are made on demand, as its run has them: to each creator's own address, and to each agency's as payees
// give it, once. What was sent is recorded before and
// after, so that a statement is never sent twice, whatever crashes; one of which
// nobody knows whether it arrived is told and left alone. Without statements it
// is a not-found error, without a server one of usage. Again sends one of those once more, of the creator or agency
// that is named.
func Send(ctx context.Context, o Options) (result *Result, err error) {
	if o.Again && o.Creator == "" && o.Agency == "" {
		return nil, pipeline.Errorf(pipeline.KindUsage, "send statements of", string(o.Period), "--again is about one statement").WithHint("ask the mail server which went, and name who got none: --creator ID or --agency ID")
	}
	if o.Config.Mail.Server == "" && !o.DryRun {
		return nil, pipeline.Errorf(pipeline.KindUsage, "send statements of", string(o.Period), "carat.yaml names no mail server").
			WithHint("add `mail: {server: \"smtp.example.com:587\", from: \"Payments <pay@example.com>\"}`")
	}
	folder := filepath.Join(o.Config.OutFolder(o.Period), statements.FolderName)
	if _, err := os.Stat(filepath.Join(folder, statements.IndexFile)); err != nil && !statements.OnDemand(o.Config) {
		return nil, pipeline.Errorf(pipeline.KindNotFound, "send statements of", string(o.Period), "there are none in %s", folder).
			WithHint("run `carat statements --period %s`", o.Period)
	}
	write, err := o.writer()
	if err != nil {
		return nil, err
	}
	p, err := books.OpenLocked(ctx, o.Setting, books.RightSend)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	if err := p.Lake.CheckOwn(ctx); err != nil {
		return nil, err
	}
	if statements.OnDemand(o.Config) { // what lies in the folder may be of another run
		if folder, err = os.MkdirTemp("", "carat-send-"); err != nil {
			return nil, pipeline.Errorf(pipeline.KindInternal, "make", "a folder for temporary files", "%w", disk.Cause(err))
		}
		defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
		if err := statements.ForMail(ctx, p, statements.Options{Setting: o.Setting, SQL: o.SQL, Period: o.Period, Creator: o.Creator, Agency: o.Agency}, folder); err != nil {
			return nil, err
		}
	}
	people, err := p.Lake.People(ctx)
	if err != nil {
		return nil, err
	}
	agencies, err := agenciesOf(ctx, p, folder)
	if err != nil {
		return nil, err
	}
	to, err := addresseesOf(ctx, p, people, agencies, o)
	if err != nil {
		return nil, err
	}
	m := &mailer{options: o, store: p.State, to: to}
	defer func() { err = errors.Join(err, m.close()) }()
	result = &Result{Period: o.Period}
	run, err := p.CurrentRun(ctx, o.Period)
	if err != nil {
		return nil, err
	}
	languages, err := statements.LanguagesOf(ctx, p, o.Config, run, "")
	if err != nil {
		return nil, err
	}
	send := func(e *statements.Entry, person pipeline.Person, agency bool) error {
		switch {
		case e.Provisional && !o.Provisional:
			result.Provisional++
			return nil
		case person.Email == "":
			result.NoAddress++
			return nil
		}
		l, err := write(e, person, languages.Of(e.Creator, agency), folder)
		if err != nil {
			return err
		}
		if l.agency = agency; agency {
			l.sent.CreatorID = AgencyPrefix + e.Creator
		}
		o.Tell(books.Event{Step: "send", Object: string(o.Period), Done: result.Sent, Unit: "letters"})
		return m.deliver(ctx, l, result)
	}
	if o.Agency == "" {
		err = o.eachOf("creator", o.Creator, func(fn func(*statements.Entry) error) error {
			return statements.EachEntry(filepath.Join(folder, statements.IndexFile), fn)
		}, func(e *statements.Entry) error { return send(e, people[e.Creator], false) })
	}
	if o.Creator == "" && err == nil {
		err = o.eachOf("agency", o.Agency, func(fn func(*statements.Entry) error) error {
			return statements.EachAgencyEntry(folder, fn)
		}, func(e *statements.Entry) error { return send(e, agencies[e.Creator], true) })
	}
	if pipeline.IsMisnamed(err) {
		return nil, err
	}
	return result, err
}

// eachOf hands over the entries of an index, or those of the one that is named; a name
// that no entry has is an error.
func (o Options) eachOf(kind, name string, entries func(func(*statements.Entry) error) error, fn func(*statements.Entry) error) error {
	var others []string // whose statements are not asked for
	named := name == ""
	err := entries(func(e *statements.Entry) error {
		if name != "" && e.Creator != name {
			others = append(others, e.Creator)
			return nil
		}
		named = true
		return fn(e)
	})
	if err == nil && !named {
		return pipeline.Misnamed("send statement of", name, name, others, "no %s of that id has a statement of %s", kind, o.Period)
	}
	return err
}

// writer gives what makes a letter of a statement: in the language of who gets it, or, where
// carat.yaml words it, as that says.
func (o Options) writer() (func(e *statements.Entry, person pipeline.Person, language, folder string) (*letter, error), error) {
	c := o.Config
	own := map[string]*template.Template{} // subject and body, where carat.yaml has them
	parse := func(name, text string) error {
		t, err := template.New(name).Option("missingkey=error").Parse(text)
		own[name] = t
		if err != nil {
			return pipeline.Errorf(pipeline.KindUsage, "read", "mail "+name, "%w", err)
		}
		return nil
	}
	if c.Mail.Body != "" {
		file := filepath.Join(c.Dir, c.Mail.Body)
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, pipeline.Errorf(pipeline.KindUsage, "read", file, "%w", disk.Cause(err)).WithHint("it is named as mail body in carat.yaml")
		}
		if err := parse("body", string(text)); err != nil {
			return nil, err
		}
	}
	if c.Mail.Subject != "" {
		if err := parse("subject", c.Mail.Subject); err != nil {
			return nil, err
		}
	}
	payers := statements.Payers(c)
	return func(e *statements.Entry, person pipeline.Person, language, folder string) (*letter, error) {
		name, payer := oneLine(cmp.Or(person.DisplayName, e.Creator)), oneLine(cmp.Or(payers[e.Entity].Name, e.Entity))
		words := wording.In(language).Statement(wording.Statement{Name: name, Payer: payer, Period: o.Period, Version: e.Version, Provisional: e.Provisional, Closing: e.Closing, Currency: e.Currency})
		l := &letter{entry: *e, person: person, subject: words.Subject, body: words.Body}
		values := map[string]any{
			"Name": name, "Month": o.Period.Start(time.UTC).Format("January 2006"), "Version": e.Version, "State": stateOf(e),
			"Payer": payer, "Closing": statement.Balance(e.Closing, e.Currency), "Currency": e.Currency,
		}
		for name, into := range map[string]*string{"subject": &l.subject, "body": &l.body} {
			if own[name] == nil {
				continue
			}
			var b bytes.Buffer
			if err := own[name].Execute(&b, values); err != nil {
				return nil, pipeline.Errorf(pipeline.KindUsage, "fill in", "mail "+name, "%w", err)
			}
			*into = b.String()
		}
		l.subject = oneLine(l.subject)
		for _, format := range []string{"pdf", "html"} {
			if e.SHA256[format] != "" && l.file == "" {
				l.file = filepath.Join(folder, e.File(format))
			}
		}
		if l.file == "" {
			return nil, pipeline.Errorf(pipeline.KindNotFound, "send statement of", e.Creator, "it was written neither as pdf nor as html").
				WithHint("run `carat statements --period %s`", o.Period)
		}
		l.sent = state.Sent{
			Period: o.Period, CreatorID: e.Creator, Entity: e.Entity, Currency: e.Currency, RowsSHA256: e.Rows, Version: e.Version,
			At: o.Now,
		}
		return l, nil
	}, nil
}

// stateOf says whether a statement can still change.
func stateOf(e *statements.Entry) string {
	if e.Provisional {
		return "provisional: its numbers can still change"
	}
	return "final"
}

// oneLine keeps a text from ending a line of a letter's head, and from turning
// round how the rest of it is read.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || unicode.Is(unicode.Bidi_Control, r) {
			return ' '
		}
		return r
	}, text)
}
