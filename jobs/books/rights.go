package books

import (
	"context"
	"slices"
	"strings"
	"time"

	"carat/jobs/names"
	"carat/pipeline"
	"carat/pipeline/identity"
	"carat/pipeline/state"
)

// The roles that a user can have. While no role was ever granted, everybody may
// do everything, but no one person both prepares and approves. From the first
// grant on, who has no role may do nothing.
const (
	RoleAdministrator = identity.Administrator // grants roles, enrols keys, erases, backs up, restores, compacts; prepares, decides and approves nothing
	RolePreparer      = identity.Preparer      // ingests, runs, decides, prepares a period
	RoleApprover      = identity.Approver      // decides, approves and reopens a period
	RoleSupport       = identity.Support       // reads creators
	RoleAuditor       = identity.Auditor       // reads all but the people
	RoleCreator       = identity.Creator       // reads what is theirs and is final, on pages alone
	RoleScheduler     = identity.Scheduler     // runs jobs; where people are authenticated it signs nothing, else it prepares
)

// Roles are all of them, in the order in which they are listed.
var Roles = identity.Roles

// SchedulerUser is whom jobs run by carat's own scheduler are recorded as.
const SchedulerUser = "scheduler"

// Right is what somebody may do in books: the name of the job, or of the verb.
type Right string

// The rights. Whatever opens books names one; a verb without one is refused.
const (
	RightStatus     Right = "status"
	RightRuns       Right = "runs"
	RightUsers      Right = "users"
	RightGrant      Right = "grant"
	RightExceptions Right = "exceptions"
	RightCreators   Right = "creators"
	RightAnswer     Right = "answer"
	RightEarnings   Right = "earnings"
	RightQuery      Right = "query"
	RightTrace      Right = "trace"
	RightEvidence   Right = "evidence"
	RightPublish    Right = "publish"
	RightVerify     Right = "verify"
	RightFetch      Right = "fetch"
	RightIngest     Right = "ingest"
	RightUndo       Right = "undo"
	RightReconcile  Right = "reconcile"
	RightRun        Right = "run"
	RightStatements Right = "statements"
	RightPackage    Right = "package"
	RightSend       Right = "send"
	RightYearFiles  Right = "yearfiles"
	RightDecide     Right = "decide"
	RightComment    Right = "comment"
	RightClose      Right = "close"
	RightApprove    Right = "approve"
	RightReopen     Right = "reopen"
	RightSchedule   Right = "schedule"
	RightServe      Right = "serve"
	RightNotify     Right = "notify"
	RightBackup     Right = "backup"
	RightRestore    Right = "restore"
	RightCompact    Right = "compact"
	RightTimestamp  Right = "timestamp"
	RightErase      Right = "erase"
	RightUpgrade    Right = "upgrade"
	RightAuth       Right = "auth"
	RightToken      Right = "token"
)

// Rights says which roles have which right: all that anybody may do once roles
// were granted stands here, and nothing else may.
var Rights = map[Right][]string{
	RightStatus: {RoleAdministrator, RolePreparer, RoleApprover, RoleAuditor, RoleScheduler},
	RightRuns:   {RoleAdministrator, RolePreparer, RoleApprover, RoleAuditor, RoleScheduler},
	RightUsers:  {RoleAdministrator, RolePreparer, RoleApprover, RoleAuditor, RoleScheduler},
	RightVerify: {RoleAdministrator, RolePreparer, RoleApprover, RoleAuditor, RoleScheduler},

	RightExceptions: {RolePreparer, RoleApprover, RoleAuditor},
	RightCreators:   {RolePreparer, RoleApprover, RoleAuditor, RoleSupport},
	RightAnswer:     {RolePreparer, RoleApprover, RoleSupport}, // a creator's question
	RightEarnings:   {RoleCreator},                             // their own, as the record of their role says whose these are
	RightQuery:      {RolePreparer, RoleApprover, RoleAuditor},
	RightTrace:      {RolePreparer, RoleApprover, RoleAuditor},
	RightEvidence:   {RolePreparer, RoleApprover, RoleAuditor},
	RightPublish:    {RolePreparer, RoleApprover, RoleAuditor},

	RightFetch:      {RolePreparer, RoleScheduler},
	RightIngest:     {RolePreparer, RoleScheduler},
	RightUndo:       {RolePreparer}, // it says why, as a person
	RightReconcile:  {RolePreparer, RoleScheduler},
	RightRun:        {RolePreparer, RoleScheduler},
	RightStatements: {RolePreparer, RoleApprover, RoleScheduler}, // whoever approved may have to put them back
	RightPackage:    {RolePreparer, RoleApprover, RoleScheduler},
	RightSend:       {RolePreparer, RoleScheduler},
	RightYearFiles:  {RolePreparer, RoleApprover}, // they name people

	RightDecide:  {RolePreparer, RoleApprover},
	RightComment: {RolePreparer, RoleApprover}, // and to give an exception to somebody
	RightClose:   {RolePreparer, RoleScheduler},
	RightApprove: {RoleApprover},
	RightReopen:  {RoleApprover},

	RightSchedule:  {RoleAdministrator, RoleScheduler},
	RightServe:     {RoleAdministrator, RoleScheduler},
	RightNotify:    {RoleAdministrator, RoleScheduler},
	RightBackup:    {RoleAdministrator, RoleScheduler},
	RightCompact:   {RoleAdministrator, RoleScheduler},
	RightTimestamp: {RoleAdministrator, RolePreparer, RoleApprover, RoleAuditor, RoleScheduler},
	RightRestore:   {RoleAdministrator},
	RightErase:     {RoleAdministrator},
	RightUpgrade:   {RoleAdministrator},
	RightGrant:     {RoleAdministrator},
	RightAuth:      {RoleAdministrator},
	RightToken:     identity.ReadingRoles(),
}

