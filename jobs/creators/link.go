package creators

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"carat/jobs/books"
	"carat/jobs/mail"
	"carat/jobs/statements"
	"carat/pipeline/identity"
	"carat/reports/letter"
)

// LinkOptions say who wants a link by mail.
type LinkOptions struct {
	books.Setting
	// Who is what somebody typed: a creator's name here, or their address.
	Who string
	// Make makes a link for whom the letter goes to, good until then.
	Make func(to Addressee) (link string, until time.Time)
	// Server is where people reach the pages.
	Server string
}

// Addressee is whom a letter with a link goes to. The link, and what it begins, is of all
// three: who reads one mailbox proved that one, and nothing about another creator's.
type Addressee struct {
	Person, Creator string
	Mailbox         string // SHA-256 of the address
}

// Still says whether a letter would go to the same today: another creator, or another
// address of theirs, ends what the link began. It is cheap, and asked at each request.
func (a Addressee) Still(ctx context.Context, p *books.Books, registry *identity.Registry) (bool, error) {
	creator := registry.CreatorOf(a.Person)
	if creator == "" || creator != a.Creator {
		return false, nil
	}
	email, err := p.Lake.Mailboxes().Now(ctx, creator)
	return err == nil && email != "" && mail.AddressSHA256(email) == a.Mailbox, err
}

// whoBytesMax bounds what somebody types; no address is longer.
const whoBytesMax = 254

// MailLink mails a creator a link by which they sign in, to the address that the files say.
// It says whether one was sent, for the log alone: whoever asked learns nothing. Who isn't
// exactly one creator, has no role here, or shares the address gets none.
func MailLink(ctx context.Context, o LinkOptions) (sent bool, err error) {
	who := strings.TrimSpace(o.Who)
	if who == "" || len(who) > whoBytesMax || books.WantLake(o.Setting) != nil {
		return false, nil
	}
	p, err := books.Open(ctx, o.Setting)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	registry, err := p.People(ctx)
	if err != nil || !registry.On {
		return false, err
	}
	person, creator, err := oneCreator(ctx, p, registry, who)
	if err != nil || person == "" {
		return false, err
	}
	box, err := p.Lake.Mailboxes().Of(ctx, creator, o.Now)
	if err != nil {
		return false, err
	}
	what := "mails " + person + " a link"
	if box.New != "" {
		what = "mails " + person + " no link: the address is another than the one before"
	}
	_, err = p.Recorded(ctx, o.Setting, "sign-in", what, func() (int64, error) {
		words, err := wordsOf(ctx, p, o.Setting, creator)
		if err == nil && box.New != "" {
			_, err = tellChanged(ctx, p, o.Setting)
			return 0, err
		}
		link, until := o.Make(Addressee{person, creator, mail.AddressSHA256(box.Address)})
		if err != nil {
			return 0, err
		}
		sent, err = mail.Notice(ctx, p, o.Setting, creator, words.Link(o.Server, link, until.In(o.Config.Zone)))
		return 1, err
	})
	return sent, err
}

// TellChanged tells the addresses of before of creators of whom a file brought another one,
// and gives how many were told; without a server of mail nobody is.
func TellChanged(ctx context.Context, s books.Setting) (told int, err error) {
	if s.Config.Mail.Server == "" || books.WantLake(s) != nil {
		return 0, nil
	}
	p, err := books.Open(ctx, s)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	return tellChanged(ctx, p, s)
}

// AfterIngest is TellChanged for who took a file in: what fails is told, and tried again
// with the next one.
func AfterIngest(ctx context.Context, s books.Setting) {
	told, err := TellChanged(ctx, s)
	switch {
	case err != nil:
		s.Tell(books.Event{Step: "ingest", Note: "an address of a creator was changed, and the one before could not be told: " + err.Error()})
	case told > 0:
		s.Tell(books.Event{Step: "ingest", Note: Changed(int64(told)) + "; the one before was told, and the new one signs in seven days later"})
	}
}

// Changed says of how many creators a file brought another address.
func Changed(n int64) string {
	if n == 1 {
		return "1 creator has another address than before"
	}
	return strconv.FormatInt(n, 10) + " creators have another address than before"
}

// AddressesThatWait says of how many creators the address that the files say signs nobody in yet;
// "" of none. It looks where anybody signs in by mail alone.
func AddressesThatWait(ctx context.Context, p *books.Books, s books.Setting) (string, error) {
	if on, err := signsIn(ctx, p, s); err != nil || !on {
		return "", err
	}
	if changed, err := p.Lake.Mailboxes().Any(ctx, false); err != nil || !changed {
		return "", err
	}
	waiting, err := p.Lake.Mailboxes().Waiting(ctx, s.Now)
	if err != nil || len(waiting) == 0 {
		return "", err
	}
	list := waiting[0].CreatorID
	if n := len(waiting) - 1; n > 0 {
		list += " and " + strconv.Itoa(n) + " more"
	}
	return Changed(int64(len(waiting))) + " (" + list + "): it signs in seven days after the one before was told; was it them?", nil
}

// signsIn says whether anybody signs in by mail: where there is a server and people are
// authenticated.
func signsIn(ctx context.Context, p *books.Books, s books.Setting) (bool, error) {
	if s.Config.Mail.Server == "" {
		return false, nil
	}
	registry, err := p.People(ctx)
	return err == nil && registry.On, err
}

func tellChanged(ctx context.Context, p *books.Books, s books.Setting) (int, error) {
	if on, err := signsIn(ctx, p, s); err != nil || !on {
		return 0, err
	}
	return mail.TellChanged(ctx, p, s, func(creator string) (letter.Words, error) { return wordsOf(ctx, p, s, creator) })
}

// wordsOf gives the words of the language in which a creator reads their newest statement.
func wordsOf(ctx context.Context, p *books.Books, s books.Setting, creator string) (w letter.Words, err error) {
	runs, err := currentRuns(ctx, p)
	if err != nil || len(runs) == 0 {
		return letter.In(""), err
	}
	languages, err := statements.LanguagesOf(ctx, p, s.Config, runs[0], creator)
	return letter.In(languages.Of(creator, false)), err
}

// oneCreator gives the person, and the creator that they are, whom a name or an address
// means; "" where that is nobody, or several.
func oneCreator(ctx context.Context, p *books.Books, registry *identity.Registry, who string) (person, creator string, err error) {
	known, err := p.Lake.People(ctx)
	if err != nil {
		return "", "", err
	}
	for _, g := range registry.Grants {
		if g.Role != identity.Creator || g.Person != who && (known[g.Creator].Email == "" || !strings.EqualFold(known[g.Creator].Email, who)) {
			continue
		}
		if person != "" {
			return "", "", nil
		}
		person, creator = g.Person, g.Creator
	}
	return person, creator, nil
}
