package pages_test

import (
	database "database/sql"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"carat/jobs"
	"carat/jobs/books"
	"carat/jobs/exceptions"
	"carat/jobs/internal/trial"
	monthly "carat/jobs/month"
	"carat/jobs/people"
	"carat/pipeline"
	"carat/sql"
)

// What pages keep is of the state in which somebody looks: another run, a decision, a role, another day, a history that was
// brought back behind the server's back, and a table that another program wrote to are each seen on the next look.
func TestWhatIsKeptIsOfNow(t *testing.T) {
	s := ownLake(t)
	list, err := exceptions.List(t.Context(), exceptions.Options{Setting: s})
	if err != nil {
		t.Fatal(err)
	}
	at := slices.Index(exceptions.Columns, "severity")
	i := slices.IndexFunc(list.Rows, func(row []any) bool { return row[at] == "review" })
	if i < 0 {
		t.Fatal("no exception is reviewed")
	}
	id := list.Rows[i][0].(string)
	month, exception := "/months/2026-10", "/exceptions/"+id
	ann := opened(t, s, "ann")
	look := func(path string) string {
		t.Helper()
		status, text := ann.page(path)
		_, again := ann.page(path)
		text, again = tokenField.ReplaceAllString(text, ""), tokenField.ReplaceAllString(again, "")
		if status != http.StatusOK || text != again {
			t.Errorf("%s: %d, and another when it is looked at again", path, status)
		}
		return text
	}
	before := look(month)
	look(exception)
	look("/months")
	aside := t.TempDir()
	if err := os.CopyFS(aside, os.DirFS(s.Config.Dir)); err != nil {
		t.Fatal(err)
	}
	decide := func(note string) {
		t.Helper()
		bob := s
		bob.By.User, bob.Now = "bob", s.Now.Add(time.Minute)
		if _, err := monthly.Decide(t.Context(), monthly.DecideOptions{Setting: bob, File: "f", Text: []byte("exception_id,status,until,note\n" + id + ",waived,2026-11-02," + note + "\n")}); err != nil {
			t.Fatal(err)
		}
	}
	decide("bob says so")
	if !strings.Contains(look(exception), "bob says so") || look(month) == before {
		t.Error("a decision isn't seen")
	}
	waived := look(month)
	ann.later.Store(int64(24 * time.Hour))
	if r := ann.post("/open", url.Values{"key": {key}}, "/open/"+key); r.StatusCode != http.StatusSeeOther || look(month) == waived {
		t.Errorf("a waiver that has run out isn't seen: %d", r.StatusCode)
	}
	ann.later.Store(0)
	// The history is brought back: what was decided is gone.
	if err := os.RemoveAll(s.Config.Dir); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(s.Config.Dir, os.DirFS(aside)); err != nil {
		t.Fatal(err)
	}
	ann.post("/open", url.Values{"key": {key}}, "/open/"+key)
	if strings.Contains(look(exception), "bob says so") || look(month) != before {
		t.Error("what a restore took away is still there")
	}
	decide("bob says something else")
	if !strings.Contains(look(exception), "bob says something else") {
		t.Error("a decision after the restore isn't seen")
	}
	// Another run, over one file more.
	was := look(month)
	more := "event_id,kind,sent_at,stream_id,viewer_id,creator_id,gift_id,quantity,coins,diamonds\ng77,gift,2026-10-09T10:00:00Z,s1,v1,c1,5655,1,77,38\n"
	if err := os.WriteFile(filepath.Join(s.Config.Dir, "inbox", "gift_events-7.csv"), []byte(more), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := jobs.Run(t.Context(), jobs.RunOptions{Setting: s, SQL: sql.Files, Period: "2026-10"}); err != nil && pipeline.KindOf(err) != pipeline.KindBlocked {
		t.Log(err)
	}
	if look(month) == was {
		t.Error("another run isn't seen")
	}
	look("/months")
	// Another program writes to a table.
	db, err := database.Open("sqlite", "file:"+filepath.Join(s.Config.Lake, "catalog.sqlite"))
	if err != nil {
		t.Fatal(err)
	}
	change := func(query string) {
		t.Helper()
		if _, err := db.Exec(query); err != nil {
			t.Fatal(err)
		}
	}
	change("create table aside as select table_name, metadata_location from iceberg_tables")
	change("update iceberg_tables set metadata_location = previous_metadata_location where table_name = 'exceptions'")
	for _, path := range []string{month, month + "/sign-off", exception, "/months"} {
		if status, text := ann.page(path); status != http.StatusConflict || !strings.Contains(text, "does not verify") {
			t.Errorf("%s over a table of another program: %d", path, status)
		}
	}
	change("update iceberg_tables set metadata_location = (select metadata_location from aside where aside.table_name = iceberg_tables.table_name)")
	change("drop table aside")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	look(month)
	look(exception)
	// Somebody else is given roles: who has none is refused what is kept.
	if _, err := people.Users(t.Context(), people.UsersOptions{Setting: s, User: "ann", Role: books.RoleAdministrator}); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{month, exception} {
		if status, _ := ann.page(path); status != http.StatusForbidden {
			t.Errorf("%s, without a role: %d", path, status)
		}
	}
}

// Whom the same server shows what is kept: each what they may see, whoever looked before.
func TestWhatIsKeptIsNobodyElses(t *testing.T) {
	k := keys{}
	s := trial.Folder(t, "first_period: 2026-10\nmax_reject_share: 0.9\nauth: {sign: key}\nentity: main\nentities: {main: {functional_currency: USD}, other: {functional_currency: USD}}\n", month())
	if _, err := people.SwitchOn(t.Context(), people.AuthOptions{Setting: k.by(t, s, "cleo"), Key: k.of(t, "cleo").Key()}); err != nil {
		t.Fatal(err)
	}
	for user, entities := range map[string][]string{"here": {"main"}, "elsewhere": {"other"}, "all": nil} {
		k.enrol(t, s, user)
		if _, err := people.Users(t.Context(), people.UsersOptions{Setting: k.by(t, s, "cleo"), User: user, Role: books.RoleAuditor, Entities: entities}); err != nil {
			t.Fatal(err)
		}
	}
	k.enrol(t, s, "dora")
	if _, err := people.Users(t.Context(), people.UsersOptions{Setting: k.by(t, s, "cleo"), User: "dora", Role: books.RolePreparer}); err != nil {
		t.Fatal(err)
	}
	if _, err := jobs.Run(t.Context(), jobs.RunOptions{Setting: k.by(t, s, "dora"), SQL: sql.Files, Period: "2026-10"}); err != nil && pipeline.KindOf(err) != pipeline.KindBlocked {
		t.Log(err)
	}
	list, err := exceptions.List(t.Context(), exceptions.Options{Setting: k.by(t, s, "all")})
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(list.Rows, func(row []any) bool { return row[slices.Index(exceptions.Columns, "entity")] == "main" })
	if i < 0 {
		t.Fatal("the lake has no exception of main")
	}
	exception := "/exceptions/" + list.Rows[i][0].(string)
	first := served(t, s, "cleo")
	seen := func(user string) *browser {
		b := &browser{Client: &http.Client{Jar: jar(), CheckRedirect: first.CheckRedirect}, t: t, base: first.base, later: first.later}
		b.signIn(k, user)
		return b
	}
	here, elsewhere, all, cleo := seen("here"), seen("elsewhere"), seen("all"), seen("cleo")
	for _, one := range []struct {
		b    *browser
		path string
		want int
	}{
		{all, exception, 200}, {elsewhere, exception, 404}, {here, exception, 200}, {elsewhere, exception, 404}, {cleo, exception, 403},
		{all, "/months/2026-10", 200}, {here, "/months/2026-10", 403}, {elsewhere, "/months/2026-10/sign-off", 403}, {cleo, "/months/2026-10", 403},
	} {
		if status, _ := one.b.page(one.path); status != one.want {
			t.Errorf("%s: %d, want %d", one.path, status, one.want)
		}
	}
}
