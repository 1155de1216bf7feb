package identity_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"carat/pipeline/identity"
)

// people is a lake of records and the keys of those who write them.
type people struct {
	t        *testing.T
	registry *identity.Registry
	keys     map[string]identity.Signer
	entries  []identity.Entry
	stamps   []time.Time
	now      time.Time
}

func newPeople(t *testing.T) *people {
	return &people{t: t, registry: identity.NewRegistry("l1"), keys: map[string]identity.Signer{}, now: at}
}

func (p *people) key(name string) identity.Signer {
	p.t.Helper()
	if p.keys[name] == nil {
		_, private, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			p.t.Fatal(err)
		}
		s, err := identity.NewSigner(signerOf(p.t, private))
		if err != nil {
			p.t.Fatal(err)
		}
		p.keys[name] = s
	}
	return p.keys[name]
}

// draft makes a record of somebody, signed by the key of a name.
func (p *people) draft(who, key string, kind identity.Kind, fields ...identity.Field) (identity.Record, identity.Entry) {
	p.t.Helper()
	p.now = p.now.Add(time.Minute)
	r := identity.Record{Kind: kind, Lake: "l1", No: int64(len(p.entries) + 1), Person: who, Auth: identity.Authenticated, Proof: identity.ProofNone, Time: p.now, Fields: fields}
	if n := len(p.entries); n > 0 {
		r.Before = identity.SHA256(p.entries[n-1].Text)
	}
	if !p.registry.On && kind != identity.KindAuth {
		r.Auth = identity.NotAuthenticated
	}
	var s identity.Signer
	if key != "" {
		s = p.key(key)
		r.Proof, r.Credential = identity.ProofKey, s.Key().Fingerprint()
	}
	text, err := r.Encode()
	if err != nil {
		p.t.Fatal(err)
	}
	e := identity.Entry{Text: text}
	if s != nil {
		if e.Signature, err = s.Sign(text); err != nil {
			p.t.Fatal(err)
		}
	}
	return r, e
}

func (p *people) try(who, key string, kind identity.Kind, fields ...identity.Field) error {
	p.t.Helper()
	r, e := p.draft(who, key, kind, fields...)
	if err := p.registry.Take(r, e); err != nil {
		return err
	}
	p.entries, p.stamps = append(p.entries, e), append(p.stamps, p.registry.At())
	return nil
}

func (p *people) must(who, key string, kind identity.Kind, fields ...identity.Field) {
	p.t.Helper()
	if err := p.try(who, key, kind, fields...); err != nil {
		p.t.Fatalf("%s %s: %v", who, kind, err)
	}
}

func (p *people) refused(want, who, key string, kind identity.Kind, fields ...identity.Field) {
	p.t.Helper()
	before := fmt.Sprintf("%+v", p.registry.Grants) + strconv.Itoa(len(p.registry.Keys))
	if err := p.try(who, key, kind, fields...); err == nil || !strings.Contains(err.Error(), want) {
		p.t.Errorf("%s %s %v: %v, want %q", who, kind, fields, err, want)
	}
	if after := fmt.Sprintf("%+v", p.registry.Grants) + strconv.Itoa(len(p.registry.Keys)); after != before {
		p.t.Errorf("%s %s: a refused record changed the registry", who, kind)
	}
}

func f(pairs ...string) (list []identity.Field) {
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, identity.Field{Name: pairs[i], Value: pairs[i+1]})
	}
	return list
}

func (p *people) on(who string) {
	p.must(who, who, identity.KindAuth, f("switch", "on", "administrator", who, "key", p.key(who).Key().String())...)
}

func (p *people) enrolment(who, key string) []identity.Field {
	p.t.Helper()
	s := p.key(key)
	sig, err := s.Sign(identity.KeyRequest("l1", who, s.Key()))
	if err != nil {
		p.t.Fatal(err)
	}
	return f("subject", who, "key", s.Key().String(), "key-signature", sig)
}

func (p *people) enrol(by, who, key string) {
	p.t.Helper()
	p.must(by, by, identity.KindEnrol, p.enrolment(who, key)...)
}

