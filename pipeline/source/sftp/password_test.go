package sftp_test

import (
	"io"
	"net"
	"strings"
	"testing"

	server "github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"carat/pipeline/source/reach"
	"carat/pipeline/source/sftp"
)

// passwordServer is a server that asks for a password, which OpenSSH takes only of an
// account of the machine: by the method of passwords or by questions.
func passwordServer(t *testing.T, questions bool) (address, fingerprint string) {
	t.Helper()
	private, _ := newKey(t, "")
	signer, err := ssh.ParsePrivateKey([]byte(private))
	if err != nil {
		t.Fatal(err)
	}
	config := &ssh.ServerConfig{}
	if questions {
		config.KeyboardInteractiveCallback = func(c ssh.ConnMetadata, ask ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
			answers, err := ask("", "", []string{"Your name:", "Password:"}, []bool{true, false})
			if err != nil || len(answers) != 2 || answers[0] != "" || answers[1] != "quiet" {
				return nil, io.ErrUnexpectedEOF
			}
			return nil, nil
		}
	} else {
		config.PasswordCallback = func(c ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
			if c.User() != "ann" || string(password) != "quiet" {
				return nil, io.ErrUnexpectedEOF
			}
			return nil, nil
		}
	}
	config.AddHostKey(signer)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go serve(conn, config)
		}
	}()
	return l.Addr().String(), ssh.FingerprintSHA256(signer.PublicKey())
}

func serve(conn net.Conn, config *ssh.ServerConfig) {
	defer conn.Close()
	_, channels, requests, err := ssh.NewServerConn(conn, config)
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	for one := range channels {
		channel, requests, err := one.Accept()
		if err != nil {
			return
		}
		go func() {
			for r := range requests {
				_ = r.Reply(r.Type == "subsystem", nil)
			}
		}()
		files, err := server.NewServer(channel, server.ReadOnly())
		if err != nil {
			return
		}
		_ = files.Serve()
	}
}

func TestPasswords(t *testing.T) {
	for _, questions := range []bool{false, true} {
		address, fingerprint := passwordServer(t, questions)
		for password, want := range map[string]string{"quiet": "", "loud-and-wrong": "is not let in"} {
			s := open(t, sftp.Options{Address: address, User: "ann", HostKeys: []string{fingerprint}, Password: password, Path: t.TempDir(), Allow: reach.Loopback})
			_, err := s.List(t.Context())
			if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
				t.Errorf("questions %v, password %s: %v", questions, password, err)
			}
			if err != nil && strings.Contains(err.Error(), password) {
				t.Errorf("the password is told: %v", err)
			}
		}
	}
}
