package people_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"carat/jobs/books"
	"carat/jobs/config"
	"carat/jobs/config/signin"
	"carat/jobs/guard"
	"carat/jobs/internal/trial"
	"carat/jobs/people"
	"carat/jobs/schedule"
	"carat/pipeline"
	"carat/pipeline/identity"
	"carat/pipeline/state"
	"carat/pipeline/state/signed"
)

const issuer = "https://login.example.com"

// provided is switchedOn with a provider and the server's own name, robot.
func provided(t *testing.T) (books.Setting, signers) {
	t.Helper()
	s := trial.Folder(t, "feeds: {}\nfirst_period: 2026-10\nauth: {sign: key, oidc: {issuer: \""+issuer+
		"\", client_id: carat, groups: {finance: preparer, finance-too: preparer, heads: approver, audit=2026: auditor}}}\n", nil)
	k := signers{}
	_, err := people.SwitchOn(t.Context(), people.AuthOptions{Setting: k.by(t, s, "cleo", "cleo"), Key: k.of(t, "cleo").Key()})
	must(t, err)
	must(t, k.enrol(t, s, "cleo", "robot", "robot"))
	must(t, k.grant(t, s, "cleo", "cleo", "robot", books.RoleScheduler))
	return s, k
}

func (k signers) link(t *testing.T, s books.Setting, by, who, subject string) error {
	t.Helper()
	_, err := people.Link(t.Context(), people.LinkOptions{Setting: k.by(t, s, by, by), Person: who, Subject: subject})
	return err
}

func (k signers) seen(t *testing.T, s books.Setting, subject string, groups ...string) (people.Seen, error) {
	t.Helper()
	return people.SignedIn(t.Context(), people.SeenOptions{Setting: k.by(t, s, "robot", "robot"), Issuer: issuer, Subject: subject, Groups: groups})
}

func rolesOf(t *testing.T, s books.Setting, k signers, who string) []string {
	t.Helper()
	p, err := books.Open(t.Context(), k.by(t, s, who, ""))
	must(t, err)
	g, err := p.Grants(t.Context(), s)
	must(t, err)
	must(t, p.Close())
	return g.RolesOf(who)
}

func verifies(t *testing.T, s books.Setting, k signers) {
	t.Helper()
	if _, err := guard.Verify(t.Context(), guard.VerifyOptions{Setting: k.by(t, s, "cleo", "")}); err != nil {
		t.Error(err)
	}
}