func (p *people) print(key string) string { return p.key(key).Key().Fingerprint() }

// Once authentication is on nothing is written without a key, by another's, by one
// that was never enrolled, or once it was revoked; the clock says nothing of it.
func TestSignaturesLieBetweenEnrolmentAndRevocation(t *testing.T) {
	p := newPeople(t)
	p.must("ann", "", identity.KindPrepare, f("period", "2026-09")...)
	p.on("cleo")
	p.refused("it is not signed, and authentication was on", "ann", "", identity.KindPrepare, f("period", "2026-10")...)
	p.refused("was never enrolled", "ann", "ann", identity.KindPrepare, f("period", "2026-10")...)
	p.enrol("cleo", "ann", "ann")
	p.enrol("cleo", "ann", "ann2")
	p.must("ann", "ann", identity.KindPrepare, f("period", "2026-10")...)
	p.must("ann", "ann2", identity.KindPrepare, f("period", "2026-10")...)
	p.refused("is ann's, and the record is bob's", "bob", "ann", identity.KindApprove, f("period", "2026-10")...)
	signed := len(p.entries)
	p.must("cleo", "cleo", identity.KindRevoke, f("subject", "ann", "key", p.print("ann"), "reason", "lost")...)
	p.now = p.now.Add(-48 * time.Hour) // a clock that was set back brings no key back
	p.refused("was revoked by record", "ann", "ann", identity.KindPrepare, f("period", "2026-10")...)
	p.must("ann", "ann2", identity.KindPrepare, f("period", "2026-10")...)
	p.refused("a key is of one person for ever", "cleo", "cleo", identity.KindEnrol, p.enrolment("ann", "ann")...)
	p.refused("a key is of one person for ever", "cleo", "cleo", identity.KindEnrol, p.enrolment("bob", "ann")...)
	// What the key signed before is good, unless somebody says since when it isn't.
	old, err := identity.Parse(p.entries[signed-2].Text)
	if err != nil || p.registry.Doubts(old) {
		t.Fatalf("%v: a record before the revocation is in doubt", err)
	}
	p.must("cleo", "cleo", identity.KindRevoke, f("subject", "ann", "key", p.print("ann"), "compromised-since", strconv.Itoa(signed-1))...)
	if !p.registry.Doubts(old) {
		t.Error("a record since the key was compromised is in no doubt")
	}
	p.agree()
}

// agree asks ssh-keygen of every record and as of every other record's time, and wants what
// the chain says.
func (p *people) agree() {
	t := p.t
	t.Helper()
	tool, dir := keygen(t), t.TempDir()
	allowed := filepath.Join(dir, "allowed_signers")
	if err := os.WriteFile(allowed, p.registry.AllowedSigners(), 0o600); err != nil {
		t.Fatal(err)
	}
	for i, e := range p.entries {
		r, err := identity.Parse(e.Text)
		if err != nil {
			t.Fatal(err)
		}
		if r.Proof != identity.ProofKey {
			continue
		}
		sig := filepath.Join(dir, "sig")
		if err := os.WriteFile(sig, []byte(e.Signature), 0o600); err != nil {
			t.Fatal(err)
		}
		for j := range p.entries {
			cmd := exec.Command(tool, "-Y", "verify", "-f", allowed, "-I", r.Person, "-n", "carat", "-s", sig, "-O", "verify-time="+identity.Stamp(p.stamps[j]))
			cmd.Stdin = bytes.NewReader(e.Text)
			out, err := cmd.CombinedOutput()
			good := false
			for _, c := range p.registry.Keys {
				n := int64(j + 1)
				own := c.Revoked == n && r.Credential == c.Key.Fingerprint() && i == j // it ends itself
				if c.Key.Fingerprint() == r.Credential && n >= c.Enrolled && (c.Revoked == 0 || n < c.Revoked || own) && (c.Until.IsZero() || !p.stamps[j].After(c.Until)) {
					good = true
				}
			}
			if i == j && !good {
				t.Errorf("record %d is not good in its own place", i+1)
			}
			if (err == nil) != good {
				t.Errorf("record %d as of record %d: ssh-keygen says %v (%s), the chain says good is %v", i+1, j+1, err, out, good)
			}
		}
	}
}

