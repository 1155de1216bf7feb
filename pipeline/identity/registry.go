package identity

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The roles that a person can have.
const (
	Administrator = "administrator"
	Preparer      = "preparer"
	Approver      = "approver"
	Support       = "support"
	Auditor       = "auditor"
	Creator       = "creator"
	Scheduler     = "scheduler"
)

// Roles are all of them, in the order in which they are listed.
var Roles = []string{Administrator, Preparer, Approver, Support, Auditor, Creator, Scheduler}

// signing are the roles that an administrator hasn't: they prepare, decide and approve.
var signing = []string{Preparer, Approver, Scheduler}

// recoveryHours is how long a recovered administrator's key is good.
const recoveryHours = 24

// KeyForm is the first line of what a key signs so that it can be enrolled.
const KeyForm = "carat-key/1"

// KeyRequest gives the bytes that a key signs to become a person's: nobody can have
// a key enrolled that they don't hold.
func KeyRequest(lake, person string, key Key) []byte {
	return []byte(KeyForm + "\nlake: " + escape(lake) + "\nperson: " + escape(person) + "\nkey: " + key.String() + "\n")
}

// Entry is a record as it is kept: its bytes, and the signature beside them.
type Entry struct {
	Text      []byte
	Signature string // "" without one
}

// Credential is a key of a person, from its enrolment on.
type Credential struct {
	Key      Key
	Person   string
	Enrolled int64 // the number of the record; the key signs from there on
	Revoked  int64 // from this record on it doesn't; 0: it is good
	Doubtful int64 // records of the key from this number on may be another's; 0: none
	// Until is when a recovered administrator's key ends; zero for any other.
	Until time.Time

	from, to time.Time // in chain time: see At
}

// Grant is a role of a person, as a record gave it.
type Grant struct {
	Person, Role string
	Entities     []string // to which it is limited; none: all
	Creator      string   // whose rows a creator sees, by their id; "" of any other role
	By           string
	No           int64 // of the record
	At           time.Time
	Until        time.Time // when it ends by itself; zero: never
	ByGroup      bool      // the provider's groups gave it
}

// Proposal is a grant that waits for a second administrator.
type Proposal struct{ Grant }

// Registry is what the records come to: whether authentication is on, by which
// policy, who has which key and which role. It is made by taking the records in
// their order.
type Registry struct {
	Lake      string
	On        bool
	Since     int64    // the record that switched it on
	Policy    []string // in force, "NAME=VALUE"
	Keys      []*Credential
	Grants    []Grant
	Proposals []Proposal
	Recovered []Grant // the break-glass keys there ever were
	Tokens    []Token // that there ever were
	Links     []Link  // that there ever were
	Addresses []Address
	Voids     []Void // that there ever were

	approving []approving // what of the policy makes approvers

	last time.Time // chain time of the last record
}

// NewRegistry gives the registry of a lake without records.
func NewRegistry(lake string) *Registry { return &Registry{Lake: lake} }

// Replay takes records of the kinds of People, in their order, each judged as it was when it was
// written. A record that can't be is an error that names it.
func Replay(lake string, entries []Entry) (*Registry, error) {
	g := NewRegistry(lake)
	for _, e := range entries {
		r, err := Parse(e.Text)
		if err != nil {
			return nil, fmt.Errorf("a record of people can't be read: %w", err)
		}
		if err := g.Take(r, e); err != nil {
			return nil, fmt.Errorf("record %d: %w", r.No, err)
		}
	}
	return g, nil
}

// Take judges a record and, if it is good, changes the registry by it. What was written under an older rule about groups
// that approve is taken too, and gives nothing.
func (g *Registry) Take(r Record, e Entry) error {
	err := g.Check(r, e)
	if w, ok := errors.AsType[waits](err); ok && r.Kind == KindSeen {
		g.tick(r)
		g.void(r, w.group)
		return nil
	}
	if err != nil {
		return err
	}
	g.tick(r)
	g.apply(r)
	return nil
}

// tick moves chain time on to a record: it is the record's time, and a second more
// than that of the record before where the clock says less. So the order of the
// chain is an order in time too, and a program that knows of no chain, such as
// ssh-keygen, comes to the same judgement.
func (g *Registry) tick(r Record) { g.last = g.next(r) }

