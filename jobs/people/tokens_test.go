package people_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"carat/jobs/books"
	"carat/jobs/guard"
	"carat/jobs/internal/trial"
	"carat/jobs/people"
	"carat/pipeline/identity"
)

// A token reads by one role of its owner's, is kept as a hash in a signed record, and ends
// with its day, its revocation, its owner's role, key or end.
func TestTokens(t *testing.T) {
	s, k := switchedOn(t)
	for _, who := range []string{"ann", "bob"} {
		must(t, k.enrol(t, s, "cleo", who, who))
	}
	must(t, k.grant(t, s, "cleo", "cleo", "ann", books.RoleAuditor))
	must(t, k.grant(t, s, "cleo", "cleo", "ann", books.RoleSupport))
	must(t, k.grant(t, s, "cleo", "cleo", "bob", books.RoleAuditor))
	token := func(who, key, role string, days int) (string, identity.Token, error) {
		return people.MakeToken(t.Context(), people.TokenOptions{Setting: k.by(t, s, who, key), Role: role, Days: days, Name: "warehouse"})
	}
	for _, c := range []struct {
		who, key, role string
		days           int
		want           string
	}{{"ann", "", "auditor", 90, "there is no key"}, {"ann", "bob", "auditor", 90, "is bob's"}, {"ann", "ann", "approver", 90, "ann is no approver"}, {"ann", "ann", "creator", 90, "a token can have the roles"},
		{"ann", "ann", "scheduler", 90, "a token can have the roles"}, {"ann", "ann", "auditor", 0, "--days"}, {"ann", "ann", "auditor", 367, "--days"}, {"eve", "ann", "auditor", 1, "eve has no role"}} {
		_, _, err := token(c.who, c.key, c.role, c.days)
		refused(t, err, c.want)
	}
	good := func(token string, at books.Setting, want bool) {
		t.Helper()
		by, err := people.Bearer(t.Context(), at, token)
		if want && (err != nil || by.User != "ann" || by.Role != books.RoleAuditor) || !want && !errors.Is(err, people.ErrToken) {
			t.Errorf("%+v %v, want %v", by, err, want)
		}
	}
	one, made, err := token("ann", "ann", "auditor", 90)
	must(t, err)
	if !strings.HasPrefix(one, "carat_") || len(one) != len("carat_")+43 || strings.Contains(made.ID(), one) {
		t.Errorf("%q %q", one, made.ID())
	}
	good(one, s, true)
	for _, wrong := range []string{"", one[:len(one)-1], one + "x", strings.ToUpper(one), made.SHA256, made.ID()} {
		good(wrong, s, false)
	}
	later := s
	later.Now = s.Now.Add(91 * 24 * time.Hour)
	good(one, later, false)
	later.Now = s.Now.Add(-2 * time.Hour)
	good(one, later, false)
	for file, text := range trial.BytesBelow(t, s.Config.Dir) {
		if strings.Contains(text, one) {
			t.Errorf("%s holds the token itself", file)
		}
	}
	_, err = people.RevokeToken(t.Context(), people.TokenOptions{Setting: k.by(t, s, "bob", "bob"), Person: "ann", ID: made.ID()})
	refused(t, err, "bob is auditor")
	_, err = people.RevokeToken(t.Context(), people.TokenOptions{Setting: k.by(t, s, "ann", "ann"), Person: "ann", ID: "token:0000000000000000"})
	refused(t, err, "ann has no token:0000000000000000")
	_, err = people.RevokeToken(t.Context(), people.TokenOptions{Setting: k.by(t, s, "ann", "ann"), Person: "ann", ID: made.ID()})
	must(t, err)
	good(one, s, false)
	_, err = people.RevokeToken(t.Context(), people.TokenOptions{Setting: k.by(t, s, "cleo", "cleo"), Person: "ann", ID: made.ID()})
	refused(t, err, "was revoked by record")

	two, _, err := token("ann", "ann", "auditor", 1)
	must(t, err)
	list, err := people.Tokens(t.Context(), k.by(t, s, "cleo", ""))
	if err != nil || len(list) != 2 || list[0].Revoked == 0 || list[1].Revoked != 0 {
		t.Errorf("%+v %v", list, err)
	}
	_, err = people.Users(t.Context(), people.UsersOptions{Setting: k.by(t, s, "cleo", "cleo"), User: "ann", Role: books.RoleAuditor, Revoke: true})
	must(t, err)
	good(two, s, false)
	must(t, k.grant(t, s, "cleo", "cleo", "ann", books.RoleAuditor))
	good(two, s, false) // a role that comes again brings no token back
	if list, err := people.Tokens(t.Context(), k.by(t, s, "cleo", "")); err != nil || len(list) != 2 || list[0].Ended == "" || list[1].Ended == "" {
		t.Errorf("neither is good, and that is told: %+v %v", list, err)
	}
	three, _, err := token("ann", "ann", "auditor", 1)
	must(t, err)
	good(three, s, true)
	if list, err := people.Tokens(t.Context(), k.by(t, s, "cleo", "")); err != nil || len(list) != 3 || list[2].Ended != "" {
		t.Errorf("the third is good: %+v %v", list, err)
	}
	p, err := books.Open(t.Context(), k.by(t, s, "cleo", ""))
	must(t, err)
	proof, err := p.Prove(t.Context(), k.by(t, s, "cleo", ""), identity.KindRestore, "", identity.Field{Name: "backup", Value: "b"})
	must(t, err)
	must(t, p.State.Prove(t.Context(), proof))
	must(t, p.Close())
	good(three, s, false) // it may have been revoked after the backup
	if list, err := people.Tokens(t.Context(), k.by(t, s, "cleo", "")); err != nil || len(list) != 3 || list[2].Ended != "made before the history was restored" {
		t.Errorf("the third is good no more: %+v %v", list, err)
	}
	four, _, err := token("ann", "ann", "auditor", 1)
	must(t, err)
	good(four, s, true)
	_, err = people.Revoke(t.Context(), people.KeysOptions{Setting: k.by(t, s, "cleo", "cleo"), Person: "ann", Fingerprint: k.of(t, "ann").Key().Fingerprint()})
	must(t, err)
	good(four, s, false)
	must(t, k.enrol(t, s, "cleo", "ann", "ann-2"))
	five, _, err := token("ann", "ann-2", "auditor", 1)
	must(t, err)
	good(five, s, true)
	_, err = people.Revoke(t.Context(), people.KeysOptions{Setting: k.by(t, s, "cleo", "cleo"), Person: "ann", All: true})
	must(t, err)
	good(five, s, false)
	if _, err := guard.Verify(t.Context(), guard.VerifyOptions{Setting: k.by(t, s, "cleo", "")}); err != nil {
		t.Error(err)
	}
}

