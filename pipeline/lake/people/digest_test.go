package people

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"carat/pipeline"
)

// writes are all that is written to the store, but for persons.
func writes(ctx context.Context, p *Store) map[string]func() error {
	c, l, q := Comments{p}, Logins{p}, Questions{p}
	at := time.Unix(1_790_000_000, 0)
	return map[string]func() error{
		"ask": func() error {
			_, err := q.Ask(ctx, Question{Creator: "c1", Text: "why?", AskedAt: at}, 1000)
			return err
		},
		"say": func() error {
			_, err := c.Say(ctx, Comment{Exception: "x1", By: "ann", At: at, Text: "so"}, 1000, 1000)
			return err
		},
		"save":    func() error { return c.SaveView(ctx, "ann", "mine", "status=open", 9) },
		"address": func() error { _, err := l.PutAddress(ctx, "ann", "ann@example.com"); return err },
		"login": func() error {
			_, err := l.Put(ctx, Login{Person: "ann", Issuer: "https://id.example", Subject: "1"})
			return err
		},
		"attach": func() error {
			_, err := c.Attach(ctx, Attachment{Exception: "x1", By: "ann", At: at, Name: "a.txt"}, []byte(time.Now().String()), 1000, 1<<20)
			return err
		},
		"unattach": func() error { return c.EraseAttachment(ctx, 1) },
		"answer":   func() error { return q.Answer(ctx, Question{No: 1, AnsweredBy: "ann", AnsweredAt: at, Answer: "so"}) },
		"unsave":   func() error { return c.RemoveView(ctx, "ann", "mine") },
		"forget":   func() error { return l.Forget(ctx, "ann") },
	}
}

// Each write says which tables it touches: after it, and after any other, the store is what the chain tells, whatever else
// was written between.
func TestEachWriteSaysWhatItTouches(t *testing.T) {
	p, _ := kept(t)
	all := writes(t.Context(), p)
	for _, name := range []string{"ask", "say", "save", "address", "login", "attach", "unattach", "answer", "unsave", "forget"} {
		if err := all[name](); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := p.Check(t.Context()); err != nil {
			t.Errorf("after %s: %v", name, err)
		}
	}
	if len(all) != 10 {
		t.Error("a write is not asked")
	}
}

// What another program changes in a table is refused by who needs the table, and by verify for ever, also after others were
// written.
func TestWhatIsWrittenBesideHidesNoChange(t *testing.T) {
	for query, refused := range map[string][]string{
		"update people set email = 'mallory@evil.example'":      nil,
		"update comments set comment = 'no'":                    {"say"},
		"delete from comments":                                  {"say"},
		"update questions set answer = 'no'":                    {"ask"},
		"update attached set name = 'b.txt'":                    {"attach"},
		"update views set query = 'status=gone'":                {"save", "address", "login"},
		"insert into forgotten values ('00')":                   {"ask"},
		"insert into forgotten_key values (x'00')":              {"ask", "say", "save", "address", "login", "attach"},
		"create view v as select 1":                             {"ask", "say", "save", "address", "login", "attach"},
		"update comments set said_by = cast(said_by as blob)":   {"say"},
		"update people set creator_id = 'c9'":                   nil,
		"insert into views values ('ben', 'x', 'status=gone')":  {"save", "address", "login"},
		"update questions set creator_id = 'c9'":                {"ask"},
		"update attached set exception_id = 'x9'":               {"attach"},
		"update payees set account = 'DE2'":                     nil,
		"update attached set said_by = 'ben', subject_id = 'c'": {"attach"},
	} {
		t.Run(query, func(t *testing.T) {
			p, _ := kept(t)
			all := writes(t.Context(), p)
			names := []string{"ask", "say", "save", "address", "login", "attach"}
			for _, name := range names {
				if err := all[name](); err != nil {
					t.Fatal(err)
				}
			}
			change(t, p, query)
			left := map[string]bool{}
			for _, name := range refused {
				left[name] = true
			}
			for _, name := range names {
				if err := all[name](); (pipeline.KindOf(err) == pipeline.KindVerification) != left[name] || !left[name] && err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
			if err := p.Check(t.Context()); pipeline.KindOf(err) != pipeline.KindVerification {
				t.Errorf("after others were written: %v", err)
			}
		})
	}
}

// A lake whose rows an older carat noted by one digest holds by that, until the next write notes one for each table.
func TestPeopleOfAnOlderCarat(t *testing.T) {
	for _, changed := range []bool{false, true} {
		p, db := kept(t)
		all := writes(t.Context(), p)
		for _, name := range []string{"ask", "say", "attach"} {
			if err := all[name](); err != nil {
				t.Fatal(err)
			}
		}
		var older string
		if err := p.With(t.Context(), func(tx *sql.Tx) (err error) { older, err = olderDigest(t.Context(), tx); return err }); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec("update carat_tables set metadata_location = ?, metadata_sha256 = ?", older, older); err != nil {
			t.Fatal(err)
		}
		if changed {
			change(t, p, "update people set email = 'mallory@evil.example'")
		}
		for try := range 2 {
			for what, err := range uses(t, p) {
				if (pipeline.KindOf(err) == pipeline.KindVerification) != changed || !changed && err != nil {
					t.Errorf("changed %v: %s: %v", changed, what, err)
				}
			}
			if err := all["say"](); try == 0 && (err == nil) == changed { // which needs no names, but begins the new form
				t.Errorf("changed %v: %v", changed, err)
			}
		}
		var is string
		if err := db.QueryRow("select metadata_sha256 from carat_tables").Scan(&is); err != nil {
			t.Fatal(err)
		}
		if _, parts := parseDigests(is); parts == changed {
			t.Errorf("changed %v: noted %s", changed, is)
		}
	}
}