func (g *Registry) next(r Record) time.Time {
	at := r.Time.UTC().Truncate(time.Second)
	if !g.last.IsZero() && !at.After(g.last) {
		at = g.last.Add(time.Second)
	}
	return at
}

// Pass moves chain time past a record that says nothing of people and gives it.
func (g *Registry) Pass(r Record) time.Time {
	g.tick(r)
	return g.last
}

// At gives the chain time of the record that was taken last.
func (g *Registry) At() time.Time { return g.last }

// credential gives the key of a fingerprint, whoever has it or had it.
func (g *Registry) credential(fingerprint string) *Credential {
	for _, c := range g.Keys {
		if c.Key.Fingerprint() == fingerprint {
			return c
		}
	}
	return nil
}

// Owner gives who has or had a key; "" nobody. A key is of one person for ever.
func (g *Registry) Owner(key Key) string {
	if c := g.credential(key.Fingerprint()); c != nil {
		return c.Person
	}
	return ""
}

// KeysOf gives the keys of a person that are good now.
func (g *Registry) KeysOf(person string) (keys []*Credential) {
	for _, c := range g.Keys {
		if c.Person == person && c.Revoked == 0 {
			keys = append(keys, c)
		}
	}
	return keys
}

// Has says whether a person has a role.
func (g *Registry) Has(person, role string) bool {
	return slices.ContainsFunc(g.Grants, func(one Grant) bool { return one.Person == person && one.Role == role })
}

// CreatorOf gives the creator whose rows a person may see as that creator; "" of who is
// none. It is what the records say, and nothing that anybody asks for.
func (g *Registry) CreatorOf(person string) string {
	for _, one := range g.Grants {
		if one.Person == person && one.Role == Creator {
			return one.Creator
		}
	}
	return ""
}

// administrators gives who can act as one besides somebody: with a key that doesn't
// end by itself.
func (g *Registry) administrators(besides string) (list []string) {
	for _, one := range g.Grants {
		lasting := func(c *Credential) bool { return c.Until.IsZero() }
		if one.Role == Administrator && one.Person != besides && one.Until.IsZero() && slices.ContainsFunc(g.KeysOf(one.Person), lasting) {
			list = append(list, one.Person)
		}
	}
	return list
}

// Doubts says whether a record was made by a key that somebody else may have had by
// then.
func (g *Registry) Doubts(r Record) bool {
	c := g.credential(r.Credential)
	return c != nil && c.Doubtful > 0 && r.No >= c.Doubtful
}

// Check says why a record can't follow those that were taken: who signed it hadn't
// that key by then, or may not say this. It changes nothing.
func (g *Registry) Check(r Record, e Entry) error {
	if r.Lake != g.Lake {
		return fmt.Errorf("it is of another lake, %s", r.Lake)
	}
	if err := g.checkProof(r, e); err != nil {
		return err
	}
	switch r.Kind {
	case KindAuth:
		return g.checkAuth(r)
	case KindRecover:
		return g.checkRecover(r)
	case KindEnrol:
		return g.checkEnrol(r)
	case KindGrant:
		return g.checkGrant(r)
	case KindRevoke:
		return g.checkRevoke(r)
	case KindAccept:
		return g.byAdministrator(r, "accepts a configuration")
	case KindToken:
		return g.checkToken(r)
	case KindLink:
		return g.checkLink(r)
	case KindSeen:
		return g.checkSeen(r)
	case KindAddress:
		return g.checkAddress(r)
	}
	return nil
}

