package people

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"carat/jobs/books"
	"carat/jobs/config"
	"carat/jobs/names"
	"carat/pipeline"
	"carat/pipeline/identity"
	"carat/pipeline/spelling"
	"carat/pipeline/state"
	"carat/pipeline/state/signed"
)

// UsersOptions say whose role to change; without a role nothing is changed.
type UsersOptions struct {
	books.Setting
	User     string
	Role     string
	Entities []string // to which the role is limited; none: all
	Creator  string   // whose rows a creator is to see, by their id
	Revoke   bool
}

// UsersResult is who has which role, and who became administrator by the way.
type UsersResult struct {
	Grants []state.Grant
	// Administrator is who became administrator by granting the first role; "":
	// nobody.
	Administrator string
	// Waits says that the role waits for another administrator to grant it too.
	Waits bool
	// Proposals are all that wait so.
	Proposals []identity.Proposal
	// Creators are whose rows creators see, by the person.
	Creators map[string]string
}

// Users gives every role of every user, after a change if one was asked for.
// Roles are changed by an administrator. Who grants the first role of all becomes
// one, whatever the role and whoever gets it: a name that was misspelt locks nobody out.
func Users(ctx context.Context, o UsersOptions) (result *UsersResult, err error) {
	right := books.RightUsers
	if o.Role != "" {
		right = books.RightGrant
	}
	p, err := books.Open(ctx, o.Setting)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	result = &UsersResult{}
	if o.Role != "" {
		if err := o.check(); err != nil {
			return nil, err
		}
	}
	if err := p.May(ctx, o.Setting, right); err != nil {
		return nil, err
	}
	if o.Role != "" {
		err := p.Lake.WantWritable()
		if err == nil {
			err = changeRole(ctx, p, o, result)
		}
		if err != nil {
			return nil, err
		}
	}
	registry, err := p.People(ctx)
	if err != nil {
		return nil, err
	}
	result.Proposals, result.Creators = registry.Proposals, map[string]string{}
	for _, one := range registry.Grants {
		if one.Creator != "" {
			result.Creators[one.Person] = one.Creator
		}
	}
	result.Grants, err = p.State.Grants(ctx)
	return result, err
}

// check is a usage error for a role that doesn't exist or a name that is none; it
// gives the name its one spelling.
func (o *UsersOptions) check() error {
	if !slices.Contains(books.Roles, o.Role) {
		e := pipeline.Errorf(pipeline.KindUsage, "change role of", o.User, "there is no role %q", o.Role)
		if meant := pipeline.Closest(o.Role, books.Roles); meant != "" {
			return e.WithHint("did you mean %s?", meant)
		}
		return e.WithHint("roles are %s", strings.Join(books.Roles, ", "))
	}
	if name, err := names.User(o.User); err == nil {
		o.User = name
	}
	for _, e := range o.Entities {
		if !slices.ContainsFunc(o.Config.Entities, func(have config.Entity) bool { return have.ID == e }) {
			return pipeline.Errorf(pipeline.KindUsage, "limit role of", o.User, "carat.yaml has no entity %q", e)
		}
	}
	slices.Sort(o.Entities)
	o.Entities = slices.Compact(o.Entities)
	if len(o.Entities) > 0 && !slices.Contains(limitable, o.Role) {
		return pipeline.Errorf(pipeline.KindUsage, "limit role of", o.User, "what the %s does is of all entities", o.Role).WithHint("limited can be %s", strings.Join(limitable, ", "))
	}
	if err := o.checkCreator(); err != nil {
		return err
	}
	return books.CheckUser(o.User)
}

// creatorBytesMax bounds a creator's id in a record.
const creatorBytesMax = 200

