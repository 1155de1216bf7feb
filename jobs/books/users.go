package books

import (
	"context"
	"errors"
	"slices"
	"strings"

	"carat/jobs/names"
	"carat/pipeline"
	"carat/pipeline/state"
)

// UsersOptions say whose role to change; without a role nothing is changed.
type UsersOptions struct {
	Setting
	User   string
	Role   string
	Revoke bool
}

// UsersResult is who has which role, and who became administrator by the way.
type UsersResult struct {
	Grants []state.Grant
	// Administrator is who became administrator by granting the first role; "":
	// nobody.
	Administrator string
}

// Users gives every role of every user, after a change if one was asked for.
// Roles are changed by an administrator. Who grants the first role of all becomes
// one, unless that role makes somebody else one.
func Users(ctx context.Context, o UsersOptions) (result *UsersResult, err error) {
	right := RightUsers
	if o.Role != "" {
		right = RightGrant
	}
	p, err := Open(ctx, o.Setting)
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
		if result.Administrator, err = p.changeRole(ctx, o); err != nil {
			return nil, err
		}
	}
	result.Grants, err = p.State.Grants(ctx)
	return result, err
}

// check is a usage error for a role that doesn't exist or a name that is none; it
// gives the name its one spelling.
func (o *UsersOptions) check() error {
	if !slices.Contains(Roles, o.Role) {
		e := pipeline.Errorf(pipeline.KindUsage, "change role of", o.User, "there is no role %q", o.Role)
		if meant := pipeline.Closest(o.Role, Roles); meant != "" {
			return e.WithHint("did you mean %s?", meant)
		}
		return e.WithHint("roles are %s", strings.Join(Roles, ", "))
	}
	if name, err := names.User(o.User); err == nil {
		o.User = name
	}
	return checkUser(o.User)
}

func (p *Books) changeRole(ctx context.Context, o UsersOptions) (administrator string, err error) {
	job, err := p.Begin(ctx, o.Setting, "users", "")
	if err != nil {
		return "", err
	}
	defer func() { err = job.End(ctx, err) }()
	// Who asks may have lost the right since, and who else grants roles too.
	err = p.State.ChangeGrants(ctx, func(list []state.Grant) (granted, revoked []state.Grant, err error) {
		g := Grants(list)
		if err := g.may(o.By, RightGrant); err != nil {
			return nil, nil, err
		}
		if o.Revoke {
			revoked, err = g.revoke(o)
			return nil, revoked, err
		}
		administrator, granted, err = g.grant(o)
		return granted, nil, err
	})
	return administrator, err
}

// grant gives what is to be written for a role to be granted. The first of all
// makes its giver an administrator: else nobody could give the next.
func (g Grants) grant(o UsersOptions) (administrator string, granted []state.Grant, err error) {
	by := state.Grant{User: o.User, Role: o.Role, By: o.By.User, OSUser: o.By.OSUser, At: o.Now}
	if len(g) == 0 && o.Role != RoleAdministrator {
		first := by
		first.User, first.Role = o.By.User, RoleAdministrator
		administrator, granted, g = first.User, append(granted, first), append(g, first)
	}
	if err := g.mayGrant(o); err != nil {
		return "", nil, err
	}
	if !g.Has(o.User, o.Role) {
		granted = append(granted, by)
	}
	return administrator, granted, nil
}

// mayGrant refuses a role that would leave too few pairs of eyes.
func (g Grants) mayGrant(o UsersOptions) error {
	refuse := func(format string, args ...any) *pipeline.Error {
		return pipeline.Refusef("grant "+o.Role+" to", o.User, format, args...)
	}
	signs := []string{RolePreparer, RoleApprover, RoleScheduler}
	switch {
	case names.Same(o.User, o.By.User) && len(g) > 0:
		return refuse("nobody grants a role to themselves; who grants the first one becomes administrator").
			WithHint("let an administrator grant it, or name one first: `carat users grant NAME administrator`")
	case o.Role == RoleAdministrator && g.Has(o.User, signs...), slices.Contains(signs, o.Role) && g.Has(o.User, RoleAdministrator):
		return refuse("an administrator prepares, decides and approves nothing, and %s is %s", o.User, strings.Join(g.RolesOf(o.User), " and ")).
			WithHint("let somebody else be the %s, or revoke the other role first", o.Role)
	}
	return nil
}

// revoke gives what is to be taken away for a role to be revoked, in whichever
// spelling its holder was recorded. The last who can grant roles stays.
func (g Grants) revoke(o UsersOptions) (revoked []state.Grant, err error) {
	if !g.Has(o.User, o.Role) {
		return nil, pipeline.Errorf(pipeline.KindNotFound, "revoke role of", o.User, "%s is no %s", o.User, o.Role).
			WithHint("`carat users` lists who is")
	}
	others := slices.ContainsFunc(g, func(one state.Grant) bool { return one.Role == o.Role && !names.Same(one.User, o.User) })
	if o.Role == g.administering() && !others {
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
