package people

import (
	"strings"
	"testing"

	"carat/pipeline"
)

// Whose address or sign-in was taken away or changed is told; who signs in anew has a second hash, and isn't.
func TestLost(t *testing.T) {
	p, _ := kept(t)
	l := Logins{p}
	address, err := l.PutAddress(t.Context(), "ann", "ann@example.com")
	if err != nil {
		t.Fatal(err)
	}
	first, err := l.Put(t.Context(), Login{Person: "ann", Issuer: "https://id.example", Subject: "1"})
	if err != nil {
		t.Fatal(err)
	}
	second, err := l.Put(t.Context(), Login{Person: "ann", Issuer: "https://id.example", Subject: "1"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ query, unwritten, unknown string }{
		{"select 1", "", ""},
		{"update addresses set address = 'mallory@evil.example'", "ann", ""},
		{"update logins set subject = '2'", "ann", "ann"},
		{"update addresses set address = 'ann@example.com'", "", "ann"},
		{"delete from addresses", "ann", "ann"},
		{"drop table logins", "ann", "ann"},
	} {
		change(t, p, c.query)
		unwritten, unknown, err := l.Lost(t.Context(), [][2]string{{"ann", address}}, [][2]string{{"ann", first.Hash}, {"ann", second.Hash}})
		if err != nil || strings.Join(unwritten, " ") != c.unwritten || strings.Join(unknown, " ") != c.unknown {
			t.Errorf("%s: %v %v %v", c.query, unwritten, unknown, err)
		}
	}
}

// An index that lacks a row hides it from nobody who reads what was said or asked, and is told by verify.
func TestAnIndexThatLacksARow(t *testing.T) {
	p, _ := kept(t)
	all := writes(t.Context(), p)
	for _, name := range []string{"ask", "say", "attach"} {
		if err := all[name](); err != nil {
			t.Fatal(err)
		}
	}
	for index, without := range map[string]string{"comments_exception": "comment_no < 0", "questions_creator": "question_no < 0", "attached_exception": "attachment_no < 0"} {
		change(t, p, "pragma writable_schema = on; update sqlite_master set sql = sql || ' where "+without+"' where name = '"+index+"'; pragma writable_schema = reset")
		change(t, p, "reindex "+index)
		change(t, p, "pragma writable_schema = on; update sqlite_master set sql = replace(sql, ' where "+without+"', '') where name = '"+index+"'; pragma writable_schema = reset")
	}
	said, err := Comments{p}.Of(t.Context(), "x1", 10)
	if err != nil || len(said) != 1 {
		t.Errorf("%v %v", said, err)
	}
	asked, err := Questions{p}.List(t.Context(), "c1", 10)
	if err != nil || len(asked) != 1 {
		t.Errorf("%v %v", asked, err)
	}
	if list, err := (Comments{p}).Attachments(t.Context(), "x1"); err != nil || len(list) != 1 {
		t.Errorf("%v %v", list, err)
	}
	if err := p.Check(t.Context()); pipeline.KindOf(err) != pipeline.KindVerification {
		t.Errorf("verify: %v", err)
	}
}
