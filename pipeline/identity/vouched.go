package identity

import (
	"errors"
	"fmt"
	"slices"
)

// PolicySession is the line of the policy that lets a server vouch for whoever is signed
// in there when they prepare, approve, reopen and grant too.
const PolicySession = "auth.sign=session"

// vouched are the kinds of records for which a server can vouch, with whether the policy
// must say so: a decision needs no key of one's own, since closing a month does.
var vouched = map[Kind]bool{KindDecide: false, KindPrepare: true, KindApprove: true, KindReopen: true, KindGrant: true}

// Vouches says whether a server may sign a record of a kind for somebody: authentication
// is on, the policy has it, and it is recorded who they are at the provider, where they
// sign in without a key. Who has a key signs with it.
func (g *Registry) Vouches(kind Kind, person string) bool {
	bySession, known := vouched[kind]
	linked := slices.ContainsFunc(g.Links, func(l Link) bool { return l.Person == person && l.Revoked == 0 })
	return g.On && known && (!bySession || slices.Contains(g.Policy, PolicySession)) && linked && len(g.KeysOf(person)) == 0
}

// checkVouched judges a record that the key of a server has signed: that it may vouch, and
// that the key is a scheduler's, which decides, prepares and approves nothing itself.
func (g *Registry) checkVouched(r Record, c *Credential) error {
	bySession, known := vouched[r.Kind]
	switch {
	case !known:
		return fmt.Errorf("a server vouches for no record of kind %s", r.Kind)
	case c.Person == r.Person:
		return errors.New("nobody vouches for themselves")
	case !g.Has(c.Person, Scheduler):
		return fmt.Errorf("%s is no scheduler, and a server vouches by a scheduler's key", c.Person)
	case bySession && !slices.Contains(g.Policy, PolicySession):
		return fmt.Errorf("a server has signed it, and the policy wants %s's own key (auth: {sign: key})", r.Person)
	case len(g.KeysOf(r.Person)) > 0:
		return fmt.Errorf("a server has signed it, and %s has a key", r.Person)
	case !g.Vouches(r.Kind, r.Person):
		return fmt.Errorf("no record says who %s is at the provider", r.Person)
	}
	return nil
}

// SignedBy gives whose key has signed a record: the person's, or that of the server which
// vouches for them; "" of a record without a signature.
func (g *Registry) SignedBy(r Record) string {
	if c := g.credential(r.Credential); c != nil {
		return c.Person
	}
	return ""
}
