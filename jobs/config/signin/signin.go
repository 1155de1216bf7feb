package signin

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"carat/jobs/config/literal"
	"carat/pipeline/identity"
	"carat/pipeline/source/reach"
)

// Auth is whether people prove who they are, and how they sign and sign in.
type Auth struct {
	On   bool   // false: `auth: none`
	Sign string // key, or session
	OIDC OIDC   // beside keys; nobody's: keys alone
}

// OIDC is a provider of OpenID Connect by which the staff signs in.
type OIDC struct {
	Issuer, ClientID string
	Secret           literal.Hidden // the client's, filled in from elsewhere; "": it has none
	GroupsClaim      string         // of the signed token: in which groups somebody is
	Scopes           []string       // that are asked for besides openid
	Groups           map[string]string
	Allow            reach.Allow
}

// DefaultClaim is where providers put groups.
const DefaultClaim = "groups"

// bounds on what is named of a provider.
const (
	groupsMax = 100
	textBytes = 255
)

// Problems says what is wrong, each with the key that it is about in front.
func (o OIDC) Problems() (list []string) {
	u, err := url.Parse(o.Issuer)
	if err == nil {
		err = reach.CheckURL(u, o.Allow, true)
	}
	switch {
	case o.Issuer == "":
		list = append(list, "issuer: name the provider, as in https://login.example.com")
	case err != nil:
		list = append(list, fmt.Sprintf("issuer: %v", err))
	case u.RawQuery != "" || u.Fragment != "" || strings.Contains(o.Issuer, "/.well-known/"):
		list = append(list, "issuer: name the provider itself, without what its description is at")
	}
	if o.ClientID == "" || len(o.ClientID) > textBytes {
		list = append(list, "client_id: say what the provider calls carat")
	}
	if len(o.Groups) == 0 {
		list = append(list, "groups: say which of its groups has which role; nobody without one signs in")
	}
	if len(o.Groups) > groupsMax {
		list = append(list, fmt.Sprintf("groups: more than %d", groupsMax))
	}
	for _, group := range slices.Sorted(maps.Keys(o.Groups)) {
		if role := o.Groups[group]; !slices.Contains(identity.GroupRoles(), role) {
			list = append(list, fmt.Sprintf("groups %s: %q is not one of %s; other roles are granted by an administrator", group, role, strings.Join(identity.GroupRoles(), ", ")))
		}
		if group == "" || len(group) > textBytes {
			list = append(list, "groups: a group has a name")
		}
	}
	for _, scope := range o.Scopes {
		if scope == "" || strings.ContainsAny(scope, " \"\\") {
			list = append(list, fmt.Sprintf("scopes: %q is none", scope))
		}
	}
	return list
}

// Policy says who may sign what and who says who signs in, as it is recorded: "NAME=VALUE",
// in fixed order. The secret, scopes and networks are not in it: they let nobody in.
func (a Auth) Policy() []string {
	if !a.On {
		return []string{"auth=none"}
	}
	list := []string{"auth.sign=" + a.Sign}
	if a.OIDC.Issuer == "" {
		return list
	}
	list = append(list, identity.PolicyIssuer+a.OIDC.Issuer, identity.PolicyClient+a.OIDC.ClientID, identity.PolicyClaim+a.OIDC.GroupsClaim)
	for _, group := range slices.Sorted(maps.Keys(a.OIDC.Groups)) {
		list = append(list, identity.PolicyOfGroup(group, a.OIDC.Groups[group]))
	}
	return list
}
