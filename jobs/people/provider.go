package people

import (
	"context"
	"errors"
	"slices"
	"time"

	"carat/jobs/books"
	"carat/pipeline"
	"carat/pipeline/identity"
	"carat/pipeline/state"
)

// LinkOptions say who somebody is at the provider of sign-ins.
type LinkOptions struct {
	books.Setting
	Person  string
	Subject string // at the provider that carat.yaml names; as its page of sign-in shows it
	ID      string // of the link that is taken away
	Reason  string
}

// subjectBytesMax bounds what a provider calls somebody.
const subjectBytesMax = 255

// Link records that somebody whom the provider knows is a person here: an administrator
// says so, since a name at the provider is no proof of a name here. One at the provider is
// one person here, for ever.
func Link(ctx context.Context, o LinkOptions) (link identity.Link, err error) {
	refuse := func(hint, format string, args ...any) error {
		return pipeline.Errorf(pipeline.KindUsage, "link", o.Person, format, args...).WithHint("%s", hint)
	}
	issuer := o.Config.Auth.OIDC.Issuer
	if err := books.CheckUser(o.Person); err != nil {
		return link, err
	}
	switch {
	case issuer == "":
		return link, refuse("add auth.oidc to carat.yaml, and let an administrator accept it: `carat auth accept`", "carat.yaml names no provider")
	case o.Subject == "" || len(o.Subject) > subjectBytesMax:
		return link, refuse("the page of sign-in shows it to whoever isn't linked yet", "%q is nobody at a provider", pipeline.CutText(o.Subject))
	}
	if err := books.WantLake(o.Setting); err != nil {
		return link, err
	}
	p, end, err := open(ctx, o.Setting, books.RightGrant, "users")
	if err != nil {
		return link, err
	}
	defer func() { err = end(err) }()
	registry, err := p.People(ctx)
	if err != nil {
		return link, err
	}
	if !registry.Provides(issuer) {
		return link, refuse("let an administrator accept it: `carat auth accept`", "no record says that %s is the provider", issuer)
	}
	one, found, err := p.Lake.Logins().Find(ctx, issuer, o.Subject)
	if err != nil {
		return link, err
	}
	known := found && slices.ContainsFunc(registry.Links, func(l identity.Link) bool { return l.Hash == one.Hash })
	switch {
	case known && one.Person != o.Person:
		return link, refuse("a person has one name at carat: grant that name what is missing", "it is %s's, and one at the provider is one person for ever", one.Person)
	case known && registry.LinkOf(o.Person, one.Hash) != nil:
		return link, refuse("nothing is left to do", "it is linked already")
	}
	// A key of its own for each link: a hash in the chain tells of one record alone.
	one.Person, one.Issuer, one.Subject = o.Person, issuer, o.Subject
	if one, err = p.Lake.Logins().Put(ctx, one); err != nil {
		return link, err
	}
	err = again(func() error {
		proof, err := p.Prove(ctx, o.Setting, identity.KindLink, books.RightGrant, identity.Field{Name: "subject", Value: o.Person}, identity.Field{Name: "identity", Value: one.Hash})
		if err != nil {
			return err
		}
		link = identity.Link{Person: o.Person, Hash: one.Hash, No: proof.Record.No}
		return p.State.Prove(ctx, proof)
	})
	return link, err
}

// Unlink takes a link away, with the roles that the groups gave: the person's own, or
// anybody's by an administrator.
func Unlink(ctx context.Context, o LinkOptions) (record int64, err error) {
	if err := books.WantLake(o.Setting); err != nil {
		return 0, err
	}
	if err := books.CheckUser(o.Person); err != nil {
		return 0, err
	}
	right, signs := books.RightGrant, books.RightGrant
	if o.Person == o.By.User {
		right, signs = books.RightUsers, ""
	}
	p, end, err := open(ctx, o.Setting, right, "users")
	if err != nil {
		return 0, err
	}
	defer func() { err = end(err) }()
	err = again(func() error {
		registry, err := p.People(ctx)
		if err != nil {
			return err
		}
		proof, err := p.Prove(ctx, o.Setting, identity.KindRevoke, signs, identity.Field{Name: "subject", Value: o.Person}, identity.Field{Name: "reason", Value: o.Reason}, identity.Field{Name: "identity", Value: o.ID})
		if err != nil {
			return err
		}
		record = proof.Record.No
		others := slices.ContainsFunc(registry.Links, func(l identity.Link) bool { return l.Person == o.Person && l.Revoked == 0 && l.ID() != o.ID })
		return p.State.ProveGrants(ctx, proof, func(list []state.Grant) (granted, revoked []state.Grant, err error) {
			if !others {
				revoked = byGroups(registry, list, o.Person)
			}
			return nil, revoked, nil
		})
	})
	return record, err
}