// checkCreator is a usage error for a creator without an id, for an id that can't be one,
// and for one with any other role.
func (o *UsersOptions) checkCreator() error {
	switch {
	case o.Role != books.RoleCreator && o.Creator != "", o.Revoke && o.Creator != "":
		return pipeline.Errorf(pipeline.KindUsage, "change role of", o.User, "a creator's id goes with granting the role creator alone")
	case o.Role != books.RoleCreator || o.Revoke:
		return nil
	case o.Creator == "":
		return pipeline.Errorf(pipeline.KindUsage, "grant creator to", o.User, "it isn't said whose rows they see").WithHint("name the creator by their id: `carat users grant %s creator --creator ID`", o.User)
	case len(o.Creator) > creatorBytesMax || spelling.CheckText(o.Creator, false) != nil || strings.TrimSpace(o.Creator) != o.Creator || spelling.Redact(o.Creator) != o.Creator:
		return pipeline.Errorf(pipeline.KindUsage, "grant creator to", o.User, "%q is no creator's id", pipeline.CutText(o.Creator)).WithHint("give it as the files do")
	}
	return nil
}

// limitable are the roles that can be limited to entities.
var limitable = []string{books.RolePreparer, books.RoleApprover, books.RoleSupport, books.RoleAuditor}

func changeRole(ctx context.Context, p *books.Books, o UsersOptions, result *UsersResult) (err error) {
	job, err := p.Begin(ctx, o.Setting, "users", "")
	if err != nil {
		return err
	}
	defer func() { err = job.End(ctx, err) }()
	return again(func() error {
		proof, err := o.prove(ctx, p, result)
		if err != nil {
			return err
		}
		// Who asks may have lost the right since, and who else grants roles too.
		return p.State.ProveGrants(ctx, proof, func(list []state.Grant) (granted, revoked []state.Grant, err error) {
			g := books.Grants(list)
			if err := g.May(o.By, books.RightGrant); err != nil {
				return nil, nil, err
			}
			if o.Revoke {
				revoked, err = revoke(g, o)
				return nil, revoked, err
			}
			if result.Administrator, granted, err = grant(g, o); err != nil || result.Waits {
				return nil, nil, err
			}
			return granted, replaced(g, o), nil
		})
	})
}

// prove makes the record of a role granted or taken away, which completes what another
// administrator proposed.
func (o UsersOptions) prove(ctx context.Context, p *books.Books, result *UsersResult) (*state.Proof, error) {
	registry, err := p.People(ctx)
	if err != nil {
		return nil, err
	}
	fields := []identity.Field{{Name: "subject", Value: o.User}, {Name: "role", Value: o.Role}}
	if o.Revoke {
		return p.Prove(ctx, o.Setting, identity.KindRevoke, books.RightGrant, fields...)
	}
	for _, e := range o.Entities {
		fields = append(fields, identity.Field{Name: "entity", Value: e})
	}
	for _, one := range registry.Proposals {
		if one.Person == o.User && one.Role == o.Role && slices.Equal(one.Entities, o.Entities) && one.By != o.By.User {
			fields = append(fields, identity.Field{Name: "proposed-by", Value: strconv.FormatInt(one.No, 10)})
		}
	}
	if o.Creator != "" {
		if linked := registry.CreatorOf(o.User); linked != "" && linked != o.Creator {
			return nil, pipeline.Errorf(pipeline.KindUsage, "grant creator to", o.User, "%s is creator %s, and a person is one creator", o.User, linked).
				WithHint("take that away first: `carat users revoke %s creator`", o.User)
		}
		fields = append(fields, identity.Field{Name: "creator", Value: o.Creator})
	}
	result.Waits = registry.NeedsSecond(identity.Record{Person: o.By.User, Fields: fields})
	return p.Prove(ctx, o.Setting, identity.KindGrant, books.RightGrant, fields...)
}

// replaced gives the grant of the same role whose entities were others, or that ends by itself.
func replaced(g books.Grants, o UsersOptions) (old []state.Grant) {
	for _, one := range g {
		if one.Role == o.Role && names.Same(one.User, o.User) && (!slices.Equal(one.Entities, o.Entities) || !one.Until.IsZero()) {
			old = append(old, one)
		}
	}
	return old
}

