package identity

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Link says that somebody whom a provider of sign-ins knows is a person here. Who that is at
// the provider is told by a keyed hash alone, whose key is erased with the person.
type Link struct {
	Person, Hash string
	No           int64 // of its record
	Revoked      int64 // by which record; 0: it holds
}

// linkIDDigits is how many digits of the hash name a link.
const linkIDDigits = 16

// LinkPrefix begins the name of a link.
const LinkPrefix = "oidc:"

// ID names a link: the beginning of its hash.
func (l Link) ID() string { return LinkPrefix + l.Hash[:min(linkIDDigits, len(l.Hash))] }

// GroupHours is how long roles last that a provider's groups gave, without another sign-in.
const GroupHours = 12

// groupRoles are those that a provider's groups can give. Administrators are made by
// administrators, a creator by the record of whose rows they see, and the scheduler is a
// program with a key.
var groupRoles = []string{Preparer, Approver, Support, Auditor}

// GroupRoles gives them.
func GroupRoles() []string { return slices.Clone(groupRoles) }

// The lines of the policy that say of a provider who it is, and what each of its groups may.
const (
	PolicyIssuer = "auth.oidc.issuer="
	PolicyClient = "auth.oidc.client_id="
	PolicyClaim  = "auth.oidc.groups_claim="
	policyGroup  = "auth.oidc.groups."
)

// PolicyOfGroup gives the line of the policy that gives a group a role.
func PolicyOfGroup(group, role string) string { return policyGroup + group + "=" + role }

// RoleOfGroup gives the role that the policy in force gives a group; "" for none, and for an
// approver's that waits for a second administrator.
func (g *Registry) RoleOfGroup(group string) string {
	for _, line := range g.Policy {
		if of, role := groupOf(line); of == group && slices.Contains(groupRoles, role) && !slices.Contains(g.Waiting(), line) {
			return role
		}
	}
	return ""
}

// groupOf gives the group of a line of the policy, and the role that the line gives it; ""
// of any other line.
func groupOf(line string) (group, role string) {
	rest, ok := strings.CutPrefix(line, policyGroup)
	if at := strings.LastIndex(rest, "="); ok && at >= 0 {
		return rest[:at], rest[at+1:]
	}
	return "", ""
}

// approving is a line of the policy that makes approvers: as a grant of that role it takes
// two administrators where there are two.
type approving struct {
	line  string
	whose string // the provider that says who is in the group: by another it waits anew
	by    string // who accepted it first
	holds bool
}

// approve takes in who accepted the policy in force, as far as it makes approvers. What holds
// goes on holding as long as it stands in the policy.
func (g *Registry) approve(r Record) {
	before, whose := g.approving, ""
	g.approving = nil
	for _, line := range g.Policy {
		if strings.HasPrefix(line, PolicyIssuer) || strings.HasPrefix(line, PolicyClient) || strings.HasPrefix(line, PolicyClaim) {
			whose += line + "\n"
		}
	}
	for _, line := range g.Policy {
		if _, role := groupOf(line); role != Approver {
			continue
		}
		one := approving{line: line, whose: whose, by: r.Person, holds: len(g.administrators(r.Person)) == 0}
		if i := slices.IndexFunc(before, func(a approving) bool { return a.line == line && a.whose == whose }); i >= 0 {
			had := before[i]
			one.by, one.holds = had.by, one.holds || had.holds || had.by != r.Person
		}
		g.approving = append(g.approving, one)
	}
}

// Waiting gives the lines of the policy that make approvers and wait for another
// administrator to accept them too.
func (g *Registry) Waiting() (lines []string) {
	for _, one := range g.approving {
		if !one.holds {
			lines = append(lines, one.line)
		}
	}
	return lines
}

// WaitsFor says whether what waits waits for this administrator, and not for others alone.
func (g *Registry) WaitsFor(person string) bool {
	alone := len(g.administrators(person)) == 0
	return slices.ContainsFunc(g.approving, func(one approving) bool { return !one.holds && (alone || one.by != person) })
}

