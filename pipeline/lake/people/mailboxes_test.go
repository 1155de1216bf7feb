package people

import (
	"database/sql"
	"strings"
	"testing"
	"time"

	"carat/pipeline"
)

// Another address that a file brings is signed in by a week after the one before was told,
// whatever comes between; going back ends the waiting; who is erased has none; and what
// another program changes of it is a verification error.
func TestMailboxes(t *testing.T) {
	p, _ := kept(t)
	now := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	p.Now = func() time.Time { return now }
	box := Mailboxes{p}
	const week = 7 * 24 * time.Hour
	says := func(email string) {
		t.Helper()
		if err := take(t, p, pipeline.Person{CreatorID: "c1", DisplayName: "Luna", Email: email}); err != nil {
			t.Fatal(err)
		}
	}
	is := func(what, address, next string, waiting int) {
		t.Helper()
		got, err := box.Of(t.Context(), "c1", now)
		if err != nil || got.Address != address || got.New != next {
			t.Errorf("%s: %+v %v, want %q and then %q", what, got, err, address, next)
		}
		if list, err := box.Waiting(t.Context(), now); err != nil || len(list) != waiting {
			t.Errorf("%s: waiting are %+v %v", what, list, err)
		}
	}
	told := func() {
		t.Helper()
		if err := box.Told(t.Context(), "c1", now); err != nil {
			t.Fatal(err)
		}
	}
	is("at first", "luna@example.com", "", 0)
	says("LUNA@EXAMPLE.com")
	is("another case", "LUNA@EXAMPLE.com", "", 0)
	says("evil@example.com")
	is("another address", "LUNA@EXAMPLE.com", "evil@example.com", 1)
	if any, err := box.Any(t.Context(), true); err != nil || !any {
		t.Errorf("%t %v", any, err)
	}
	now = now.Add(10 * week)
	is("nobody was told", "LUNA@EXAMPLE.com", "evil@example.com", 1)
	told()
	now = now.Add(week - time.Second)
	is("a second before", "LUNA@EXAMPLE.com", "evil@example.com", 1)
	says("luna@example.com")
	is("back again", "luna@example.com", "", 0)
	says("evil@example.com")
	now = now.Add(week)
	is("once more: telling counts anew", "luna@example.com", "evil@example.com", 1)
	told()
	now = now.Add(time.Hour)
	says("worse@example.com")
	now = now.Add(week)
	is("a third: telling counts anew", "luna@example.com", "worse@example.com", 1)
	says("")
	is("none", "luna@example.com", "", 0)
	says("worse@example.com")
	is("after none", "luna@example.com", "worse@example.com", 1)
	told()
	now = now.Add(week)
	is("a week after it was told", "worse@example.com", "", 0)
	says("next@example.com")
	is("the one that had counted is the one before", "worse@example.com", "next@example.com", 1)
	change(t, p, "update mailboxes set address = 'next@example.com'")
	if _, err := box.Of(t.Context(), "c1", now); pipeline.KindOf(err) != pipeline.KindVerification {
		t.Errorf("changed by another program: %v", err)
	}
	change(t, p, "update mailboxes set address = 'worse@example.com'")
	if email, err := box.Now(t.Context(), "c1"); err != nil || email != "next@example.com" {
		t.Errorf("what the files say: %q %v", email, err)
	}
	if err := p.Write(t.Context(), Everything, func(tx *sql.Tx) error {
		_, _, err := Forget(t.Context(), tx, "c1", "c1")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	is("erased", "", "", 0)
	if any, err := box.Any(t.Context(), false); err != nil || any {
		t.Errorf("erased: %t %v", any, err)
	}
}

// A table that somebody else put into the store is named.
func TestForeignTableOfPeople(t *testing.T) {
	p, _ := kept(t)
	if err := p.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	change(t, p, "create table notes (n text)")
	if err := p.Check(t.Context()); pipeline.KindOf(err) != pipeline.KindVerification || !strings.Contains(err.Error(), "the table notes is none of carat's") {
		t.Errorf("%v", err)
	}
	change(t, p, "drop table notes")
	if err := p.Check(t.Context()); err != nil {
		t.Error(err)
	}
}
