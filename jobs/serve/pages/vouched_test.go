package pages_test

import (
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"carat/jobs/books"
	"carat/jobs/exceptions"
	"carat/jobs/guard"
	"carat/jobs/people"
	"carat/jobs/serve/provider/providertest"
	"carat/pipeline/identity"
)

// vouching is a lake of a month that people who sign in by a provider work on, without a
// key of theirs: ann prepares, bob approves, dora decides.
func vouching(t *testing.T, sign string) (*providertest.Provider, books.Setting, keys, *browser) {
	t.Helper()
	them, k := providertest.New(t, nil), keys{}
	t.Setenv("OIDC_SECRET", providertest.Secret)
	yaml := strings.Replace(named, "first_period", "auth: {sign: "+sign+", oidc: {issuer: \""+them.Issuer()+"\", client_id: "+providertest.ClientID+
		", client_secret: \"${OIDC_SECRET}\", allow: [127.0.0.0/8], groups: {finance: preparer, heads: approver}}}\nfirst_period", 1)
	var s books.Setting
	cleo := func() books.Setting { return k.by(t, s, "cleo") }
	s = signable(t, yaml, func(s books.Setting, who string) books.Setting { return k.by(t, s, who) }, func(made books.Setting) {
		s = made
		if err := s.Config.FillSecrets(os.Getenv); err != nil {
			t.Fatal(err)
		}
		_, err := people.SwitchOn(t.Context(), people.AuthOptions{Setting: cleo(), Key: k.of(t, "cleo").Key()})
		for _, one := range [][2]string{{"robot", books.RoleScheduler}, {"dora", books.RolePreparer}} {
			if err == nil {
				k.enrol(t, s, one[0])
				_, err = people.Users(t.Context(), people.UsersOptions{Setting: cleo(), User: one[0], Role: one[1]})
			}
		}
		for _, one := range [][2]string{{"ann", "user-1"}, {"bob", "user-2"}} {
			if err == nil {
				_, err = people.Link(t.Context(), people.LinkOptions{Setting: cleo(), Person: one[0], Subject: one[1]})
			}
		}
		if err == nil {
			_, err = people.Users(t.Context(), people.UsersOptions{Setting: cleo(), User: "ann", Role: books.RolePreparer})
		}
		if err != nil {
			t.Fatal(err)
		}
	})
	b := served(t, k.by(t, s, "robot"), "robot")
	them.Clock = func() time.Time { return s.Now.Add(time.Duration(b.later.Load())) }
	return them, s, k, b
}

// arrives signs somebody in by the provider.
func (b *browser) arrives(them *providertest.Provider, subject, group string) {
	b.t.Helper()
	them.Subject, them.Groups = subject, []string{group}
	if status, text, _ := b.arrive(b.led(them, "/")); status != http.StatusSeeOther {
		b.t.Fatalf("%s: %d %s", subject, status, text)
	}
}

// lastRecord gives the record that was made last, and what its page says.
func lastRecord(t *testing.T, s books.Setting) identity.Record {
	t.Helper()
	p, err := books.Open(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	head, err := p.State.SignedHead(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	list, err := p.State.Signed(t.Context(), head.No, 1)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	r, err := identity.Parse([]byte(list[0].Content))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Who signs in by a provider and has no key decides, and where the policy has it prepares
// and approves: the server signs that they were signed in, each page says so, and verify
// holds it for good.
func TestServerVouchesOnPages(t *testing.T) {
	them, s, k, b := vouching(t, "session")
	robot := k.of(t, "robot").Key().Fingerprint()
	b.arrives(them, "user-1", "finance")
	list, err := exceptions.List(t.Context(), exceptions.Options{Setting: k.by(t, s, "dora")})
	if err != nil || len(list.Rows) == 0 {
		t.Fatal(err)
	}
	if status, text := b.asks("prepare", nil); status != http.StatusOK || !strings.Contains(text, "is prepared by ann") {
		t.Fatalf("%d %s", status, text)
	}
	if r := lastRecord(t, s); r.Kind != identity.KindPrepare || r.Person != "ann" || r.Proof != identity.ProofSession || r.Credential != robot {
		t.Errorf("%+v", r)
	}
	if _, text := b.page("/history"); !strings.Contains(text, "session") {
		t.Error("the list of records doesn't say that the server vouches")
	}
	if _, text := b.page("/history/" + strconv.FormatInt(lastRecord(t, s).No, 10)); !strings.Contains(text, "the server has signed that <bdi>ann</bdi> was signed in: it vouches, not they") {
		t.Errorf("the record's page doesn't say that the server vouches:\n%s", text)
	}
	b.post("/sign-out", url.Values{}, "/months")
	b.arrives(them, "user-2", "heads")
	if status, text := b.asks("approve", nil); status != http.StatusOK || !strings.Contains(text, "is closed") {
		t.Fatalf("%d %s", status, text)
	}
	if r := lastRecord(t, s); r.Kind != identity.KindApprove || r.Person != "bob" || r.Proof != identity.ProofSession || r.Credential != robot {
		t.Errorf("%+v", r)
	}
	if v, err := guard.Verify(t.Context(), guard.VerifyOptions{Setting: k.by(t, s, "dora")}); err != nil {
		t.Errorf("verify: %v %+v", err, v)
	}
}

// With sign: key the server vouches for a decision, and for no signature of a month.
func TestServerVouchesForDecisionsAlone(t *testing.T) {
	them, s, k, b := vouching(t, "key")
	b.arrives(them, "user-1", "finance")
	status, text := b.asks("prepare", nil)
	if strings.Contains(text, "is prepared") || !strings.Contains(text, "ann has no key") {
		t.Errorf("prepared without a key: %d %s", status, text)
	}
	list, err := exceptions.List(t.Context(), exceptions.Options{Setting: k.by(t, s, "dora")})
	if err != nil || len(list.Rows) == 0 {
		t.Fatal(err)
	}
	path := "/exceptions/" + list.Rows[0][0].(string)
	_, page := b.page(path)
	form := url.Values{"status": {"explained"}, "note": {"seen by ann"}}
	for _, m := range hiddenInput.FindAllStringSubmatch(page, -1) {
		form.Set(m[1], m[2])
	}
	if r := b.post(path+"/decide", form, path); r.StatusCode != http.StatusSeeOther {
		t.Errorf("deciding: %d", r.StatusCode)
	}
	if r := lastRecord(t, s); r.Kind != identity.KindDecide || r.Person != "ann" || r.Proof != identity.ProofSession {
		t.Errorf("%+v", r)
	}
	if v, err := guard.Verify(t.Context(), guard.VerifyOptions{Setting: k.by(t, s, "dora")}); err != nil {
		t.Errorf("verify: %v %+v", err, v)
	}
}
