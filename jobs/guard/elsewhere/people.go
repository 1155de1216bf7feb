package elsewhere

import (
	"context"

	"carat/jobs/books"
	"carat/pipeline"
)

// People compares the store of people with what is chained of it, and with the records of who is written to and who signs
// in by a provider: what somebody took away is told, as what they changed is.
func People(ctx context.Context, p *books.Books, differ func(format string, args ...any)) error {
	err := p.Lake.CheckPeople(ctx)
	if pipeline.KindOf(err) == pipeline.KindVerification {
		differ("%v", err)
		return nil
	}
	if err != nil {
		return err
	}
	registry, err := p.People(ctx)
	if err != nil {
		return nil // the records are judged by themselves
	}
	var addresses, logins [][2]string
	for _, one := range registry.Addresses {
		addresses = append(addresses, [2]string{one.Person, one.Hash})
	}
	for _, one := range registry.Links {
		if one.Revoked == 0 {
			logins = append(logins, [2]string{one.Person, one.Hash})
		}
	}
	unwritten, unknown, err := p.Lake.Logins().Lost(ctx, addresses, logins)
	for _, person := range unwritten {
		differ("where %s is written to is gone, or was changed by another program: an administrator says it again, `carat users address %s ADDRESS`", person, person)
	}
	for _, person := range unknown {
		differ("who %s is at the provider of sign-ins is gone, or was changed by another program: an administrator links them again, `carat users link %s SUBJECT`", person, person)
	}
	return err
}
