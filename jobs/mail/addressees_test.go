package mail

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"carat/jobs/books"
	"carat/jobs/config"
	"carat/jobs/statements"
	"carat/pipeline"
	"carat/pipeline/state"
)

// An address that was taken before carat was strict goes to no server, and no
// name ends a line of a letter's head or turns its text round.
func TestALetterGoesToOneMailbox(t *testing.T) {
	file := t.TempDir() + "/c1.pdf"
	if err := os.WriteFile(file, []byte("%PDF"), 0o600); err != nil {
		t.Fatal(err)
	}
	message := func(person pipeline.Person) (string, error) {
		m := &mailer{options: Options{Setting: books.Setting{Now: time.Unix(1, 0), Config: &config.Config{Mail: config.Mail{From: "Payments <pay@example.com>"}}}, Period: "2026-10"}}
		msg, err := m.message(&letter{entry: statements.Entry{Creator: "c1"}, sent: state.Sent{CreatorID: "c1"}, person: person, subject: oneLine("Your " + person.DisplayName), file: file})
		if err != nil {
			return "", err
		}
		var b strings.Builder
		_, err = msg.WriteTo(&b)
		head, _, _ := strings.Cut(b.String(), "\r\n\r\n")
		return head, err
	}
	for _, text := range []string{"a@b.c\r\nBcc: evil@x.com", "a@b.co, d@e.fr", "a@b.co;d@e.fr", "<script>@x.com", strings.Repeat("a", 300) + "@x.com", "a@localhost", `"a"@b.co`, "Ann <a@b.co>"} {
		if head, err := message(pipeline.Person{CreatorID: "c1", Email: text}); err == nil || strings.Contains(err.Error(), text) {
			t.Errorf("%q: %v\n%s", text, err, head)
		}
	}
	head, err := message(pipeline.Person{CreatorID: "c1", DisplayName: "Ann\r\nBcc: evil@x.com\u0085\u202eX", Email: "ann@bücher.example"})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(head, "<ann@xn--bcher-kva.example>") {
		t.Errorf("to whom: %s", head)
	}
	for _, line := range strings.Split(head, "\r\n") {
		if name, _, _ := strings.Cut(line, ":"); strings.EqualFold(name, "bcc") || strings.Contains(line, "\u202e") {
			t.Errorf("the head holds %q", line)
		}
	}
}

// A letter waits for a person when several creators have its address, whatever
// its spelling, or when it is another than that of the letter before.
func TestWhereALetterGoesIsLookedAt(t *testing.T) {
	m := &mailer{options: Options{Period: "2026-10"}}
	letterTo := func(creator, email string) *letter {
		l := &letter{entry: statements.Entry{Creator: creator}, person: pipeline.Person{Email: email}, sent: state.Sent{CreatorID: creator}}
		if err := m.to.look(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		return l
	}
	hash := AddressSHA256("One@Bücher.example")
	if hash != AddressSHA256("one@xn--bcher-kva.example") {
		t.Error("one mailbox has two hashes")
	}
	m.to = &addressees{holders: map[string][]string{hash: {"c1", "c2", "c3"}}, keyed: func(creator, sha256 string) string { return creator + sha256 },
		before: func(_ context.Context, creator string) (string, error) {
			return map[string]string{"c4": "c4" + AddressSHA256("old@example.org")}[creator], nil
		}}
	for _, c := range []struct{ creator, email, want string }{
		{"c1", "one@bücher.example", "c2 and 1 more"}, {"c2", "ONE@bücher.example", "c1 and"}, {"c4", "new@example.org", "another than that of the letter before"},
		{"c4", "old@example.org", ""}, {"c5", "five@example.org", ""},
	} {
		if got := m.held(letterTo(c.creator, c.email)); c.want == "" && got != "" || !strings.Contains(got, c.want) || strings.Contains(got, "@") {
			t.Errorf("%s: %q, want %q", c.creator, got, c.want)
		}
	}
	m.to.shared, m.to.changed = true, true
	for _, l := range []*letter{letterTo("c1", "one@bücher.example"), letterTo("c4", "new@example.org")} {
		if got := m.held(l); got != "" {
			t.Errorf("%s, which was allowed: %q", l.entry.Creator, got)
		}
	}
}