// Provides says whether the policy in force lets a provider say who signs in.
func (g *Registry) Provides(issuer string) bool {
	return issuer != "" && slices.Contains(g.Policy, PolicyIssuer+issuer)
}

// LinkOf gives the link of a person with a hash; nil if there is none that holds.
func (g *Registry) LinkOf(person, hash string) *Link {
	for i := range g.Links {
		if l := &g.Links[i]; l.Person == person && l.Hash == hash && l.Revoked == 0 {
			return l
		}
	}
	return nil
}

func (g *Registry) checkLink(r Record) error {
	sum, err := hex.DecodeString(r.Get("identity"))
	at := slices.IndexFunc(g.Links, func(l Link) bool {
		return l.Hash == r.Get("identity") || l.ID() == (Link{Hash: r.Get("identity")}).ID()
	})
	switch {
	case !g.On:
		return errors.New("who somebody is at a provider is recorded once authentication is on")
	case err != nil || len(sum) != sha256.Size || r.Get("identity") != strings.ToLower(r.Get("identity")):
		return errors.New("it doesn't say who it is at the provider")
	case at >= 0:
		return fmt.Errorf("record %d says already whose that is", g.Links[at].No)
	case r.Get("subject") == r.Person:
		return errors.New("nobody links themselves: another administrator does")
	case g.Has(r.Get("subject"), Creator):
		return fmt.Errorf("%s is a creator, and the provider is the staff's", r.Get("subject"))
	}
	return g.byAdministrator(r, "says who somebody is at the provider")
}

// waits is the error of a group that makes approvers once a second administrator accepts it.
type waits struct{ group string }

func (w waits) Error() string {
	return fmt.Sprintf("that the group %q approves waits for a second administrator (`carat auth accept`)", w.group)
}

// Void is a sign-in that is recorded and gives nothing.
type Void struct {
	Person, Group string // whose approving waits
	No            int64  // of the record
	At            time.Time
}

// void takes in a sign-in by a group that approves only once a second administrator accepts it. None is written by now; one
// of a lake from before gives no role, and shuts nobody out.
func (g *Registry) void(r Record, group string) {
	g.Voids = append(g.Voids, Void{Person: r.Get("subject"), Group: group, No: r.No, At: r.Time})
	g.Grants = slices.DeleteFunc(slices.Clone(g.Grants), func(one Grant) bool { return one.ByGroup && one.Person == r.Get("subject") })
}

// IsVoid says whether a record is a sign-in that gives nothing.
func (g *Registry) IsVoid(no int64) bool {
	return slices.ContainsFunc(g.Voids, func(v Void) bool { return v.No == no })
}

// RolesByGroups gives the roles that groups give a person, each once; an error for groups
// without a role here, and for roles that they can't have together with what they have.
func (g *Registry) RolesByGroups(person string, groups []string) (roles []string, err error) {
	for _, one := range groups {
		role := g.RoleOfGroup(one)
		if role == "" && slices.Contains(g.Waiting(), PolicyOfGroup(one, Approver)) {
			return nil, waits{one}
		}
		if role == "" {
			return nil, fmt.Errorf("the group %q has no role here", one)
		}
		if !slices.Contains(roles, role) {
			roles = append(roles, role)
		}
	}
	slices.Sort(roles)
	switch {
	case len(roles) == 0:
		return nil, errors.New("none of the groups has a role here")
	case g.Has(person, Creator):
		return nil, fmt.Errorf("%s is a creator, and nobody of the staff is one", person)
	case g.Has(person, Scheduler):
		return nil, fmt.Errorf("%s is the scheduler, which has a key of its own", person)
	case g.Has(person, Administrator) && slices.ContainsFunc(roles, func(role string) bool { return slices.Contains(signing, role) }):
		return nil, fmt.Errorf("an administrator prepares, decides and approves nothing, and %s is one and would be %s by their groups", person, strings.Join(roles, " and "))
	}
	return roles, nil
}

