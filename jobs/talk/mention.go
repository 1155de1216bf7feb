package talk

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"carat/jobs/books"
	"carat/jobs/mail"
	"carat/jobs/names"
)

// Bounds on letters: of one comment, and of how long they keep who said it waiting.
const (
	mentionsMax = 10
	mentionTime = 20 * time.Second
)

// mention is a name in a text, such as @ann: not the second half of an address.
var mention = regexp.MustCompile(`(?:^|[^\pL\pN_.@+-])@([A-Za-z0-9_][A-Za-z0-9_.@\\+-]*)`)

// mentioned gives whom a text names, each once, in order.
func mentioned(text string) (people []string) {
	for _, m := range mention.FindAllStringSubmatch(text, -1) {
		name, err := names.User(strings.TrimRight(m[1], `.@\+-`))
		if err == nil && !slices.Contains(people, name) {
			people = append(people, name)
		}
	}
	return people
}

// tell writes to whoever a comment names, as far as they may see the exception and an
// administrator said where: a link, and nothing of what was said or found. It gives whom it
// told and whom not; that no letter went takes nothing back.
func tell(ctx context.Context, p *books.Books, o SayOptions, entity string) (told, untold []string, err error) {
	list := mentioned(o.Text)
	if len(list) == 0 || o.Config.Mail.Server == "" {
		return nil, nil, nil
	}
	grants, err := p.Grants(ctx, o.Setting)
	if err != nil {
		return nil, nil, err
	}
	registry, err := p.People(ctx)
	if err != nil {
		return nil, nil, err
	}
	late, cancel := context.WithTimeout(ctx, mentionTime)
	defer cancel()
	for i, person := range list {
		who := books.Actor{User: person}
		only := grants.Entities(who, books.RightExceptions)
		if i >= mentionsMax || person == o.By.User || !grants.Allow(who, books.RightExceptions) || len(only) > 0 && !slices.Contains(only, entity) {
			if person != o.By.User {
				untold = append(untold, person)
			}
			continue
		}
		to, err := p.Lake.Logins().Address(late, person, registry.AddressOf(person))
		if err != nil {
			return told, append(untold, list[i:]...), err
		}
		sent := false
		if to != "" {
			_, err = p.Recorded(late, o.Setting, "exceptions", fmt.Sprintf("writes to %s of %s", person, o.ID), func() (int64, error) {
				sent, err = mail.ToStaff(late, o.Setting, person, to, "You are named in a comment",
					"Hello,\n\na comment on an exception names you. Sign in to read it:\n\n"+strings.TrimSuffix(o.Server, "/")+"/exceptions/"+o.ID+"\n")
				return 1, err
			})
		}
		if err != nil || !sent {
			untold = append(untold, person)
		} else {
			told = append(told, person)
		}
	}
	return told, untold, nil
}

// Untold is the error of a comment that was kept, of which somebody whom it names was not
// told by mail.
type Untold struct{ People []string }

func (e *Untold) Error() string {
	return strings.Join(e.People, ", ") + ": no letter was sent. Who is named has to be somebody who may see the exception, and an administrator says where they are written to: `carat users address NAME ADDRESS`"
}