// Whom the provider knows is nobody here without an administrator's record, and has the
// roles of their groups, and no other, for twelve hours.
func TestSignInByAProvider(t *testing.T) {
	s, k := provided(t)
	if _, err := k.seen(t, s, "user-1", "finance"); !errors.Is(err, people.ErrUnknown) {
		t.Errorf("nobody linked them: %v", err)
	}
	must(t, k.link(t, s, "cleo", "ann", "user-1"))
	var none *people.NoRole
	for _, groups := range [][]string{nil, {"others"}, {"Finance"}, {"audit"}} {
		if _, err := k.seen(t, s, "user-1", groups...); !errors.As(err, &none) || !strings.Contains(err.Error(), "none of the groups has a role") {
			t.Errorf("%v: %v", groups, err)
		}
	}
	if got := rolesOf(t, s, k, "ann"); len(got) > 0 {
		t.Errorf("%v before she signed in", got)
	}
	got, err := k.seen(t, s, "user-1", "others", "finance", "finance-too")
	if err != nil || got.Person != "ann" || !slices.Equal(got.Roles, []string{"preparer"}) || !got.Until.Equal(s.Now.Truncate(time.Second).Add(12*time.Hour)) {
		t.Fatalf("%+v %v", got, err)
	}
	if got := rolesOf(t, s, k, "ann"); !slices.Equal(got, []string{"preparer"}) {
		t.Errorf("%v", got)
	}
	verifies(t, s, k)
	later := s
	later.Now = s.Now.Add(12*time.Hour + time.Minute)
	if got := rolesOf(t, later, k, "ann"); len(got) > 0 {
		t.Errorf("%v after twelve hours", got)
	}
	verifies(t, later, k)

	// Another group the next day takes the place of the first; two give both.
	got, err = k.seen(t, later, "user-1", "audit=2026")
	if err != nil || !slices.Equal(got.Roles, []string{"auditor"}) || !slices.Equal(rolesOf(t, later, k, "ann"), []string{"auditor"}) {
		t.Errorf("%+v %v %v", got, err, rolesOf(t, later, k, "ann"))
	}
	if got, err = k.seen(t, later, "user-1", "heads", "finance"); err != nil || !slices.Equal(got.Roles, []string{"approver", "preparer"}) {
		t.Errorf("%+v %v", got, err)
	}
	verifies(t, later, k)
	p, err := books.Open(t.Context(), later)
	must(t, err)
	before, err := p.State.SignedHead(t.Context())
	must(t, err)
	must(t, p.Close())
	soon := later
	soon.Now = later.Now.Add(30 * time.Minute)
	if got, err = k.seen(t, soon, "user-1", "heads", "finance"); err != nil || !got.Until.Equal(later.Now.Truncate(time.Second).Add(12*time.Hour)) {
		t.Errorf("%+v %v", got, err)
	}
	p, err = books.Open(t.Context(), later)
	must(t, err)
	if after, err := p.State.SignedHead(t.Context()); err != nil || after.No != before.No {
		t.Errorf("once more within the hour is record %d after %d: %v", after.No, before.No, err)
	}
	must(t, p.Close())
	// What an administrator grants for good outlasts the groups.
	must(t, k.grant(t, soon, "cleo", "cleo", "ann", books.RolePreparer))
	verifies(t, soon, k)
	must(t, k.grant(t, soon, "cleo", "cleo", "ann", books.RolePreparer)) // twice is once
	verifies(t, soon, k)
	if _, err = k.seen(t, soon, "user-1", "heads"); err != nil || !slices.Equal(rolesOf(t, soon, k, "ann"), []string{"approver", "preparer"}) {
		t.Errorf("%v %v", rolesOf(t, soon, k, "ann"), err)
	}
	later.Now = soon.Now.Add(13 * time.Hour)
	if got := rolesOf(t, later, k, "ann"); !slices.Equal(got, []string{"preparer"}) {
		t.Errorf("%v", got)
	}
	verifies(t, later, k)
}

// Without another sign-in the roles end for keys too: they sign no more.
func TestKeysDoNotOutlastGroups(t *testing.T) {
	s, k := provided(t)
	must(t, k.enrol(t, s, "cleo", "ann", "ann"))
	must(t, k.link(t, s, "cleo", "ann", "user-1"))
	token := func(at books.Setting) (string, error) {
		one, _, err := people.MakeToken(t.Context(), people.TokenOptions{Setting: k.by(t, at, "ann", "ann"), Role: books.RolePreparer, Days: 2})
		return one, err
	}
	_, err := token(s)
	refused(t, err, "ann has no role")
	_, err = k.seen(t, s, "user-1", "finance")
	must(t, err)
	one, err := token(s)
	must(t, err)
	later := s
	later.Now = s.Now.Add(12*time.Hour + time.Minute)
	_, err = token(later)
	refused(t, err, "ann has no role")
	if _, err := people.Bearer(t.Context(), later, one); !errors.Is(err, people.ErrToken) {
		t.Errorf("her token reads on: %v", err)
	}
	verifies(t, later, k)
}

