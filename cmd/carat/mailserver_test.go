package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	"github.com/emersion/go-smtp"
	"github.com/rogpeppe/go-internal/testscript"
)

// mailserver FOLDER starts a mail server that keeps what it is given in a
// folder, a file per letter, and sets MAILSERVER to its address. It refuses
// recipients called refused, and hangs up without a word on those called silent.
func mailserver(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: mailserver FOLDER")
	}
	address, stop, err := serveMail(ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Defer(stop)
	ts.Setenv("MAILSERVER", address)
}

func serveMail(folder string) (address string, stop func(), err error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := smtp.NewServer(&letterbox{folder: folder})
	server.Domain = "localhost"
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	return listener.Addr().String(), func() {
		_ = server.Close()
		<-done
	}, nil
}

type letterbox struct {
	folder string
	count  atomic.Int64
}

func (b *letterbox) NewSession(c *smtp.Conn) (smtp.Session, error) {
	return &delivery{box: b, conn: c}, nil
}

// delivery is a conversation with the server.
type delivery struct {
	box  *letterbox
	conn *smtp.Conn
	to   string
}

func (d *delivery) Reset()                               { d.to = "" }
func (d *delivery) Logout() error                        { return nil }
func (d *delivery) Mail(string, *smtp.MailOptions) error { return nil }
func (d *delivery) Rcpt(to string, _ *smtp.RcptOptions) error {
	if strings.Contains(to, "refused") {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such mailbox"}
	}
	d.to = to
	return nil
}

func (d *delivery) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if strings.Contains(d.to, "silent") {
		return d.conn.Conn().Close()
	}
	name := fmt.Sprintf("%03d.eml", d.box.count.Add(1))
	return os.WriteFile(filepath.Join(d.box.folder, name), append([]byte("X-To: "+d.to+"\r\n"), text...), 0o600)
}