// checkProof looks at the signature, and whose it is.
func (g *Registry) checkProof(r Record, e Entry) error {
	want := NotAuthenticated
	if g.On || r.Kind == KindAuth {
		want = Authenticated
	}
	if r.Auth != want {
		return fmt.Errorf("it says of authentication %q, and that was %q by then", r.Auth, want)
	}
	if r.Proof == ProofNone {
		switch {
		case e.Signature != "" || r.Credential != "":
			return errors.New("it says that nobody has proved it, and has a signature")
		case want == Authenticated && r.Kind != KindRestore:
			return fmt.Errorf("it is not signed, and authentication was on since record %d", g.Since)
		}
		return nil
	}
	if r.Proof != ProofKey && r.Proof != ProofSession {
		return fmt.Errorf("its proof is %q, which this carat doesn't know", r.Proof)
	}
	key, err := Verify(e.Text, e.Signature)
	if err != nil {
		return fmt.Errorf("its signature is not good: %w", err)
	}
	if key.Fingerprint() != r.Credential {
		return fmt.Errorf("it names the key %s, and %s has signed it", r.Credential, key.Fingerprint())
	}
	if r.Kind == KindAuth || r.Kind == KindRecover {
		if key.String() != r.Get("key") {
			return errors.New("it is not signed by the key that it brings")
		}
		return nil
	}
	c := g.credential(r.Credential)
	switch {
	case c == nil:
		return fmt.Errorf("the key %s was never enrolled", r.Credential)
	case r.Proof == ProofKey && c.Person != r.Person:
		return fmt.Errorf("the key %s is %s's, and the record is %s's", r.Credential, c.Person, r.Person)
	case c.Revoked > 0:
		return fmt.Errorf("the key %s was revoked by record %d", r.Credential, c.Revoked)
	case !c.Until.IsZero() && g.next(r).After(c.Until):
		return fmt.Errorf("the recovered key %s was good until %s", r.Credential, c.Until.Format(time.RFC3339))
	}
	if r.Proof == ProofSession {
		return g.checkVouched(r, c)
	}
	return nil
}

func (g *Registry) checkAuth(r Record) error {
	switch {
	case r.Get("switch") != Authenticated:
		return errors.New("authentication is switched on, and never off")
	case g.On:
		return fmt.Errorf("authentication is on since record %d", g.Since)
	case r.Proof != ProofKey || r.Get("administrator") != r.Person:
		return errors.New("whoever switches authentication on has a key, and becomes administrator")
	}
	return nil
}

func (g *Registry) checkRecover(r Record) error {
	until, err := time.Parse(time.RFC3339, r.Get("until"))
	key, keyErr := ParseKey(r.Get("key"))
	switch {
	case !g.On:
		return errors.New("authentication is not on, so there is nothing to recover")
	case r.Proof != ProofKey || r.Get("administrator") != r.Person || err != nil || keyErr != nil:
		return errors.New("whoever recovers has a key of their own")
	case until.After(r.Time.Add(recoveryHours * time.Hour)):
		return fmt.Errorf("a recovered key is good for %d hours", recoveryHours)
	case g.Owner(key) != "":
		return fmt.Errorf("a recovery takes a new key, and this one is %s's", g.Owner(key))
	case slices.ContainsFunc(g.Grants, func(one Grant) bool { return one.Person == r.Person }):
		return fmt.Errorf("%s has a role, and whoever recovers is administrator and nothing else: take a name without one", r.Person)
	}
	return nil
}

// byAdministrator wants an administrator to have signed.
func (g *Registry) byAdministrator(r Record, what string) error {
	if g.On && !g.Has(r.Person, Administrator) {
		return fmt.Errorf("%s is no administrator, and an administrator %s", r.Person, what)
	}
	return nil
}

func (g *Registry) checkEnrol(r Record) error {
	key, err := ParseKey(r.Get("key"))
	if err != nil {
		return fmt.Errorf("the key of %s: %w", r.Get("subject"), err)
	}
	own, err := Verify(KeyRequest(g.Lake, r.Get("subject"), key), r.Get("key-signature"))
	switch {
	case !g.On:
		return errors.New("keys are enrolled once authentication is on")
	case err != nil || !own.Same(key):
		return fmt.Errorf("the key has not signed that it is %s's in this lake", r.Get("subject"))
	case g.Owner(key) != "":
		return fmt.Errorf("the key %s is %s's, and a key is of one person for ever", key.Fingerprint(), g.Owner(key))
	}
	return g.byAdministrator(r, "enrols keys")
}