func TestLinksAreAnAdministrators(t *testing.T) {
	s, k := provided(t)
	must(t, k.enrol(t, s, "cleo", "ann", "ann"))
	must(t, k.grant(t, s, "cleo", "cleo", "ann", books.RolePreparer))
	refused(t, k.link(t, s, "ann", "bob", "user-1"), "ann is preparer")
	refused(t, k.link(t, s, "robot", "bob", "user-1"), "robot is scheduler")
	refused(t, k.link(t, s, "cleo", "cleo", "user-1"), "nobody links themselves")
	refused(t, k.link(t, s, "cleo", "no name!", "user-1"), "is not a user's name")
	refused(t, k.link(t, s, "cleo", "ann", ""), "is nobody at a provider")
	refused(t, k.link(t, s, "cleo", "ann", strings.Repeat("x", 256)), "is nobody at a provider")
	must(t, k.link(t, s, "cleo", "ann", "user-1"))
	refused(t, k.link(t, s, "cleo", "ann", "user-1"), "linked already")
	refused(t, k.link(t, s, "cleo", "bob", "user-1"), "it is ann's, and one at the provider is one person for ever")
	// A server whose key is another role's says nothing, nor does one for another issuer.
	_, err := people.SignedIn(t.Context(), people.SeenOptions{Setting: k.by(t, s, "cleo", "cleo"), Issuer: issuer, Subject: "user-1", Groups: []string{"finance"}})
	refused(t, err, "cleo is no scheduler")
	_, err = people.SignedIn(t.Context(), people.SeenOptions{Setting: k.by(t, s, "robot", "ann"), Issuer: issuer, Subject: "user-1", Groups: []string{"finance"}})
	refused(t, err, "is ann's")
	if _, err = people.SignedIn(t.Context(), people.SeenOptions{Setting: k.by(t, s, "robot", "robot"), Issuer: "https://evil.example", Subject: "user-1", Groups: []string{"finance"}}); !errors.Is(err, people.ErrUnknown) {
		t.Errorf("another issuer: %v", err)
	}
	// An administrator's groups make no preparer of them.
	must(t, k.enrol(t, s, "cleo", "dora", "dora"))
	must(t, k.grant(t, s, "cleo", "cleo", "dora", books.RoleAdministrator))
	must(t, k.link(t, s, "cleo", "dora", "user-2"))
	_, err = k.seen(t, s, "user-2", "finance")
	refused(t, err, "an administrator prepares, decides and approves nothing")
	must(t, k.link(t, s, "dora", "robot", "user-3"))
	_, err = k.seen(t, s, "user-3", "finance")
	refused(t, err, "robot is the scheduler")
	verifies(t, s, k)
	for file, text := range trial.BytesBelow(t, s.Config.Dir) {
		if strings.Contains(text, "user-2") && !strings.Contains(file, "people") {
			t.Errorf("%s says who somebody is at the provider", file)
		}
	}
}

// A link that is taken away, and a person who ends, have no role by groups any more, and a
// sign-in gives them none.
func TestLinksEnd(t *testing.T) {
	s, k := provided(t)
	must(t, k.link(t, s, "cleo", "ann", "user-1"))
	must(t, k.link(t, s, "cleo", "bob", "user-2"))
	ann, err := k.seen(t, s, "user-1", "finance")
	must(t, err)
	_, err = k.seen(t, s, "user-2", "heads")
	must(t, err)
	unlink := func(by, who, id string) error {
		_, err := people.Unlink(t.Context(), people.LinkOptions{Setting: k.by(t, s, by, by), Person: who, ID: id})
		return err
	}
	id := identity.Link{Hash: ann.Link}.ID()
	must(t, k.enrol(t, s, "cleo", "bob", "bob"))
	refused(t, unlink("bob", "ann", id), "bob is approver")
	refused(t, unlink("cleo", "bob", id), "bob has no oidc:")
	must(t, unlink("cleo", "ann", id))
	refused(t, unlink("cleo", "ann", id), "was revoked by record")
	if _, err := k.seen(t, s, "user-1", "finance"); !errors.Is(err, people.ErrUnknown) || len(rolesOf(t, s, k, "ann")) > 0 {
		t.Errorf("%v %v", err, rolesOf(t, s, k, "ann"))
	}
	refused(t, k.link(t, s, "cleo", "eve", "user-1"), "it is ann's")
	must(t, k.link(t, s, "cleo", "ann", "user-1"))
	_, err = k.seen(t, s, "user-1", "finance")
	must(t, err)
	r, err := people.Revoke(t.Context(), people.KeysOptions{Setting: k.by(t, s, "cleo", "cleo"), Person: "bob", All: true})
	if err != nil || !strings.Contains(strings.Join(r.Ended, ", "), "sign-in oidc:") || !slices.Contains(r.Ended, "role approver") {
		t.Errorf("%+v %v", r, err)
	}
	if _, err := k.seen(t, s, "user-2", "heads"); !errors.Is(err, people.ErrUnknown) {
		t.Errorf("%v", err)
	}
	for file, text := range trial.BytesBelow(t, s.Config.Dir) {
		if strings.Contains(text, "user-2") {
			t.Errorf("%s still says who bob was at the provider", file)
		}
	}
	verifies(t, s, k)
}

