package people

import (
	"database/sql"
	"slices"
	"testing"

	"carat/pipeline"
)

// Who was erased doesn't come back under an id that looks like theirs, nor under any with
// the same name and address. Somebody else who shares one of them does come.
func TestErasedUnderAnotherID(t *testing.T) {
	p, _ := kept(t)
	for id, folder := range map[string]string{"c1": "c1", "p1": "p1"} {
		err := p.Write(t.Context(), Everything, func(tx *sql.Tx) error {
			_, _, err := Forget(t.Context(), tx, id, folder)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	err := p.Write(t.Context(), Everything, func(tx *sql.Tx) error { // of whom nothing is known: it is taken back, and nothing else
		_, added, err := Forget(t.Context(), tx, "C1", "C1")
		if err != nil {
			return err
		}
		return Unforget(t.Context(), tx, added)
	})
	if err != nil {
		t.Fatal(err)
	}
	other := pipeline.Person{DisplayName: "Other", Email: "other@example.com"}
	named := func(id string, one pipeline.Person) pipeline.Person { one.CreatorID = id; return one }
	payee := func(id, name, account string) pipeline.Person {
		return pipeline.Person{CreatorID: id, Identity: pipeline.Identity{LegalName: name, Account: account}}
	}
	for _, c := range []struct {
		one    pipeline.Person
		erased bool
	}{
		{named("c1", other), true}, {named("c1 ", other), true}, {named(" c1", other), true}, {named("C1", other), true}, {named("c 1", other), true},
		{named("\u04411", other), true}, {named("\u04211", other), true}, {named("c1\u200b", other), true}, {named("\uff43\uff11", other), true}, {named("\u3164c1", other), true},
		{named("c1\u0301", other), true}, {named("c7", luna), true}, {named("c7", pipeline.Person{DisplayName: " LUNA", Email: "Luna@Example.com"}), true},
		{payee("p7", "Luna", "DE1"), true}, {payee("P1", "X", "Y"), true}, {payee("p7", "luna ", "DE 1"), true},
		{named("c2", other), false}, {named("c11", other), false}, {named("c7", pipeline.Person{DisplayName: "Luna", Email: "another@example.com"}), false},
		{named("c7", pipeline.Person{DisplayName: "Another", Email: luna.Email}), false}, {payee("p7", "Luna", "DE2"), false}, {named("c7", pipeline.Person{DisplayName: "Luna"}), false},
	} {
		known, erased, err := p.Known(t.Context(), []pipeline.Person{c.one})
		if err != nil || (erased == 1) != c.erased || (len(known) == 0) != c.erased {
			t.Errorf("%+q: erased %d, %v, want %v", c.one.CreatorID, erased, err, c.erased)
		}
		if err := take(t, p, c.one); err != nil {
			t.Fatal(err)
		}
		all, err := p.All(t.Context())
		payees, perr := p.Payees(t.Context())
		if _, there := all[c.one.CreatorID]; err != nil || perr != nil || (there || payees[c.one.CreatorID] != (pipeline.Identity{})) == c.erased {
			t.Errorf("%+q: kept %v %v", c.one.CreatorID, err, perr)
		}
	}
}

// An id that looks like another is the same person's by name, address or account, or where
// nothing tells otherwise.
func TestAlikeIDsOfOnePerson(t *testing.T) {
	people := map[string]pipeline.Person{
		"c1": {DisplayName: "Luna", Email: "luna@example.com"}, "c1 ": {DisplayName: "LUNA", Email: "other@example.com"}, "C1": {DisplayName: "Sol", Email: "sol@example.com"},
		"\u04411": {DisplayName: "x", Email: "Luna@example.com"}, "c\u200b1": {}, "c2": {DisplayName: "Luna"}, "c11": {DisplayName: "Luna"},
	}
	payees := map[string]pipeline.Identity{"c1": {LegalName: "L. Moon", Account: "DE1"}, "c 1": {LegalName: "X", Account: "de 1"}, "c1\u00a0": {LegalName: "Y", Account: "DE2"}}
	same, others := Alike("c1", people, payees)
	if want := []string{"c 1", "c1 ", "c\u200b1", "\u04411"}; !slices.Equal(same, want) {
		t.Errorf("%+q, want %+q", same, want)
	}
	if want := []string{"C1", "c1\u00a0"}; !slices.Equal(others, want) {
		t.Errorf("%+q, want %+q", others, want)
	}
}
