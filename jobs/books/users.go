package books

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"

	"carat/pipeline"
	"carat/pipeline/state"
)

// The roles that a user can have. While no role was ever granted, everybody
// may do everything, but no one person both prepares and approves.
const (
	RolePreparer  = "preparer"  // prepares a period, decides exceptions, reopens
	RoleApprover  = "approver"  // approves a period, decides exceptions, reopens, grants roles
	RoleAuditor   = "auditor"   // reads, and is refused what writes
	RoleCreator   = "creator"   // reads what is theirs
	RoleScheduler = "scheduler" // runs jobs and prepares; never approves
)

// Roles are all of them, in the order in which they are listed.
var Roles = []string{RolePreparer, RoleApprover, RoleAuditor, RoleCreator, RoleScheduler}

// SchedulerUser is whom jobs run by carat's own scheduler are recorded as.
const SchedulerUser = "scheduler"

// userForm is what a user may be called: as operating systems and single
// sign-on do.
var userForm = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.@\\+-]{0,99}$`)

// checkUser is a usage error for a name that is none.
func checkUser(name string) error {
	if userForm.MatchString(name) {
		return nil
	}
	return pipeline.Errorf(pipeline.KindUsage, "use", "user", "%q is not a user's name (letters, digits, _ . @ - +)", name).
		WithHint("name yourself with --user")
}

// Grants are the roles that users have.
type Grants []state.Grant

// Has says whether a user has one of the roles.
func (g Grants) Has(user string, roles ...string) bool {
	return slices.ContainsFunc(g, func(one state.Grant) bool { return one.User == user && slices.Contains(roles, one.Role) })
}

// May is a usage error when the one who runs the job has none of the roles
// that it needs.
func (p *Books) May(ctx context.Context, s Setting, action, object string, roles ...string) error {
	if err := checkUser(s.By.User); err != nil {
		return err
	}
	list, err := p.State.Grants(ctx)
	if err != nil {
		return err
	}
	if len(list) == 0 || Grants(list).Has(s.By.User, roles...) {
		return nil
	}
	return pipeline.Errorf(pipeline.KindUsage, action, object, "%s is no %s", s.By.User, strings.Join(roles, " or ")).
		WithHint("`carat users` lists who is; an approver grants roles with `carat users grant %s %s`", s.By.User, roles[0])
}

// mayWrite is a usage error for somebody whose roles only read.
func (p *Books) mayWrite(ctx context.Context, s Setting) error {
	list, err := p.State.Grants(ctx)
	if err != nil {
		return err
	}
	g := Grants(list)
	if !g.Has(s.By.User, RoleAuditor, RoleCreator) || g.Has(s.By.User, RolePreparer, RoleApprover, RoleScheduler) {
		return nil
	}
	return pipeline.Errorf(pipeline.KindUsage, "write to", "lake", "%s only reads: auditors and creators change nothing", s.By.User).
		WithHint("`carat users` lists who may; `carat query`, `trace` and `verify` read")
}

// UsersOptions say whose role to change; without a role nothing is changed.
type UsersOptions struct {
	Setting
	User   string
	Role   string
	Revoke bool
}

// Users gives every role of every user, after a change if one was asked for.
// Roles are changed by an approver, and by anybody while there is none.
func Users(ctx context.Context, o UsersOptions) (list []state.Grant, err error) {
	p, err := Open(ctx, o.Setting)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	if o.Role != "" {
		if err := p.changeRole(ctx, o); err != nil {
			return nil, err
		}
	}
	return p.State.Grants(ctx)
}

func (p *Books) changeRole(ctx context.Context, o UsersOptions) (err error) {
	if !slices.Contains(Roles, o.Role) {
		e := pipeline.Errorf(pipeline.KindUsage, "change role of", o.User, "there is no role %q", o.Role)
		if meant := pipeline.Closest(o.Role, Roles); meant != "" {
			return e.WithHint("did you mean %s?", meant)
		}
		return e.WithHint("roles are %s", strings.Join(Roles, ", "))
	}
	if err := errors.Join(checkUser(o.User), checkUser(o.By.User)); err != nil {
		return err
	}
	job, err := p.Begin(ctx, o.Setting, "users", "")
	if err != nil {
		return err
	}
	defer func() { err = job.End(ctx, err) }()
	list, err := p.State.Grants(ctx)
	if err != nil {
		return err
	}
	approvers := slices.ContainsFunc(list, func(g state.Grant) bool { return g.Role == RoleApprover })
	if approvers && !Grants(list).Has(o.By.User, RoleApprover) {
		return pipeline.Errorf(pipeline.KindUsage, "change role of", o.User, "%s is no approver", o.By.User).
			WithHint("`carat users` lists who is")
	}
	if !o.Revoke {
		return p.State.Grant(ctx, state.Grant{User: o.User, Role: o.Role, By: o.By.User, At: o.Now})
	}
	had, err := p.State.Revoke(ctx, o.User, o.Role)
	if err == nil && !had {
		return pipeline.Errorf(pipeline.KindNotFound, "revoke role of", o.User, "%s is no %s", o.User, o.Role).
			WithHint("`carat users` lists who is")
	}
	return err
}