// Which provider, and what its groups may, is policy: another one is refused, and nobody
// signs in by it, until an administrator accepts it.
func TestAProviderIsPolicy(t *testing.T) {
	s, k := provided(t)
	must(t, k.link(t, s, "cleo", "ann", "user-1"))
	for name, o := range map[string]signin.OIDC{
		"another issuer": {Issuer: "https://evil.example", ClientID: "carat", GroupsClaim: "groups", Groups: s.Config.Auth.OIDC.Groups},
		"another client": {Issuer: issuer, ClientID: "other", GroupsClaim: "groups", Groups: s.Config.Auth.OIDC.Groups},
		"another claim":  {Issuer: issuer, ClientID: "carat", GroupsClaim: "name", Groups: s.Config.Auth.OIDC.Groups},
		"another role":   {Issuer: issuer, ClientID: "carat", GroupsClaim: "groups", Groups: map[string]string{"finance": "approver"}},
		"another group":  {Issuer: issuer, ClientID: "carat", GroupsClaim: "groups", Groups: map[string]string{"finance": "preparer", "all": "approver"}},
		"none":           {},
	} {
		other := s
		c := *s.Config
		c.Auth = config.Auth{On: true, Sign: "key", OIDC: o}
		other.Config = &c
		if _, err := books.OpenExisting(t.Context(), k.by(t, other, "cleo", "cleo"), books.RightStatus); err == nil || pipeline.KindOf(err) != pipeline.KindUsage || !strings.Contains(err.Error(), "what was recorded is") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What makes approvers waits for a second administrator where there is one: till then the
// group gives nothing, the page and status say why, and accepting twice by oneself is refused.
func TestAGroupThatApprovesTakesTwo(t *testing.T) {
	s, k := provided(t)
	must(t, k.link(t, s, "cleo", "ann", "user-1"))
	must(t, k.enrol(t, s, "cleo", "dora", "dora"))
	must(t, k.grant(t, s, "cleo", "cleo", "dora", books.RoleAdministrator))
	c := *s.Config
	c.Auth.OIDC.Groups = map[string]string{"finance": "preparer", "bosses": "approver"}
	s.Config = &c
	accept := func(by string) (*people.AuthResult, error) {
		return people.Accept(t.Context(), people.AuthOptions{Setting: k.by(t, s, by, by)})
	}
	r, err := accept("cleo")
	if err != nil || len(r.Waiting) != 1 || r.Waiting[0] != "auth.oidc.groups.bosses=approver" {
		t.Fatalf("%+v %v", r, err)
	}
	if seen, err := k.seen(t, s, "user-1", "bosses", "finance"); err != nil || !slices.Equal(seen.Roles, []string{books.RolePreparer}) {
		t.Errorf("%+v %v", seen, err)
	}
	if _, err := accept("cleo"); pipeline.KindOf(err) != pipeline.KindUsage || !strings.Contains(err.Error(), "waits for another administrator") {
		t.Errorf("cleo twice: %v", err)
	}
	if _, err := k.seen(t, s, "user-1", "bosses"); err == nil {
		t.Error("an approver was made by one of two administrators")
	}
	if r, err := accept("dora"); err != nil || len(r.Waiting) != 0 {
		t.Fatalf("%+v %v", r, err)
	}
	if seen, err := k.seen(t, s, "user-1", "bosses"); err != nil || !slices.Equal(seen.Roles, []string{books.RoleApprover}) {
		t.Errorf("%+v %v", seen, err)
	}
	verifies(t, s, k)
}

// A lake of before, in which a server let somebody approve by a group that one of two administrators had accepted, opens:
// that sign-in gives nothing, status says what to do, and once both have accepted it they sign in as anybody.
func TestASignInOfBeforeGivesNothing(t *testing.T) {
	s, k := provided(t)
	must(t, k.link(t, s, "cleo", "ann", "user-1"))
	must(t, k.enrol(t, s, "cleo", "dora", "dora"))
	must(t, k.grant(t, s, "cleo", "cleo", "dora", books.RoleAdministrator))
	c := *s.Config
	c.Auth.OIDC.Groups = map[string]string{"finance": "preparer", "bosses": "approver"}
	s.Config = &c
	accept := func(by string) {
		t.Helper()
		_, err := people.Accept(t.Context(), people.AuthOptions{Setting: k.by(t, s, by, by)})
		must(t, err)
	}
	accept("cleo")
	// What an older carat wrote.
	p, err := books.Open(t.Context(), s)
	must(t, err)
	head, err := p.State.SignedHead(t.Context())
	must(t, err)
	registry, err := p.People(t.Context())
	must(t, err)
	i := slices.IndexFunc(registry.Links, func(l identity.Link) bool { return l.Person == "ann" })
	until := s.Now.UTC().Truncate(time.Second).Add(12 * time.Hour)
	r := identity.Record{Kind: identity.KindSeen, Lake: p.Lake.ID(), No: head.No + 1, Before: head.SHA256, Person: "robot", Account: "robot", Auth: identity.Authenticated, Proof: identity.ProofKey,
		Credential: k.of(t, "robot").Key().Fingerprint(), Time: s.Now.UTC().Truncate(time.Second), Fields: []identity.Field{{Name: "subject", Value: "ann"}, {Name: "identity", Value: registry.Links[i].Hash},
			{Name: "group", Value: "bosses"}, {Name: "until", Value: until.Format(time.RFC3339)}}}
	text, err := r.Encode()
	must(t, err)
	signature, err := k.of(t, "robot").Sign(text)
	must(t, err)
	proof := &state.Proof{Record: signed.Record{No: r.No, Kind: string(r.Kind), Person: r.Person, Credential: r.Credential, At: r.Time, Content: string(text), Signature: signature, Previous: r.Before, SHA256: identity.SHA256(text)}}
	must(t, p.State.ProveGrants(t.Context(), proof, func([]state.Grant) (granted, revoked []state.Grant, err error) {
		return []state.Grant{{User: "ann", Role: books.RoleApprover, By: "robot", OSUser: "robot", At: s.Now, Until: until}}, nil, nil
	}))
	must(t, p.Close())

	if got := rolesOf(t, s, k, "ann"); len(got) != 0 {
		t.Errorf("ann is %v by it", got)
	}
	st, err := schedule.Status(t.Context(), k.by(t, s, "cleo", "cleo"))
	must(t, err)
	if told := strings.Join(st.People, "\n"); !strings.Contains(told, "ann signed in on 2026-11-02T09:00:00Z as one of the group bosses") || !strings.Contains(told, "`carat auth accept`, and they sign in again: record") {
		t.Errorf("status says:\n%s", told)
	}
	verifies(t, s, k)
	accept("dora")
	if got := rolesOf(t, s, k, "ann"); len(got) != 0 {
		t.Errorf("accepted afterwards, ann is %v by it", got)
	}
	if seen, err := k.seen(t, s, "user-1", "bosses"); err != nil || !slices.Equal(seen.Roles, []string{books.RoleApprover}) || !slices.Equal(rolesOf(t, s, k, "ann"), []string{books.RoleApprover}) {
		t.Errorf("%+v %v, %v", seen, err, rolesOf(t, s, k, "ann"))
	}
	verifies(t, s, k)
}