// Where nobody proves who they are a token goes by names, and a role that somebody has.
func TestTokensWithoutProof(t *testing.T) {
	s, k := trial.Folder(t, "feeds: {}\nfirst_period: 2026-10\n", nil), signers{}
	if _, err := people.Bearer(t.Context(), s, "carat_x"); !errors.Is(err, people.ErrToken) {
		t.Errorf("without a lake: %v", err)
	}
	must(t, k.grant(t, s, "root", "", "ann", books.RoleAuditor))
	one, _, err := people.MakeToken(t.Context(), people.TokenOptions{Setting: k.by(t, s, "ann", ""), Role: books.RoleAuditor, Days: 1})
	must(t, err)
	by, err := people.Bearer(t.Context(), s, one)
	if err != nil || by.User != "ann" {
		t.Fatalf("%+v %v", by, err)
	}
	grants := books.Grants{{User: "ann", Role: books.RoleAuditor}, {User: "ann", Role: books.RolePreparer, Entities: []string{"main"}}}
	for right, want := range map[books.Right]bool{books.RightExceptions: true, books.RightQuery: true, books.RightIngest: false, books.RightDecide: false, books.RightAnswer: false, books.RightGrant: false, books.RightToken: true} {
		if got := grants.Allow(by, right); got != want {
			t.Errorf("%s by a token of an auditor who is preparer too: %v", right, got)
		}
	}
	if by.Role = books.RolePreparer; len(grants.Entities(by, books.RightExceptions)) != 1 || grants.Allow(by, books.RightQuery) {
		t.Error("a token by a role that is limited to an entity reads all")
	}
	if by.Role = books.RoleApprover; (books.Grants{}).Allow(by, books.RightGrant) {
		t.Error("a token does more than its role where nobody has one")
	}
}