// signedRights are the rights whose use is a signature: it needs a name in any lake.
var signedRights = []Right{RightDecide, RightClose, RightApprove, RightReopen, RightGrant, RightErase}

// anyPolicy are the rights that stand whatever carat.yaml says of authentication: to
// look at what was done, and to accept what it says.
var anyPolicy = []Right{RightVerify, RightUsers, RightAuth, RightRestore}

// ofEntities are the rights that somebody can have for some entities alone: what
// uses them leaves out the rows of the others. Every other right is to what is of all,
// and a role for some entities doesn't give it.
var ofEntities = []Right{RightExceptions, RightCreators, RightAnswer, RightDecide, RightComment, RightUsers, RightToken}

// withoutGrant are the rights of the scheduler's role that carat's own scheduler
// has without a grant, since carat.yaml orders its jobs. Preparing a month is a
// sign-off, and needs one.
func withoutGrant(right Right) bool {
	return slices.Contains(Rights[right], RoleScheduler) && right != RightClose
}

// Grants are the roles that users have.
type Grants []state.Grant

// at gives the roles that have not ended by then.
func (g Grants) at(now time.Time) (standing Grants) {
	for _, one := range g {
		if one.Until.IsZero() || !now.After(one.Until) {
			standing = append(standing, one)
		}
	}
	if len(standing) == 0 && len(g) > 0 {
		return nobody
	}
	return standing
}

// nobody are roles of which nobody has one; where there are none at all everybody may do everything.
var nobody = Grants{{User: "", Role: RoleAdministrator}}

// Has says whether a user has one of the roles.
func (g Grants) Has(user string, roles ...string) bool {
	return slices.ContainsFunc(g, func(one state.Grant) bool { return names.Same(one.User, user) && slices.Contains(roles, one.Role) })
}

// RolesOf gives a user's roles.
func (g Grants) RolesOf(user string) (roles []string) {
	for _, one := range g {
		if names.Same(one.User, user) && !slices.Contains(roles, one.Role) {
			roles = append(roles, one.Role)
		}
	}
	return roles
}

// succession are the roles that stand in for an administrator where there is none:
// in lakes whose roles are older than that one. The first that anybody has does.
var succession = []string{RoleAdministrator, RoleApprover, RolePreparer, RoleAuditor, RoleScheduler, RoleCreator}

// Administering gives the role whose holders do what an administrator does.
func (g Grants) Administering() string {
	for _, role := range succession {
		if slices.ContainsFunc(g, func(one state.Grant) bool { return one.Role == role }) {
			return role
		}
	}
	return RoleAdministrator
}

// Allow says whether somebody has a right. While there is no grant everybody has
// every one.
func (g Grants) Allow(by Actor, right Right) bool {
	roles := Rights[right]
	switch {
	case by.Role != "" && !slices.Contains(roles, by.Role):
		return false
	case by.Role != "" && len(g) > 0:
		return g.hasFor(by.User, right, by.Role)
	case len(g) == 0, by.Program && withoutGrant(right):
		return true
	}
	return g.hasFor(by.User, right, roles...) || slices.Contains(roles, RoleAdministrator) && g.hasFor(by.User, right, g.Administering())
}

