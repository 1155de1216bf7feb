package jobs

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"text/template"
	"time"

	"carat/pipeline"
	"carat/pipeline/state"
)

// MailPasswordVariable is the environment variable with the mail server's
// password.
const MailPasswordVariable = "CARAT_SMTP_PASSWORD"

// MailConfig says how statements are mailed.
type MailConfig struct {
	Server    string // host:port; "": nothing can be sent
	TLS       string // starttls, implicit or none
	From      string // Payments <pay@example.com>
	User      string // "": no authentication; the password comes from the environment
	PerMinute int    // at most so many a minute; 0: as fast as the server takes them
	Subject   string // templates, in which {{.Name}}, {{.Month}}, {{.Payer}}, {{.Closing}}, {{.Currency}} and {{.Version}} stand for these
	Body      string // a file with the text, relative to carat.yaml; "": the built-in one
}

const defaultSubject = "Your earnings statement for {{.Month}}"

const defaultBody = `Hello {{.Name}},

your earnings statement for {{.Month}} (version {{.Version}}) is attached.

Your balance at the end of the month: {{.Closing}} {{.Currency}}.

The statement says what you earned, what was taken and why, and what was paid.
Please reply if something in it looks wrong.

{{.Payer}}
`

// SendOptions say which statements to mail.
type SendOptions struct {
	Setting
	Period      pipeline.Period
	Creator     string // "": all
	Provisional bool   // also those of a month that is not closed
	DryRun      bool   // only say what would be sent
	Password    string // of Mail.User
}

// SendResult counts what became of each statement.
type SendResult struct {
	Period      pipeline.Period
	Sent        int64 // now; in a dry run: would be
	Before      int64 // the same statement was sent before
	Unknown     int64 // an earlier run was broken off while sending it: nobody knows
	NoAddress   int64
	Provisional int64 // left out
	Failed      []SendFailure
}

// SendFailure is a statement that the server did not take.
type SendFailure struct{ CreatorID, Reason string }

// letter is a statement on its way.
type letter struct {
	entry   indexEntry
	person  pipeline.Person
	subject string
	body    string
	file    string // attached
	sent    state.Sent
}

// Send mails the statements of a period as they lie in out/PERIOD/statements:
// to each creator's own address, once. What was sent is recorded before and
// after, so that a statement is never sent twice, whatever crashes; one of which
// nobody knows whether it arrived is told and left alone. Without statements it
// is a not-found error, without a server one of usage.
func Send(ctx context.Context, o SendOptions) (result *SendResult, err error) {
	if o.Config.Mail.Server == "" && !o.DryRun {
		return nil, pipeline.Errorf(pipeline.KindUsage, "send statements of", string(o.Period), "carat.yaml names no mail server").
			WithHint("add `mail: {server: \"smtp.example.com:587\", from: \"Payments <pay@example.com>\"}`")
	}
	folder := filepath.Join(o.Config.outFolder(o.Period), statementsFolder)
	index := filepath.Join(folder, indexFile)
	if _, err := os.Stat(index); err != nil {
		return nil, pipeline.Errorf(pipeline.KindNotFound, "send statements of", string(o.Period), "there are none in %s", folder).
			WithHint("run `carat statements --period %s`", o.Period)
	}
	write, err := o.writer()
	if err != nil {
		return nil, err
	}
	p, err := openLocked(ctx, o.Setting)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	people, err := p.lake.People(ctx)
	if err != nil {
		return nil, err
	}
	m := &mailer{options: o, store: p.state}
	defer func() { err = errors.Join(err, m.close()) }()
	result = &SendResult{Period: o.Period}
	err = eachEntry(index, func(e *indexEntry) error {
		if o.Creator != "" && e.Creator != o.Creator {
			return nil
		}
		person := people[e.Creator]
		switch {
		case e.Provisional && !o.Provisional:
			result.Provisional++
			return nil
		case person.Email == "":
			result.NoAddress++
			return nil
		}
		l, err := write(e, person, folder)
		if err != nil {
			return err
		}
		o.tell(Event{Step: "send", Object: string(o.Period), Done: result.Sent, Unit: "letters"})
		return m.deliver(ctx, l, result)
	})
	return result, err
}

// writer gives what makes a letter of a statement.
func (o SendOptions) writer() (func(*indexEntry, pipeline.Person, string) (*letter, error), error) {
	c := o.Config
	body, subject := defaultBody, cmp.Or(c.Mail.Subject, defaultSubject)
	if c.Mail.Body != "" {
		file := filepath.Join(c.Dir, c.Mail.Body)
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, pipeline.Errorf(pipeline.KindUsage, "read", file, "%w", cause(err)).WithHint("it is named as mail body in carat.yaml")
		}
		body = string(text)
	}
	parsed := map[string]*template.Template{}
	for name, text := range map[string]string{"subject": subject, "body": body} {
		t, err := template.New(name).Option("missingkey=error").Parse(text)
		if err != nil {
			return nil, pipeline.Errorf(pipeline.KindUsage, "read", "mail "+name, "%w", err)
		}
		parsed[name] = t
	}
	payers := c.payers()
	return func(e *indexEntry, person pipeline.Person, folder string) (*letter, error) {
		values := map[string]any{
			"Name": oneLine(cmp.Or(person.DisplayName, e.Creator)), "Month": o.Period.Start(time.UTC).Format("January 2006"), "Version": e.Version,
			"Payer": oneLine(cmp.Or(payers[e.Entity].Name, e.Entity)), "Closing": e.Closing.String(), "Currency": e.Currency,
		}
		l := &letter{entry: *e, person: person}
		for name, into := range map[string]*string{"subject": &l.subject, "body": &l.body} {
			var b bytes.Buffer
			if err := parsed[name].Execute(&b, values); err != nil {
				return nil, pipeline.Errorf(pipeline.KindUsage, "fill in", "mail "+name, "%w", err)
			}
			*into = b.String()
		}
		l.subject = oneLine(l.subject)
		for _, format := range []string{"pdf", "html"} {
			if e.SHA256[format] != "" && l.file == "" {
				l.file = filepath.Join(folder, e.file(format))
			}
		}
		if l.file == "" {
			return nil, pipeline.Errorf(pipeline.KindNotFound, "send statement of", e.Creator, "it was written neither as pdf nor as html").
				WithHint("run `carat statements --period %s`", o.Period)
		}
		address := sha256.Sum256([]byte(strings.ToLower(person.Email)))
		l.sent = state.Sent{
			Period: o.Period, CreatorID: e.Creator, Entity: e.Entity, Currency: e.Currency, RowsSHA256: e.Rows, Version: e.Version,
			AddressSHA256: hex.EncodeToString(address[:]), At: o.Now,
		}
		return l, nil
	}, nil
}

// oneLine keeps a text from ending a line of a letter's head.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, text)
}