// byGroups gives those of some roles that a person has by their groups.
func byGroups(registry *identity.Registry, list []state.Grant, person string) (some []state.Grant) {
	for _, one := range registry.ByGroups(person) {
		for _, g := range list {
			if g.User == one.Person && g.Role == one.Role && g.Signed == one.No {
				some = append(some, g)
			}
		}
	}
	for _, g := range list {
		if g.User == person && registry.IsVoid(g.Signed) {
			some = append(some, g)
		}
	}
	return some
}

// SeenOptions say who signed in by the provider. By is who runs the server, and Signer has
// the server's key.
type SeenOptions struct {
	books.Setting
	Issuer, Subject string
	Groups          []string // all that the provider says
}

// Seen is who it was.
type Seen struct {
	Person string
	Link   string // its hash
	Roles  []string
	Until  time.Time // when the roles by groups end
}

// ErrUnknown is the error of somebody whom the provider knows and no record links.
var ErrUnknown = errors.New("no record says who that is here")

// NoRole is the error of somebody whose groups give no role, or roles that one person can't
// have. It is for them.
type NoRole struct{ Says string }

func (e *NoRole) Error() string { return e.Says }

// renewedHours is how long roles by groups may be good for still without a new record of
// the same: whoever signs in again within an hour isn't recorded twice.
const renewedHours = identity.GroupHours - 1

// SignedIn gives who signed in by the provider, and records the roles that their groups give
// them. Nobody without a link and a group has any.
func SignedIn(ctx context.Context, o SeenOptions) (seen Seen, err error) {
	if books.WantLake(o.Setting) != nil {
		return seen, ErrUnknown
	}
	p, err := books.Open(ctx, o.Setting)
	if err != nil {
		return seen, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	one, found, err := p.Lake.Logins().Find(ctx, o.Issuer, o.Subject)
	if err != nil {
		return seen, err
	}
	err = again(func() error {
		registry, err := p.People(ctx)
		if err != nil {
			return err
		}
		if !registry.On || !registry.Provides(o.Issuer) || !found || registry.LinkOf(one.Person, one.Hash) == nil {
			return ErrUnknown
		}
		groups := slices.DeleteFunc(slices.Clone(o.Groups), func(g string) bool { return registry.RoleOfGroup(g) == "" })
		roles, err := registry.RolesByGroups(one.Person, groups)
		if err != nil {
			return &NoRole{Says: err.Error()}
		}
		seen = Seen{Person: one.Person, Link: one.Hash, Roles: roles, Until: o.Now.UTC().Truncate(time.Second).Add(identity.GroupHours * time.Hour)}
		if had := registry.ByGroups(one.Person); stillGood(had, registry, one.Person, roles, o.Now) {
			seen.Until = had[0].Until
			return nil
		}
		return o.record(ctx, p, registry, seen, groups)
	})
	return seen, err
}

// stillGood says whether the roles by groups are those that were recorded within the hour.
func stillGood(had []identity.Grant, registry *identity.Registry, person string, roles []string, now time.Time) bool {
	if len(had) == 0 {
		return false
	}
	for _, role := range roles {
		if !registry.Has(person, role) {
			return false
		}
	}
	return !slices.ContainsFunc(had, func(g identity.Grant) bool {
		return !slices.Contains(roles, g.Role) || g.Until.Sub(now) < renewedHours*time.Hour || g.At.After(now)
	})
}

// record writes who signed in, and the roles in the place of those by groups before.
func (o SeenOptions) record(ctx context.Context, p *books.Books, registry *identity.Registry, seen Seen, groups []string) error {
	fields := append([]identity.Field{{Name: "subject", Value: seen.Person}, {Name: "identity", Value: seen.Link}}, many("group", groups)...)
	proof, err := p.Prove(ctx, o.Setting, identity.KindSeen, books.RightServe, append(fields, identity.Field{Name: "until", Value: seen.Until.Format(time.RFC3339)})...)
	if err != nil {
		return err
	}
	return p.State.ProveGrants(ctx, proof, func(list []state.Grant) (granted, revoked []state.Grant, err error) {
		revoked = byGroups(registry, list, seen.Person)
		for _, role := range seen.Roles {
			lasting := slices.ContainsFunc(list, func(g state.Grant) bool {
				return g.User == seen.Person && g.Role == role && !slices.ContainsFunc(revoked, func(r state.Grant) bool { return r.Role == g.Role })
			})
			if !lasting {
				granted = append(granted, state.Grant{User: seen.Person, Role: role, By: o.By.User, OSUser: o.By.OSUser, At: o.Now, Until: seen.Until})
			}
		}
		return granted, revoked, nil
	})
}
