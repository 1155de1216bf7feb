package identity_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"carat/pipeline/identity"
)

// vouch makes a record of somebody that the key of a server has signed.
func (p *people) vouch(who, key string, kind identity.Kind, fields ...identity.Field) (identity.Entry, error) {
	p.t.Helper()
	r, _ := p.draft(who, "", kind, fields...)
	r.Proof, r.Credential = identity.ProofSession, p.key(key).Key().Fingerprint()
	text, err := r.Encode()
	if err != nil {
		p.t.Fatal(err)
	}
	e := identity.Entry{Text: text}
	if e.Signature, err = p.key(key).Sign(text); err != nil {
		p.t.Fatal(err)
	}
	if err := p.registry.Take(r, e); err != nil {
		return e, err
	}
	p.entries, p.stamps = append(p.entries, e), append(p.stamps, p.registry.At())
	return e, nil
}

// servedPeople makes a registry of whose people robot's server says who signed in, under a policy.
func servedPeople(t *testing.T, sign string) *people {
	p := newPeople(t)
	p.must("cleo", "cleo", identity.KindAuth, f("switch", "on", "administrator", "cleo", "key", p.key("cleo").Key().String(), "policy", "auth.sign="+sign)...)
	for _, name := range []string{"robot", "dora", "other"} {
		p.enrol("cleo", name, name)
	}
	p.must("cleo", "cleo", identity.KindGrant, f("subject", "robot", "role", identity.Scheduler)...)
	for _, name := range []string{"ann", "dora"} {
		p.must("cleo", "cleo", identity.KindLink, f("subject", name, "identity", strings.Repeat(map[string]string{"ann": "a", "dora": "b"}[name], 64))...)
	}
	return p
}

// A server vouches for who signs in there without a key, by a scheduler's key, for what the
// policy lets it, and for nothing else.
func TestServerVouches(t *testing.T) {
	decide := f("decisions", "1", "exception", "e1", "period", "2026-10", "status", "explained")
	prepare, grant := f("period", "2026-10"), f("subject", "eve", "role", identity.Auditor)
	for _, c := range []struct {
		sign, who, key string
		kind           identity.Kind
		fields         []identity.Field
		want           string
	}{
		{"key", "ann", "robot", identity.KindDecide, decide, ""},
		{"key", "ann", "robot", identity.KindPrepare, prepare, "the policy wants ann's own key"},
		{"key", "ann", "robot", identity.KindApprove, prepare, "the policy wants ann's own key"},
		{"key", "ann", "robot", identity.KindReopen, prepare, "the policy wants ann's own key"},
		{"key", "ann", "robot", identity.KindGrant, grant, "the policy wants ann's own key"},
		{"session", "ann", "robot", identity.KindPrepare, prepare, ""},
		{"session", "ann", "robot", identity.KindApprove, prepare, ""},
		{"session", "ann", "robot", identity.KindReopen, prepare, ""},
		{"session", "ann", "robot", identity.KindGrant, grant, "ann is no administrator"},
		{"session", "ann", "robot", identity.KindEnrol, f("subject", "eve"), "vouches for no record of kind enrol"},
		{"session", "ann", "robot", identity.KindAccept, f("policy", "x=y"), "vouches for no record"},
		{"session", "ann", "robot", identity.KindRevoke, f("subject", "cleo", "all", "yes"), "vouches for no record"},
		{"session", "ann", "robot", identity.KindRestore, f("backup", "b"), "vouches for no record"},
		{"session", "dora", "robot", identity.KindPrepare, prepare, "dora has a key"},
		{"session", "eve", "robot", identity.KindPrepare, prepare, "no record says who eve is at the provider"},
		{"session", "robot", "robot", identity.KindPrepare, prepare, "nobody vouches for themselves"},
		{"session", "ann", "other", identity.KindPrepare, prepare, "other is no scheduler"},
		{"session", "ann", "cleo", identity.KindPrepare, prepare, "cleo is no scheduler"},
		{"session", "ann", "nobody", identity.KindPrepare, prepare, "was never enrolled"},
	} {
		p := servedPeople(t, c.sign)
		e, err := p.vouch(c.who, c.key, c.kind, c.fields...)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("sign: %s, %s of %s by the key of %s: %v, want %q", c.sign, c.kind, c.who, c.key, err, c.want)
		}
		if r, _ := identity.Parse(e.Text); c.want == "" && p.registry.SignedBy(r) != "robot" {
			t.Errorf("%s: signed by %q", c.kind, p.registry.SignedBy(r))
		}
	}
	p := servedPeople(t, "session")
	if _, err := p.vouch("ann", "robot", identity.KindPrepare, prepare...); err != nil {
		t.Fatal(err)
	}
	prepared, _ := identity.Parse(p.entries[len(p.entries)-1].Text)
	p.must("cleo", "cleo", identity.KindRevoke, f("subject", "robot", "key", p.key("robot").Key().Fingerprint(), "compromised-since", "1")...)
	if !p.registry.Doubts(prepared) {
		t.Error("what a lost key of the server has vouched for isn't doubtful")
	}
	if _, err := p.vouch("ann", "robot", identity.KindPrepare, prepare...); err == nil || !strings.Contains(err.Error(), "was revoked") {
		t.Errorf("by a key that was revoked: %v", err)
	}
}

// ssh-keygen comes to the same judgement: the signature is the server's, and not the
// person's.
func TestVouchedForOpenSSH(t *testing.T) {
	ssh := keygen(t)
	p := servedPeople(t, "session")
	e, err := p.vouch("ann", "robot", identity.KindPrepare, f("period", "2026-10")...)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string][]byte{"allowed_signers": p.registry.AllowedSigners(), "r.sig": []byte(e.Signature)} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r, _ := identity.Parse(e.Text)
	for who, good := range map[string]bool{p.registry.SignedBy(r): true, "ann": false, "cleo": false} {
		run := exec.CommandContext(t.Context(), ssh, "-Y", "verify", "-f", "allowed_signers", "-I", who, "-n", identity.Namespace, "-s", "r.sig", "-O", "verify-time="+identity.Stamp(p.registry.At()))
		run.Dir, run.Stdin = dir, bytes.NewReader(e.Text)
		if out, err := run.CombinedOutput(); (err == nil) != good {
			t.Errorf("signed by %s: %v\n%s", who, err, out)
		}
	}
}