func (g *Registry) checkGrant(r Record) error {
	subject, role := r.Get("subject"), r.Get("role")
	if !g.On {
		return nil // names are claims then, and books judges them
	}
	if err := g.byAdministrator(r, "grants roles"); err != nil {
		return err
	}
	if subject == r.Person {
		return errors.New("nobody grants to themselves")
	}
	if by := r.Get("proposed-by"); by != "" && !slices.ContainsFunc(g.Proposals, func(p Proposal) bool { return p.is(r) && strconv.FormatInt(p.No, 10) == by && p.By != r.Person }) {
		return fmt.Errorf("record %s proposes no such grant by another administrator", by)
	}
	signs := slices.ContainsFunc(g.Grants, func(one Grant) bool { return one.Person == subject && slices.Contains(signing, one.Role) })
	switch {
	case !slices.Contains(Roles, role):
		return fmt.Errorf("there is no role %q", role)
	case role != Creator && r.Get("creator") != "":
		return fmt.Errorf("%s of a creator's rows is nobody but a creator", role)
	case role == Administrator && signs, slices.Contains(signing, role) && g.Has(subject, Administrator):
		return fmt.Errorf("an administrator prepares, decides and approves nothing, and %s would be both", subject)
	}
	return nil
}

// is says whether a record grants what was proposed.
func (p Proposal) is(r Record) bool {
	return p.Person == r.Get("subject") && p.Role == r.Get("role") && slices.Equal(p.Entities, r.All("entity"))
}

// NeedsSecond says whether a grant waits for another administrator: an approver's
// does, where there is one besides whoever grants, and none has proposed it.
func (g *Registry) NeedsSecond(r Record) bool {
	return g.On && r.Get("role") == Approver && r.Get("proposed-by") == "" && len(g.administrators(r.Person)) > 0
}

func (g *Registry) checkRevoke(r Record) error {
	subject := r.Get("subject")
	if !g.On {
		return g.checkRevokedToken(r)
	}
	if err := g.checkRevokedToken(r); err != nil || r.Get("token") != "" {
		return err
	}
	if r.Get("identity") != "" {
		return g.checkRevokedLink(r)
	}
	if key := r.Get("key"); key != "" {
		c := g.credential(key)
		if c == nil || c.Person != subject {
			return fmt.Errorf("the key %s is not %s's", key, subject)
		}
		if no, err := strconv.ParseInt(r.Get("compromised-since"), 10, 64); r.Get("compromised-since") != "" && (err != nil || no < 1 || no > r.No) {
			return fmt.Errorf("%q is not the number of a record before this one", r.Get("compromised-since"))
		}
		if c.Revoked > 0 && r.Get("compromised-since") == "" {
			return fmt.Errorf("the key %s was revoked by record %d", key, c.Revoked)
		}
	}
	if subject != r.Person || r.Get("key") == "" { // a key of one's own may be lost
		if err := g.byAdministrator(r, "revokes"); err != nil {
			return err
		}
	}
	after := g.without(r)
	if g.Has(subject, Administrator) && len(after.administrators("")) == 0 && len(g.administrators("")) > 0 {
		return fmt.Errorf("%s is the last administrator with a key, and the last one stays", subject)
	}
	return nil
}

// without gives how the registry would be after a revocation.
func (g *Registry) without(r Record) *Registry {
	after := *g
	after.Keys, after.Grants = nil, slices.Clone(g.Grants)
	for _, c := range g.Keys {
		one := *c
		after.Keys = append(after.Keys, &one)
	}
	after.apply(r)
	return &after
}

// apply changes the registry by a record that was judged good.
func (g *Registry) apply(r Record) {
	switch r.Kind {
	case KindAuth:
		g.On, g.Since, g.Policy, g.Grants = true, r.No, r.All("policy"), nil // what nobody had proved ends
		g.approve(r)
		g.enrol(r, r.Person, time.Time{})
		g.Grants = append(g.Grants, Grant{Person: r.Person, Role: Administrator, By: r.Person, No: r.No, At: r.Time})
	case KindRecover:
		until, _ := time.Parse(time.RFC3339, r.Get("until"))
		g.enrol(r, r.Person, until)
		one := Grant{Person: r.Person, Role: Administrator, By: r.Person, No: r.No, At: r.Time, Until: until}
		g.Grants, g.Recovered = append(g.Grants, one), append(g.Recovered, one)
	case KindEnrol:
		g.enrol(r, r.Get("subject"), time.Time{})
	case KindAccept:
		g.Policy = r.All("policy")
		g.approve(r)
	case KindGrant:
		g.grant(r)
	case KindRevoke:
		g.revoke(r)
	case KindToken:
		g.token(r)
	case KindLink:
		g.link(r)
	case KindSeen:
		g.seen(r)
	case KindAddress:
		g.address(r)
	}
}

