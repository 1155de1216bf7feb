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
// is known. To an address that several share, that is another than the one of the last
// statement, or that waits since a file brought another one, it isn't sent either, and the
// error says why; no error holds an address.
func Notice(ctx context.Context, p *books.Books, s books.Setting, creator string, words wording.Letter) (sent bool, err error) {
	box, err := p.Lake.Mailboxes().Of(ctx, creator, s.Now)
	if err != nil || s.Config.Mail.Server == "" || box.Address == "" && box.New == "" {
		return false, err
	}
	if box.New != "" {
		return false, errors.New("the address is another than the one before, which was not told of it " + NewAddressDays + " days ago")
	}
	return notify(ctx, p, s, creator, box.Address, words)
}

// NewAddressDays is how many days an address waits that a file brings in the place of another.
const NewAddressDays = "seven"

// notify sends a letter about a creator to an address.
func notify(ctx context.Context, p *books.Books, s books.Setting, creator, to string, words wording.Letter) (sent bool, err error) {
	creators, err := p.Lake.People(ctx)
	if err != nil {
		return false, err
	}
	person := creators[creator]
	person.Email = to
	o := Options{Setting: s}
	if s.Variable != nil {
		o.Password = s.Variable(PasswordVariable)
	}
	m := &mailer{options: o, store: p.State}
	defer func() { err = errors.Join(err, m.close()) }()
	if m.to, err = addresseesOf(ctx, p, creators, nil, o); err != nil {
		return false, err
	}
	l := &letter{person: person, sent: state.Sent{CreatorID: creator}}
	l.entry.Creator = creator
	if err := m.to.look(ctx, l); err != nil {
		return false, err
	}
	if why := m.held(l); why != "" {
		why, _, _ = strings.Cut(why, ";") // what follows is about statements
		return false, errors.New(why)
	}
	err = m.note(ctx, note{to: netmail.Address{Name: oneLine(person.DisplayName), Address: person.Email}, about: creator, subject: words.Subject, body: words.Body}, l)
	return err == nil, err
}

// TellChanged tells the addresses of before of creators of whom a file brought another one:
// that one is signed in a week later. Without a server nothing is mailed and
// nobody signs in by mail. What the server answers to a letter is not waited for again.
func TellChanged(ctx context.Context, p *books.Books, s books.Setting, words func(creator string) (wording.Words, error)) (told int, err error) {
	if s.Config.Mail.Server == "" {
		return 0, nil
	}
	if untold, err := p.Lake.Mailboxes().Any(ctx, true); err != nil || !untold {
		return 0, err
	}
	waiting, err := p.Lake.Mailboxes().Waiting(ctx, s.Now)
	if err != nil {
		return 0, err
	}
	for _, box := range waiting {
		if !box.Told.IsZero() {
			continue
		}
		in, err := words(box.CreatorID)
		if err != nil {
			return told, err
		}
		if box.Address != "" {
			letter := in.AddressChanged(domainOf(s.Config.Mail.From), p.Lake.Mailboxes().From(s.Now).In(s.Config.Zone))
			_, err := notify(ctx, p, s, box.CreatorID, box.Address, letter)
			if failure := (*pipeline.Error)(nil); errors.As(err, &failure) {
				return told, err // no server answered: it is tried again
			}
		}
		if err := p.Lake.Mailboxes().Told(ctx, box.CreatorID, s.Now); err != nil {
			return told, err
		}
		told++
	}
	return told, nil
}

// domainOf gives the domain of who sends: creators know it by earlier letters.
func domainOf(from string) string {
	_, domain, _ := strings.Cut(from, "@")
	return strings.Trim(domain, "> ")
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
	l := &letter{person: pipeline.Person{CreatorID: person, Email: to}, sent: state.Sent{CreatorID: person}}
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
	message.SetMessageIDWithValue(hex.EncodeToString(sum[:16]) + "@" + domainOf(message.GetFromString()[0]))
	if err := m.connect(ctx); err != nil {
		return m.serverError(err)
	}
	if err := m.client.Send(message); err != nil {
		m.client = nil
		return errors.New(l.refusal(err))
	}
	return nil
}