// The rules of roles: nobody grants to themselves, an administrator signs nothing, an
// approver takes two administrators where there are two, and the last one stays.
func TestRolesOfTheRegistry(t *testing.T) {
	p := newPeople(t)
	p.must("root", "", identity.KindGrant, f("subject", "mallory", "role", "approver")...)
	p.on("cleo")
	if p.registry.Has("mallory", "approver") {
		t.Error("a role that nobody proved outlives the switch")
	}
	p.refused("authentication is on since", "cleo", "cleo", identity.KindAuth, f("switch", "on", "administrator", "cleo", "key", p.key("cleo").Key().String())...)
	p.refused("never off", "cleo", "cleo", identity.KindAuth, f("switch", "off", "administrator", "cleo", "key", p.key("cleo").Key().String())...)
	p.refused("the last one stays", "cleo", "cleo", identity.KindRevoke, f("subject", "cleo", "role", "administrator")...)
	p.refused("the last one stays", "cleo", "cleo", identity.KindRevoke, f("subject", "cleo", "key", p.print("cleo"))...)
	p.refused("the last one stays", "cleo", "cleo", identity.KindRevoke, f("subject", "cleo", "all", "yes")...)
	p.refused("nobody grants to themselves", "cleo", "cleo", identity.KindGrant, f("subject", "cleo", "role", "auditor")...)
	for _, who := range []string{"ann", "bob", "dora"} {
		p.enrol("cleo", who, who)
	}
	p.refused("no administrator", "ann", "ann", identity.KindGrant, f("subject", "bob", "role", "auditor")...)
	p.refused("no administrator", "ann", "ann", identity.KindEnrol, p.enrolment("ann", "ann2")...)
	p.refused("no administrator", "ann", "ann", identity.KindRevoke, f("subject", "bob", "all", "yes")...)
	p.refused("no administrator", "ann", "ann", identity.KindAccept, f("policy", "sign=session")...)
	p.must("cleo", "cleo", identity.KindGrant, f("subject", "bob", "role", "approver")...)
	if !p.registry.Has("bob", "approver") {
		t.Error("the only administrator's grant waits")
	}
	p.refused("prepares, decides and approves nothing", "cleo", "cleo", identity.KindGrant, f("subject", "bob", "role", "administrator")...)
	p.must("cleo", "cleo", identity.KindGrant, f("subject", "dora", "role", "administrator")...)
	p.refused("prepares, decides and approves nothing", "cleo", "cleo", identity.KindGrant, f("subject", "dora", "role", "preparer")...)
	p.refused("no role", "cleo", "cleo", identity.KindGrant, f("subject", "ann", "role", "king")...)
	p.must("cleo", "cleo", identity.KindGrant, f("subject", "ann", "role", "approver")...)
	proposed := strconv.Itoa(len(p.entries))
	if p.registry.Has("ann", "approver") || len(p.registry.Proposals) != 1 {
		t.Error("an approver was made by one of two administrators")
	}
	p.refused("by another administrator", "cleo", "cleo", identity.KindGrant, f("subject", "ann", "role", "approver", "proposed-by", proposed)...)
	p.refused("by another administrator", "dora", "dora", identity.KindGrant, f("subject", "ann", "role", "approver", "entity", "main", "proposed-by", proposed)...)
	p.must("dora", "dora", identity.KindGrant, f("subject", "ann", "role", "approver", "proposed-by", proposed)...)
	if !p.registry.Has("ann", "approver") || len(p.registry.Proposals) != 0 {
		t.Error("two administrators make no approver")
	}
	p.must("ann", "ann", identity.KindRevoke, f("subject", "ann", "key", p.print("ann"), "reason", "lost it")...)
	p.refused("was revoked", "ann", "ann", identity.KindReopen, f("period", "2026-10")...)
	p.must("dora", "dora", identity.KindRevoke, f("subject", "cleo", "all", "yes")...)
	p.refused("was revoked", "cleo", "cleo", identity.KindGrant, f("subject", "ann", "role", "auditor")...)
	p.refused("the last one stays", "dora", "dora", identity.KindRevoke, f("subject", "dora", "all", "yes")...)
	p.agree()
}