// hasFor says whether a user has one of the roles, for all entities where the right
// is to what is of all.
func (g Grants) hasFor(user string, right Right, roles ...string) bool {
	return slices.ContainsFunc(g, func(one state.Grant) bool {
		return names.Same(one.User, user) && slices.Contains(roles, one.Role) && (len(one.Entities) == 0 || slices.Contains(ofEntities, right))
	})
}

// Entities gives the entities to which a user's right is limited; none: it is to all.
func (g Grants) Entities(by Actor, right Right) (entities []string) {
	for _, one := range g {
		if names.Same(one.User, by.User) && slices.Contains(Rights[right], one.Role) && (by.Role == "" || one.Role == by.Role) {
			if len(one.Entities) == 0 {
				return nil
			}
			entities = append(entities, one.Entities...)
		}
	}
	slices.Sort(entities)
	return slices.Compact(entities)
}

// May is a usage error when the one who runs a job hasn't the right to it, which is
// recorded, or has no name; a verification error when roles were changed behind
// carat's back.
func (p *Books) May(ctx context.Context, s Setting, right Right) error {
	people, err := p.People(ctx)
	if err == nil {
		err = underPolicy(people, s, right)
	} else if right == RightVerify {
		err = nil // which tells it with all else
	}
	if err != nil {
		return err
	}
	if err := p.State.VerifyGrants(ctx); err != nil {
		return err // nobody's right rests on a role that somebody else gave or took
	}
	list, err := p.Grants(ctx, s)
	if err != nil {
		return err
	}
	if err := list.May(s.By, right); err != nil {
		return p.Refused(ctx, s, string(right), strings.Join(spelledAll(s.Arguments), " "), err)
	}
	return nil
}

// Grants gives the roles that stand now.
func (p *Books) Grants(ctx context.Context, s Setting) (Grants, error) {
	list, err := p.State.Grants(ctx)
	standing := Grants(list).at(s.Now)
	if err != nil || !slices.ContainsFunc(standing, func(g state.Grant) bool { return !g.Until.IsZero() }) {
		return standing, err
	}
	people, err := p.People(ctx)
	if err != nil {
		return standing, nil // May tells it: nobody has a right but to verify
	}
	held := slices.DeleteFunc(standing, func(g state.Grant) bool { return people.IsVoid(g.Signed) })
	if len(held) == 0 {
		return nobody, nil
	}
	return held, nil
}

// May is a usage error when somebody hasn't a right, or has no name.
func (g Grants) May(by Actor, right Right) error {
	if by.User == "" && len(g) == 0 && !slices.Contains(signedRights, right) {
		return nil // a program that says nothing of itself, in a lake that asks nobody
	}
	if err := CheckUser(by.User); err != nil {
		return err
	}
	if g.Allow(by, right) {
		return nil
	}
	is := "has no role"
	if roles := g.RolesOf(by.User); len(roles) > 0 {
		is = "is " + strings.Join(roles, " and ")
	}
	if limit := g.Entities(by, right); len(limit) > 0 {
		is += " for " + strings.Join(limit, " and ") + " alone"
	}
	if len(Rights[right]) == 0 {
		return pipeline.Refusef(string(right), "", "%s %s, and nobody may do that", by.User, is)
	}
	return pipeline.Refusef(string(right), "", "%s %s, and this is for the %s", by.User, is, strings.Join(Rights[right], " or the ")).
		WithHint("`carat users` lists who may; an administrator grants roles with `carat users grant %s %s`", by.User, Rights[right][0])
}

// MayAll is May for what somebody does to all entities by a right that they may have for
// some alone.
func (p *Books) MayAll(ctx context.Context, s Setting, right Right) error {
	grants, err := p.Grants(ctx, s)
	if err != nil {
		return err
	}
	if only := grants.Entities(s.By, right); len(only) > 0 {
		return p.Refused(ctx, s, string(right), strings.Join(spelledAll(s.Arguments), " "), pipeline.Refusef(string(right), "", "%s may do it for %s alone, and this is of all entities", s.By.User, strings.Join(only, " and ")))
	}
	return nil
}

// CheckUser is a usage error for a name that is none, or not in its one spelling.
func CheckUser(name string) error {
	if got, err := names.User(name); err != nil || got != name {
		return pipeline.Errorf(pipeline.KindUsage, "use", "user", "%q is not a user's name (letters, digits, _ . @ - +)", name).WithHint("name yourself with --user")
	}
	return nil
}
