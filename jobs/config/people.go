package config

import (
	"slices"

	"go.yaml.in/yaml/v3"

	"carat/jobs/config/signin"
	"carat/jobs/names"
	"carat/pipeline"
)

// waiverRoles are the roles that decide, and so may waive.
var waiverRoles = []string{"preparer", "approver"}

// approvers reads who may approve adjustments, each in the one spelling of a name.
func (y *yamlFile) approvers(n *yaml.Node) []string {
	if isNull(n) {
		return nil
	}
	list := []string{}
	for _, text := range y.list(n, "approvers") {
		name, err := names.Foreign(text)
		switch {
		case err != nil:
			y.problem(n, "approvers: %q %v", text, err)
		case slices.Contains(list, name):
			y.problem(n, "approvers: %q is there twice", text)
		default:
			list = append(list, name)
		}
	}
	return list
}

// waiverLimits reads how much each role may waive, by the unit of the difference.
func (y *yamlFile) waiverLimits(n *yaml.Node) map[string]map[string]pipeline.Amount {
	limits := map[string]map[string]pipeline.Amount{}
	known := map[string]func(*yaml.Node){}
	for _, role := range waiverRoles {
		known[role] = func(n *yaml.Node) {
			limits[role] = map[string]pipeline.Amount{}
			y.each(n, "waiver_limits "+role, func(key, value *yaml.Node) {
				if unit := key.Value; currencyForm.MatchString(unit) || unit == "coins" || unit == "diamonds" {
					limits[role][unit] = y.amount(value, "waiver_limits "+role+" "+unit)
				} else {
					y.problem(key, "waiver_limits %s: %q is neither a currency, coins nor diamonds", role, unit)
				}
			})
		}
	}
	y.keys(n, "waiver_limits", known)
	return limits
}

// SignKey and SignSession say who signs: people with their keys; also a server, for who is signed in. FourEyesThree and FourEyesTwo say who prepares: not who decides; also who decides.
const SignKey, SignSession, FourEyesThree, FourEyesTwo = "key", "session", "three", "two"

// Auth is signin.Auth: whether people prove who they are, and how.
type Auth = signin.Auth

// auth reads none, or how people sign and sign in.
func (y *yamlFile) auth(n *yaml.Node) Auth {
	if n.Kind == yaml.ScalarNode {
		y.choice(n, "auth", "none")
		return Auth{}
	}
	a := Auth{On: true, Sign: SignKey}
	y.keys(n, "auth", map[string]func(*yaml.Node){
		"sign": func(n *yaml.Node) { a.Sign = y.choice(n, "auth sign", SignKey, SignSession) },
		"oidc": func(n *yaml.Node) { a.OIDC = y.oidc(n) },
	})
	return a
}

// oidc reads the provider of sign-ins.
func (y *yamlFile) oidc(n *yaml.Node) signin.OIDC {
	o := signin.OIDC{GroupsClaim: signin.DefaultClaim, Groups: map[string]string{}}
	y.keys(n, "auth oidc", map[string]func(*yaml.Node){
		"issuer":        func(n *yaml.Node) { o.Issuer, _ = y.text(n, "auth oidc issuer") },
		"client_id":     func(n *yaml.Node) { o.ClientID, _ = y.text(n, "auth oidc client_id") },
		"client_secret": func(n *yaml.Node) { o.Secret = y.reference(n, "auth oidc client_secret") },
		"groups_claim":  func(n *yaml.Node) { o.GroupsClaim, _ = y.text(n, "auth oidc groups_claim") },
		"scopes":        func(n *yaml.Node) { o.Scopes = y.list(n, "auth oidc scopes") },
		"allow":         func(n *yaml.Node) { o.Allow = y.allow(n, "auth oidc allow") },
		"groups": func(n *yaml.Node) {
			y.each(n, "auth oidc groups", func(key, value *yaml.Node) { o.Groups[key.Value], _ = y.text(value, "auth oidc groups") })
		},
	})
	for _, problem := range o.Problems() {
		y.problem(n, "auth oidc %s", problem)
	}
	return o
}

// Policy says who may sign what, as it is recorded when authentication is switched
// on: "NAME=VALUE", in fixed order. While it is on another one is refused.
func (c *Config) Policy() []string { return append(c.Auth.Policy(), "four_eyes="+c.FourEyes) }

// Tolerance gives how far amounts of a unit may differ and are taken for the same;
// "0" of one that has none.
func (c *Config) Tolerance(unit string) string {
	if t, ok := c.Tolerances[unit]; ok {
		return t.String()
	}
	return "0"
}
