package kept_test

import (
	"testing"

	"carat/jobs/books"
	"carat/jobs/internal/trial"
	"carat/jobs/people"
	"carat/jobs/serve/kept"
	"carat/pipeline"
)

// What is kept is given to who has the right to it, and of the entities that they see: whoever has others, or had them
// when it was gathered, is given another answer; who lost the right, none.
func TestWhatIsKeptIsForWhoSeesTheSame(t *testing.T) {
	s := trial.Folder(t, "first_period: 2026-10\nmax_reject_share: 0.9\nentity: main\nentities: {main: {functional_currency: USD}, other: {functional_currency: USD}}\n", trial.SmallMonth)
	s.By = books.Actor{User: "root", OSUser: "os"}
	trial.Ingest(t, s)
	grant := func(o people.UsersOptions) {
		t.Helper()
		o.Setting = s
		if _, err := people.Users(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	grant(people.UsersOptions{User: "root", Role: books.RoleAdministrator})
	grant(people.UsersOptions{User: "here", Role: books.RoleAuditor, Entities: []string{"main"}})
	grant(people.UsersOptions{User: "beside", Role: books.RoleAuditor, Entities: []string{"main"}})
	grant(people.UsersOptions{User: "elsewhere", Role: books.RoleAuditor, Entities: []string{"other"}})
	grant(people.UsersOptions{User: "all", Role: books.RoleAuditor})
	var shelf kept.Shelf
	gathered := 0
	ask := func(user string) (int, error) {
		by := s
		by.By.User = user
		return kept.Of(t.Context(), &shelf, kept.Ask{Setting: by, Right: books.RightExceptions, What: "exceptions"}, func() (int, error) {
			gathered++
			return gathered, nil
		})
	}
	for _, one := range []struct {
		user string
		want int
	}{{"all", 1}, {"elsewhere", 2}, {"here", 3}, {"beside", 3}, {"all", 1}, {"elsewhere", 2}} {
		if got, err := ask(one.user); got != one.want || err != nil {
			t.Errorf("%s is given answer %d, %v, want %d", one.user, got, err, one.want)
		}
	}
	if got, err := ask("root"); got != 0 || !pipeline.IsRefused(err) {
		t.Errorf("who has no right is given %d, %v", got, err)
	}
	grant(people.UsersOptions{User: "here", Role: books.RoleAuditor, Revoke: true})
	if got, err := ask("here"); got != 0 || !pipeline.IsRefused(err) {
		t.Errorf("who had the right is given %d, %v", got, err)
	}
	if got, err := ask("beside"); got != 4 || err != nil {
		t.Errorf("after a change of roles the answer is %d, %v", got, err)
	}
}
