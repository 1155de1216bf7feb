package mail

import (
	"bytes"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"carat/jobs/books"
	"carat/jobs/config"
	"carat/jobs/ingest"
	"carat/jobs/internal/trial"
	wording "carat/reports/letter"
)

// inbox is a mail server that keeps what it is given.
type inbox struct {
	mu      sync.Mutex
	letters []string
}

func (b *inbox) NewSession(*smtp.Conn) (smtp.Session, error) { return b, nil }
func (*inbox) Mail(string, *smtp.MailOptions) error          { return nil }
func (*inbox) Rcpt(string, *smtp.RcptOptions) error          { return nil }
func (*inbox) Reset()                                        {}
func (*inbox) Logout() error                                 { return nil }
func (b *inbox) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.letters = append(b.letters, string(text))
	return err
}

// A notice goes to the creator's own address, says no more than that there is something
// to read, and no name or subject ends a line of its head; without a server, an address, or
// where several have one, none is sent.
func TestNotice(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	box := &inbox{}
	server := smtp.NewServer(box)
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	head := "creator_id,valid_from,display_name,country,currency,email\n"
	s := trial.Folder(t, "first_period: 2026-10\nmail: {server: \""+l.Addr().String()+"\", from: \"pay@example.com\", tls: none}\n", map[string]string{
		"creators.csv": head + "c1,2026-01-01T00:00:00Z,\"Ann, \u00c4\",DE,USD,ann@example.org\nc2,2026-01-01T00:00:00Z,B,DE,USD,both@example.org\nc3,2026-01-01T00:00:00Z,C,DE,USD,both@example.org\nc4,2026-01-01T00:00:00Z,D,DE,USD,\n"})
	if _, err := ingest.Files(t.Context(), ingest.Options{Setting: s}); err != nil {
		t.Fatal(err)
	}
	p, err := books.Open(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	s.Now = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	notice := func(creator string) (bool, error) {
		return Notice(t.Context(), p, s, creator, wording.Letter{Subject: "Your question\r\nBcc: eve@example.org", Body: "Sign in.\n"})
	}
	if sent, err := notice("c1"); err != nil || !sent || len(box.letters) != 1 {
		t.Fatalf("%v %v %v", sent, err, box.letters)
	}
	letter := box.letters[0]
	if !strings.Contains(letter, "<ann@example.org>") || strings.Contains(letter, "\nBcc:") || !strings.Contains(letter, "Sign in.") || bytes.Contains([]byte(letter), []byte("attachment")) {
		t.Errorf("%s", letter)
	}
	if sent, err := notice("c2"); sent || err == nil || !strings.Contains(err.Error(), "c3 has the same address") || strings.Contains(err.Error(), "@") {
		t.Errorf("a shared address: %v %v", sent, err)
	}
	for _, who := range []string{"c4", "nobody"} {
		if sent, err := notice(who); sent || err != nil {
			t.Errorf("%s: %v %v", who, sent, err)
		}
	}
	_ = server.Close()
	if sent, err := notice("c1"); sent || err == nil || strings.Contains(err.Error(), "ann@") {
		t.Errorf("a server that is gone: %v %v", sent, err)
	}
	without := *s.Config
	without.Mail = config.Mail{}
	s.Config = &without
	if sent, err := notice("c1"); sent || err != nil {
		t.Errorf("no server: %v %v", sent, err)
	}
}
