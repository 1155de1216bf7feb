package creators

import (
	"context"
	"errors"
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
	// Make makes a link for the person, good until then.
	Make func(person string) (link string, until time.Time)
	// Server is where people reach the pages.
	Server string
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
	_, err = p.Recorded(ctx, o.Setting, "sign-in", "mails "+person+" a link", func() (int64, error) {
		link, until := o.Make(person)
		words, err := wordsOf(ctx, p, o.Setting, creator)
		if err != nil {
			return 0, err
		}
		sent, err = mail.Notice(ctx, p, o.Setting, creator, words.Link(o.Server, link, until.In(o.Config.Zone)))
		return 1, err
	})
	return sent, err
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
