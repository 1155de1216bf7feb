package creators

import (
	"context"
	"errors"
	"strings"
	"time"

	"carat/jobs/books"
	"carat/jobs/mail"
	"carat/pipeline/identity"
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
		sent, err = mail.Notice(ctx, p, o.Setting, creator, "Your link to sign in",
			"Hello,\n\nsomebody, probably you, wants to sign in at "+o.Server+".\nThis link does it once, until "+until.In(o.Config.Zone).Format("15:04 (MST)")+":\n\n"+link+"\n\nIf it wasn't you, do nothing: without the link nobody signs in.\n")
		return 1, err
	})
	return sent, err
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