// checkSeen judges that somebody signed in by the provider: the server says so, by its own
// key, and their groups give them what the policy says.
func (g *Registry) checkSeen(r Record) error {
	until, err := time.Parse(time.RFC3339, r.Get("until"))
	switch {
	case !g.On:
		return errors.New("nobody signs in by a provider before authentication is on")
	case !g.Has(r.Person, Scheduler):
		return fmt.Errorf("%s is no scheduler, and a server says who signed in by a scheduler's key", r.Person)
	case r.Person == r.Get("subject"):
		return errors.New("the server's own name signs in by its key")
	case g.LinkOf(r.Get("subject"), r.Get("identity")) == nil:
		return fmt.Errorf("no record says that this is %s at the provider", r.Get("subject"))
	case err != nil || !until.After(r.Time) || until.After(r.Time.Add(GroupHours*time.Hour)):
		return fmt.Errorf("roles by groups last %d hours at most", GroupHours)
	}
	_, err = g.RolesByGroups(r.Get("subject"), r.All("group"))
	return err
}

// seen gives a person the roles of their groups, in the place of those that they had by
// groups before. What an administrator granted stays as it is.
func (g *Registry) seen(r Record) {
	roles, err := g.RolesByGroups(r.Get("subject"), r.All("group"))
	if err != nil {
		return // was judged
	}
	until, _ := time.Parse(time.RFC3339, r.Get("until"))
	g.Grants = slices.DeleteFunc(slices.Clone(g.Grants), func(one Grant) bool { return one.ByGroup && one.Person == r.Get("subject") })
	for _, role := range roles {
		if !g.Has(r.Get("subject"), role) {
			g.Grants = append(g.Grants, Grant{Person: r.Get("subject"), Role: role, By: r.Person, No: r.No, At: r.Time, Until: until, ByGroup: true})
		}
	}
}

// ByGroups gives what somebody has by their groups.
func (g *Registry) ByGroups(person string) (list []Grant) {
	for _, one := range g.Grants {
		if one.ByGroup && one.Person == person {
			list = append(list, one)
		}
	}
	return list
}

func (g *Registry) link(r Record) {
	g.Links = append(slices.Clone(g.Links), Link{Person: r.Get("subject"), Hash: r.Get("identity"), No: r.No})
}

// checkRevokedLink looks at who takes a link away: the person, or an administrator.
func (g *Registry) checkRevokedLink(r Record) error {
	i := slices.IndexFunc(g.Links, func(l Link) bool { return l.ID() == r.Get("identity") && l.Person == r.Get("subject") })
	switch {
	case i < 0:
		return fmt.Errorf("%s has no %s", r.Get("subject"), r.Get("identity"))
	case g.Links[i].Revoked > 0:
		return fmt.Errorf("%s was revoked by record %d", r.Get("identity"), g.Links[i].Revoked)
	case r.Get("subject") != r.Person:
		return g.byAdministrator(r, "revokes")
	}
	return nil
}

// revokeLinks ends what a revocation ends of links: the one that it names, or all of a
// person who ends. Without a link the groups give nothing.
func (g *Registry) revokeLinks(r Record) {
	g.Links = slices.Clone(g.Links)
	holds := false
	for i := range g.Links {
		l := &g.Links[i]
		if l.Person != r.Get("subject") || l.Revoked > 0 {
			continue
		}
		if r.Get("all") != "" || r.Get("identity") == l.ID() {
			l.Revoked = r.No
		} else {
			holds = true
		}
	}
	if r.Get("identity") != "" && !holds {
		g.Grants = slices.DeleteFunc(slices.Clone(g.Grants), func(one Grant) bool { return one.ByGroup && one.Person == r.Get("subject") })
	}
}
