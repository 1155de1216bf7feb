package pages_test

import (
	"carat/jobs/books"
	"database/sql"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"

	"carat/jobs/config"
	"carat/jobs/guard"
	"carat/jobs/internal/trial"
	"carat/jobs/people"
	"carat/pipeline"
)

// Whom a comment names by @ is told by mail, with a link and nothing of what was said or
// found; who may not see the exception, whose address nobody gave or somebody changed beside
// carat isn't, and whoever said it is told so.
func TestMentions(t *testing.T) {
	s, page := talked(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	box := &inbox{}
	server := smtp.NewServer(box)
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	if s.Config, err = config.Parse([]byte(talkedConfig+"mail: {server: \""+l.Addr().String()+"\", from: \"pay@example.com\", tls: none}\n"), s.Config.Dir, config.File); err != nil {
		t.Fatal(err)
	}
	admin := withUser(s, "an-administrator")
	for person, address := range map[string]string{"bob": "Bob.Secret@example.org", "eve": "eve@example.org", "ann": "ann@example.org", "aud": "aud@example.org"} {
		if _, err := people.Address(t.Context(), people.AddressOptions{Setting: admin, Person: person, Address: address}); err != nil {
			t.Fatal(err)
		}
	}
	for _, bad := range []people.AddressOptions{{Setting: admin, Person: "bob", Address: "no address"}, {Setting: admin, Person: "bob", Address: "a@b.example\r\nBcc: x@y.example"}, {Setting: admin, Person: "nobody", Address: "a@example.org"},
		{Setting: withUser(s, "ann"), Person: "ann", Address: "a@example.org"}} {
		if _, err := people.Address(t.Context(), bad); err == nil {
			t.Errorf("%s is written to at %q by %s", bad.Person, bad.Address, bad.By.User)
		}
	}
	ann := opened(t, s, "ann")
	says := func(text string) string {
		t.Helper()
		_, shown := ann.page(page)
		form := map[string][]string{"text": {text}, "seen": {seenField.FindStringSubmatch(shown)[1]}}
		r := ann.post(page+"/talk", form, page)
		if r.StatusCode != http.StatusSeeOther {
			t.Fatalf("%d", r.StatusCode)
		}
		_, shown = ann.page(r.Header.Get("Location"))
		return shown
	}
	if text := says("@bob, please look: 17,000.00 USD of Rosa. Ask x@aud.example and @ann."); strings.Contains(text, "Not everybody") {
		t.Error("that bob was not told")
	}
	letter := box.comes(t, 1)
	for _, want := range []string{"<Bob.Secret@example.org>", "Subject: You are named in a comment", ann.base + page} {
		if !strings.Contains(letter, want) {
			t.Errorf("the letter has no %q\n%s", want, letter)
		}
	}
	for _, not := range []string{"17,000", "Rosa", "ann", "please", "USD"} {
		if strings.Contains(letter, not) {
			t.Errorf("the letter tells %q\n%s", not, letter)
		}
	}
	// eve is of another entity, pia has no address, nobody is nobody.
	if text := says("@eve @pia @nobody, and (@bob)."); !strings.Contains(text, "Not everybody whom it names was told") {
		t.Errorf("that three were not told\n%s", text)
	}
	if letter = box.comes(t, 2); !strings.Contains(letter, "<Bob.Secret@example.org>") {
		t.Error(letter)
	}
	// No word of an address is outside the store of people.
	for file, text := range trial.BytesBelow(t, s.Config.Dir) {
		if strings.Contains(text, "Bob.Secret") && !strings.Contains(file, "people") {
			t.Errorf("%s holds an address", file)
		}
	}
	if _, err := guard.Verify(t.Context(), guard.VerifyOptions{Setting: withUser(s, "aud")}); err != nil {
		t.Error(err)
	}
	// An address that another program put there is written to by nobody.
	changeStore(t, s, "update addresses set address = 'eve@example.org' where person = 'bob'")
	if text := says("@bob again"); !strings.Contains(text, "Not everybody whom it names was told") {
		t.Errorf("a changed address\n%s", text)
	}
	if v, err := guard.Verify(t.Context(), guard.VerifyOptions{Setting: withUser(s, "aud")}); pipeline.KindOf(err) != pipeline.KindVerification || !strings.Contains(strings.Join(v.Differences, "\n"), "where bob is written to is gone, or was changed") {
		t.Errorf("verify of a changed address: %v %v", err, v)
	}
	if _, err := people.Address(t.Context(), people.AddressOptions{Setting: admin, Person: "aud"}); err != nil {
		t.Fatal(err)
	}
	says("@aud?")
	if _, err := people.Revoke(t.Context(), people.KeysOptions{Setting: admin, Person: "bob", All: true, Reason: "left"}); err != nil {
		t.Fatal(err)
	}
	if n := len(box.all()); n != 2 {
		t.Errorf("%d letters", n)
	}
	if text, err := os.ReadFile(s.Config.Lake + "/people/people.sqlite"); err != nil || strings.Contains(string(text), "Bob.Secret") {
		t.Errorf("an address outlives its person: %v", err)
	}
}

// changeStore is what another program does to the store of people.
func changeStore(t *testing.T, s books.Setting, query string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(s.Config.Lake, "people", "people.sqlite"))
	if err != nil {
		t.Fatal(err)
	}
	done, err := db.ExecContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	if n, _ := done.RowsAffected(); n != 1 || db.Close() != nil {
		t.Fatalf("%d rows", n)
	}
}