func (g *Registry) enrol(r Record, person string, until time.Time) {
	key, err := ParseKey(r.Get("key"))
	if err != nil {
		return // was judged
	}
	g.Keys = append(g.Keys, &Credential{Key: key, Person: person, Enrolled: r.No, Until: until, from: g.last})
}

func (g *Registry) grant(r Record) {
	one := Grant{Person: r.Get("subject"), Role: r.Get("role"), Entities: r.All("entity"), Creator: r.Get("creator"), By: r.Person, No: r.No, At: r.Time}
	if g.NeedsSecond(r) {
		g.Proposals = append(g.Proposals, Proposal{one})
		return
	}
	g.Proposals = slices.DeleteFunc(g.Proposals, func(p Proposal) bool { return p.Person == one.Person && p.Role == one.Role })
	same := func(have Grant) bool { return have.Person == one.Person && have.Role == one.Role }
	if slices.ContainsFunc(g.Grants, func(have Grant) bool {
		return same(have) && have.Until.IsZero() && have.Creator == one.Creator && slices.Equal(have.Entities, one.Entities)
	}) {
		return // a role that somebody has stays as it was granted
	}
	g.Grants = append(slices.DeleteFunc(slices.Clone(g.Grants), same), one)
}

func (g *Registry) revoke(r Record) {
	g.revokeTokens(r)
	if r.Get("token") != "" {
		return
	}
	if g.revokeLinks(r); r.Get("identity") != "" {
		return
	}
	subject, role, key, all := r.Get("subject"), r.Get("role"), r.Get("key"), r.Get("all") != ""
	g.Grants = slices.DeleteFunc(g.Grants, func(one Grant) bool { return one.Person == subject && (all || one.Role == role) })
	if all {
		g.Addresses = slices.DeleteFunc(slices.Clone(g.Addresses), func(a Address) bool { return a.Person == subject })
	}
	g.Proposals = slices.DeleteFunc(slices.Clone(g.Proposals), func(p Proposal) bool {
		return p.Person == subject && (all || p.Role == role) || all && p.By == subject
	})
	for _, c := range g.Keys {
		if c.Person != subject || !all && c.Key.Fingerprint() != key {
			continue
		}
		if c.Revoked == 0 {
			c.Revoked, c.to = r.No, g.last
			if r.Credential == c.Key.Fingerprint() { // its last record is its own end
				c.to = g.last.Add(time.Second)
			}
		}
		if no, err := strconv.ParseInt(r.Get("compromised-since"), 10, 64); err == nil && (c.Doubtful == 0 || no < c.Doubtful) {
			c.Doubtful = no
		}
	}
}

// stampForm is how ssh-keygen reads a time, in UTC.
const stampForm = "20060102150405Z"

// Stamp spells a chain time for ssh-keygen.
func Stamp(at time.Time) string { return at.UTC().Format(stampForm) }

// AllowedSigners gives the file by which `ssh-keygen -Y verify` knows whose key was
// good when: one line a key, in the order of enrolment.
func (g *Registry) AllowedSigners() []byte {
	var b strings.Builder
	for _, c := range g.Keys {
		options := []string{`namespaces="` + Namespace + `"`, `valid-after="` + Stamp(c.from) + `"`}
		switch {
		case c.Revoked > 0 && (c.Until.IsZero() || c.to.Before(c.Until)):
			options = append(options, `valid-before="`+Stamp(c.to.Add(-time.Second))+`"`)
		case !c.Until.IsZero():
			options = append(options, `valid-before="`+Stamp(c.Until)+`"`)
		}
		b.WriteString(c.Person + " " + strings.Join(options, ",") + " " + c.Key.String() + "\n")
	}
	return []byte(b.String())
}