// A key is enrolled by itself too: nobody has another's key written down as theirs.
func TestAKeySaysWhoseItIs(t *testing.T) {
	p := newPeople(t)
	p.refused("once authentication is on", "cleo", "", identity.KindEnrol, p.enrolment("ann", "ann")...)
	p.on("cleo")
	for what, fields := range map[string][]identity.Field{
		"no signature":       f("subject", "ann", "key", p.key("ann").Key().String()),
		"another's":          f("subject", "ann", "key", p.key("ann").Key().String(), "key-signature", p.enrolment("ann", "bob")[2].Value),
		"for another person": f("subject", "ann", "key", p.key("ann").Key().String(), "key-signature", p.enrolment("bob", "ann")[2].Value),
	} {
		if err := p.try("cleo", "cleo", identity.KindEnrol, fields...); err == nil || !strings.Contains(err.Error(), "has not signed that it is ann's") {
			t.Errorf("%s: %v", what, err)
		}
	}
	p.enrol("cleo", "ann", "ann")
}

// Who owns the files can become administrator for a day, by a key and a name of their own, and that
// is seen.
func TestRecovery(t *testing.T) {
	p := newPeople(t)
	recovery := func(who string, hours time.Duration) []identity.Field {
		return f("administrator", who, "key", p.key(who).Key().String(), "until", p.now.Add(time.Minute+hours*time.Hour).Format(time.RFC3339))
	}
	p.refused("nothing to recover", "eve", "eve", identity.KindRecover, recovery("eve", 24)...)
	p.on("cleo")
	p.enrol("cleo", "ann", "ann")
	p.must("cleo", "cleo", identity.KindGrant, f("subject", "ann", "role", "preparer")...)
	p.refused("takes a new key", "ann", "ann", identity.KindRecover, recovery("ann", 24)...)
	p.refused("is administrator and nothing else", "ann", "ann3", identity.KindRecover, f("administrator", "ann", "key", p.key("ann3").Key().String(), "until", p.now.Format(time.RFC3339))...)
	p.refused("good for 24 hours", "eve", "eve", identity.KindRecover, recovery("eve", 25)...)
	p.must("eve", "eve", identity.KindRecover, recovery("eve", 24)...)
	p.must("eve", "eve", identity.KindGrant, f("subject", "ann", "role", "auditor")...)
	p.must("eve", "eve", identity.KindGrant, f("subject", "mallory", "role", "approver")...)
	if p.registry.Has("mallory", "approver") {
		t.Error("whoever recovered made an approver, though there is an administrator")
	}
	p.now = p.now.Add(25 * time.Hour)
	p.refused("was good until", "eve", "eve", identity.KindGrant, f("subject", "ann", "role", "support")...)
	if len(p.registry.Recovered) != 1 {
		t.Error("the recovery is not told")
	}
	p.must("cleo", "cleo", identity.KindGrant, f("subject", "ann", "role", "support")...)
	p.agree()
}

// What was replayed from its bytes is what was taken; a byte changed anywhere is an error.
func TestReplay(t *testing.T) {
	p := newPeople(t)
	p.on("cleo")
	p.enrol("cleo", "ann", "ann")
	p.must("cleo", "cleo", identity.KindGrant, f("subject", "ann", "role", "preparer", "entity", "main", "entity", "second")...)
	g, err := identity.Replay("l1", p.entries)
	if err != nil || fmt.Sprintf("%+v", g.Grants) != fmt.Sprintf("%+v", p.registry.Grants) || len(g.Keys) != 2 {
		t.Errorf("%v: %+v", err, g)
	}
	if _, err := identity.Replay("l2", p.entries); err == nil {
		t.Error("records of another lake are taken")
	}
	for i := range p.entries {
		for at := 0; at < len(p.entries[i].Text); at += 7 {
			entries := append([]identity.Entry{}, p.entries...)
			text := bytes.Clone(entries[i].Text)
			text[at] ^= 1
			entries[i].Text = text
			if _, err := identity.Replay("l1", entries); err == nil {
				t.Fatalf("record %d with byte %d changed is taken", i+1, at)
			}
		}
	}
}

