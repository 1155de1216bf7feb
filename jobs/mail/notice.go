package mail

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"

	"github.com/wneessen/go-mail"

	netmail "net/mail"

	"carat/jobs/books"
	"carat/pipeline"
	"carat/pipeline/feed/address"
	"carat/pipeline/state"
	wording "carat/reports/letter"
)

// Notice sends a creator a letter without a statement: that there is something to read
// where they sign in. It isn't sent, and no error, where no server is named or no address
// is known. To an address that several share, or that is another than the one of the last
// statement, it isn't sent either, and the error says why; no error holds an address.
func Notice(ctx context.Context, p *books.Books, s books.Setting, creator string, words wording.Letter) (sent bool, err error) {
	if s.Config.Mail.Server == "" {
		return false, nil
	}
	people, err := p.Lake.People(ctx)
	if err != nil {
		return false, err
	}
	person := people[creator]
	if person.Email == "" {
		return false, nil
	}
	o := Options{Setting: s}
	if s.Variable != nil {
		o.Password = s.Variable(PasswordVariable)
	}
	m := &mailer{options: o, store: p.State}
	defer func() { err = errors.Join(err, m.close()) }()
	if m.to, err = addresseesOf(ctx, p.State, people, nil, o); err != nil {
		return false, err
	}
	l := &letter{person: person, sent: state.Sent{CreatorID: creator, AddressSHA256: addressSHA256(person.Email)}}
	l.entry.Creator = creator
	if why := m.held(l); why != "" {
		why, _, _ = strings.Cut(why, ";") // what follows is about statements
		return false, errors.New(why)
	}
	err = m.note(ctx, note{to: netmail.Address{Name: oneLine(person.DisplayName), Address: person.Email}, about: creator, subject: words.Subject, body: words.Body}, l)
	return err == nil, err
}

// ToStaff sends somebody of the staff a letter without a number or a name. It isn't sent,
// and no error, where no server is named or nothing is known of where to; no error holds an
// address.
func ToStaff(ctx context.Context, s books.Setting, person, to, subject, body string) (sent bool, err error) {
	if s.Config.Mail.Server == "" || to == "" {
		return false, nil
	}
	o := Options{Setting: s}
	if s.Variable != nil {
		o.Password = s.Variable(PasswordVariable)
	}
	m := &mailer{options: o}
	defer func() { err = errors.Join(err, m.close()) }()
	l := &letter{person: pipeline.Person{CreatorID: person, Email: to}, sent: state.Sent{CreatorID: person, AddressSHA256: addressSHA256(to)}}
	err = m.note(ctx, note{to: netmail.Address{Address: to}, about: person, subject: subject, body: body}, l)
	return err == nil, err
}

// note is a letter without a statement.
type note struct {
	to            netmail.Address
	about         string // whom it is about
	subject, body string
}

// note gives a letter to the server.
func (m *mailer) note(ctx context.Context, n note, l *letter) error {
	s := m.options.Setting
	message := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := message.From(s.Config.Mail.From); err != nil {
		return errors.New("mail from is no address")
	}
	mailbox, err := address.ASCII(n.to.Address)
	if err != nil {
		return errors.New("the address is none")
	}
	to := netmail.Address{Name: n.to.Name, Address: mailbox}
	if err := message.AddTo(to.String()); err != nil {
		return errors.New("the address is none")
	}
	message.Subject(oneLine(n.subject))
	message.SetDateWithValue(s.Now)
	message.SetBodyString(mail.TypeTextPlain, n.body)
	sum := sha256.Sum256([]byte(strings.Join([]string{n.about, n.subject, n.body, s.Now.String()}, "\x00")))
	_, domain, _ := strings.Cut(message.GetFromString()[0], "@")
	message.SetMessageIDWithValue(hex.EncodeToString(sum[:16]) + "@" + strings.Trim(domain, "> "))
	if err := m.connect(ctx); err != nil {
		return m.serverError(err)
	}
	if err := m.client.Send(message); err != nil {
		m.client = nil
		return errors.New(l.refusal(err))
	}
	return nil
}