// signTries bounds how often a record is signed anew because somebody else signed
// meanwhile.
const signTries = 5

// again does what ends with a record that was made for another place of the chain
// once more.
func again(do func() error) (err error) {
	for range signTries {
		if err = do(); !errors.Is(err, signed.ErrMoved) {
			return err
		}
	}
	return err
}

// grant gives what is to be written for a role to be granted. The first of all
// makes its giver an administrator: else nobody could give the next, or take this one
// back where its name was misspelt.
func grant(g books.Grants, o UsersOptions) (administrator string, granted []state.Grant, err error) {
	by := state.Grant{User: o.User, Role: o.Role, By: o.By.User, OSUser: o.By.OSUser, At: o.Now, Entities: o.Entities}
	if own := o.Role == books.RoleAdministrator && names.Same(o.User, o.By.User); len(g) == 0 && !own {
		first := by
		first.User, first.Role, first.Entities = o.By.User, books.RoleAdministrator, nil
		administrator, granted, g = first.User, append(granted, first), append(g, first)
	}
	if err := mayGrant(g, o); err != nil {
		return "", nil, err
	}
	if !g.Has(o.User, o.Role) || len(replaced(g, o)) > 0 {
		granted = append(granted, by)
	}
	return administrator, granted, nil
}

// mayGrant refuses a role that would leave too few pairs of eyes.
func mayGrant(g books.Grants, o UsersOptions) error {
	refuse := func(format string, args ...any) *pipeline.Error {
		return pipeline.Refusef("grant "+o.Role+" to", o.User, format, args...)
	}
	signs := []string{books.RolePreparer, books.RoleApprover, books.RoleScheduler}
	staff := slices.DeleteFunc(g.RolesOf(o.User), func(role string) bool { return role == books.RoleCreator })
	switch {
	case o.Role == books.RoleCreator && len(staff) > 0, o.Role != books.RoleCreator && g.Has(o.User, books.RoleCreator):
		return refuse("a creator sees their own rows and nobody of the staff is one, and %s is %s", o.User, strings.Join(g.RolesOf(o.User), " and ")).
			WithHint("give them another name as a creator")
	case names.Same(o.User, o.By.User) && len(g) > 0:
		return refuse("nobody grants a role to themselves; who grants the first one becomes administrator").
			WithHint("let an administrator grant it, or name one first: `carat users grant NAME administrator`")
	case o.Role == books.RoleAdministrator && g.Has(o.User, signs...), slices.Contains(signs, o.Role) && g.Has(o.User, books.RoleAdministrator):
		return refuse("an administrator prepares, decides and approves nothing, and %s is %s", o.User, strings.Join(g.RolesOf(o.User), " and ")).
			WithHint("let somebody else be the %s, or revoke the other role first", o.Role)
	}
	return nil
}

// revoke gives what is to be taken away for a role to be revoked, in whichever
// spelling its holder was recorded. The last who can grant roles stays.
func revoke(g books.Grants, o UsersOptions) (revoked []state.Grant, err error) {
	if !g.Has(o.User, o.Role) {
		return nil, pipeline.Errorf(pipeline.KindNotFound, "revoke role of", o.User, "%s is no %s", o.User, o.Role).
			WithHint("`carat users` lists who is")
	}
	others := slices.ContainsFunc(g, func(one state.Grant) bool { return one.Role == o.Role && !names.Same(one.User, o.User) })
	if o.Role == g.Administering() && !others {
		return nil, pipeline.Errorf(pipeline.KindUsage, "revoke role of", o.User, "%s is the last who can grant roles", o.User).
			WithHint("name another first: `carat users grant NAME administrator`")
	}
	for _, one := range g {
		if one.Role == o.Role && names.Same(one.User, o.User) {
			revoked = append(revoked, one)
		}
	}
	return revoked, nil
}