// What makes approvers of a provider's groups takes two administrators where there are two, as
// granting the role does, and anew when another provider says who is in a group.
func TestGroupsThatApproveTakeTwo(t *testing.T) {
	p := newPeople(t)
	p.on("cleo")
	policy := func(issuer string, groups ...string) (list []identity.Field) {
		list = f("policy", "auth.oidc.client_id=carat", "policy", "auth.oidc.groups_claim=groups")
		for _, one := range groups {
			list = append(list, f("policy", "auth.oidc.groups."+one)...)
		}
		return append(list, f("policy", "auth.oidc.issuer="+issuer)...)
	}
	wants := func(group, role string) {
		t.Helper()
		if got := p.registry.RoleOfGroup(group); got != role {
			t.Errorf("%s has %q, want %q; waiting: %v", group, got, role, p.registry.Waiting())
		}
	}
	p.must("cleo", "cleo", identity.KindAccept, policy("https://a.example", "heads=approver", "staff=preparer")...)
	wants("heads", "approver") // there is no other administrator
	p.enrol("cleo", "dora", "dora")
	p.must("cleo", "cleo", identity.KindGrant, f("subject", "dora", "role", "administrator")...)
	wants("heads", "approver")
	p.must("cleo", "cleo", identity.KindAccept, policy("https://a.example", "heads=approver", "more=approver", "staff=preparer")...)
	wants("heads", "approver")
	wants("more", "")
	wants("staff", "preparer")
	if p.registry.WaitsFor("cleo") || !p.registry.WaitsFor("dora") {
		t.Error("it waits for dora")
	}
	p.must("cleo", "cleo", identity.KindAccept, policy("https://a.example", "heads=approver", "more=approver", "staff=preparer")...)
	wants("more", "") // one administrator twice is one
	p.must("dora", "dora", identity.KindAccept, policy("https://a.example", "heads=approver", "more=approver", "staff=preparer")...)
	wants("more", "approver")
	// Another provider is in nobody's hands but of whoever named it.
	p.must("dora", "dora", identity.KindAccept, policy("https://evil.example", "heads=approver", "staff=preparer")...)
	wants("heads", "")
	wants("staff", "preparer")
	p.must("cleo", "cleo", identity.KindAccept, policy("https://evil.example", "heads=approver", "staff=preparer")...)
	wants("heads", "approver")
	// What was taken out is begun anew.
	p.must("cleo", "cleo", identity.KindAccept, policy("https://evil.example", "staff=preparer")...)
	p.must("cleo", "cleo", identity.KindAccept, policy("https://evil.example", "heads=approver", "staff=preparer")...)
	wants("heads", "")
	// By and by there is one administrator alone: who is left accepts by themselves.
	p.must("dora", "dora", identity.KindRevoke, f("subject", "cleo", "all", "yes")...)
	p.must("dora", "dora", identity.KindAccept, policy("https://evil.example", "heads=approver", "staff=preparer")...)
	wants("heads", "approver")
	p.agree()
}

// Where somebody of the staff is written to an administrator says, by a hash; it goes with
// the person.
func TestAddressesOfTheRegistry(t *testing.T) {
	p := newPeople(t)
	p.on("cleo")
	hash := strings.Repeat("0a", 32)
	p.enrol("cleo", "ann", "ann")
	p.must("cleo", "cleo", identity.KindGrant, f("subject", "ann", "role", "preparer")...)
	p.must("cleo", "cleo", identity.KindGrant, f("subject", "rosa", "role", "creator", "creator", "c1")...)
	p.refused("is no administrator", "ann", "ann", identity.KindAddress, f("subject", "ann", "address", hash)...)
	p.refused("which address", "cleo", "cleo", identity.KindAddress, f("subject", "ann", "address", "ann@example.org")...)
	p.refused("which address", "cleo", "cleo", identity.KindAddress, f("subject", "ann", "address", strings.ToUpper(hash))...)
	p.refused("whose address", "cleo", "cleo", identity.KindAddress, f("address", hash)...)
	p.refused("the files say", "cleo", "cleo", identity.KindAddress, f("subject", "rosa", "address", hash)...)
	p.must("cleo", "cleo", identity.KindAddress, f("subject", "ann", "address", hash)...)
	if got := p.registry.AddressOf("ann"); got != hash {
		t.Errorf("%q", got)
	}
	p.must("cleo", "cleo", identity.KindAddress, f("subject", "ann")...)
	if got := p.registry.AddressOf("ann"); got != "" {
		t.Errorf("%q after it was taken away", got)
	}
	p.must("cleo", "cleo", identity.KindAddress, f("subject", "ann", "address", hash)...)
	p.must("cleo", "cleo", identity.KindRevoke, f("subject", "ann", "all", "yes")...)
	if got := p.registry.AddressOf("ann"); got != "" {
		t.Errorf("%q of who ended", got)
	}
}

// A sign-in that an older carat recorded by a group that one of two administrators made approvers of shuts nobody out: it
// gives no role and is told; none can be written any more.
func TestASignInByAGroupThatWaitsGivesNothing(t *testing.T) {
	p := newPeople(t)
	p.on("cleo")
	p.enrol("cleo", "dora", "dora")
	p.must("cleo", "cleo", identity.KindGrant, f("subject", "dora", "role", "administrator")...)
	p.enrol("cleo", "robot", "robot")
	p.must("cleo", "cleo", identity.KindGrant, f("subject", "robot", "role", "scheduler")...)
	hash := identity.SHA256([]byte("ann at the provider"))
	p.must("cleo", "cleo", identity.KindLink, f("subject", "ann", "identity", hash)...)
	policy := f("policy", "auth.oidc.client_id=carat", "policy", "auth.oidc.groups.heads=approver", "policy", "auth.oidc.groups.staff=preparer", "policy", "auth.oidc.issuer=https://a.example")
	p.must("cleo", "cleo", identity.KindAccept, policy...)
	seen := func(groups ...string) []identity.Field {
		fields := f("subject", "ann", "identity", hash)
		for _, one := range groups {
			fields = append(fields, f("group", one)...)
		}
		return append(fields, f("until", p.now.Add(time.Hour).UTC().Format(time.RFC3339))...)
	}
	p.must("robot", "robot", identity.KindSeen, seen("staff")...)
	if !p.registry.Has("ann", "preparer") {
		t.Fatal("ann has no role by staff")
	}
	r, e := p.draft("robot", "robot", identity.KindSeen, seen("heads")...)
	if err := p.registry.Check(r, e); err == nil || !strings.Contains(err.Error(), "waits for a second administrator") {
		t.Errorf("it could be written: %v", err)
	}
	p.must("robot", "robot", identity.KindSeen, seen("heads")...)
	if v := p.registry.Voids; p.registry.Has("ann", "approver") || p.registry.Has("ann", "preparer") || len(v) != 1 || v[0].Person != "ann" || v[0].Group != "heads" || v[0].No != int64(len(p.entries)) {
		t.Errorf("%+v %+v", p.registry.Grants, v)
	}
	p.refused("no record says that this is bob", "robot", "robot", identity.KindSeen, append(f("subject", "bob"), seen("heads")[1:]...)...)
	p.must("dora", "dora", identity.KindAccept, policy...)
	if p.registry.Has("ann", "approver") {
		t.Error("what gave nothing gives a role afterwards")
	}
	p.must("robot", "robot", identity.KindSeen, seen("heads")...)
	if !p.registry.Has("ann", "approver") || len(p.registry.Voids) != 1 {
		t.Errorf("accepted by two, it gives nothing: %+v", p.registry.Grants)
	}
	p.agree()
}
