package sftp_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"carat/pipeline/source"
	"carat/pipeline/source/reach"
	"carat/pipeline/source/sftp"
	"carat/pipeline/source/sourcetest"
)

// sshd is an OpenSSH server of this test, which lets one key in.
type sshd struct {
	address string
	host    string // its key's fingerprint
	user    string
	key     string // that is let in
	folder  string
}

// openSSH starts a real server on loopback, or skips by name where there is none.
func openSSH(t *testing.T) *sshd {
	t.Helper()
	bin := "/usr/sbin/sshd"
	if _, err := os.Stat(bin); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("no OpenSSH server on this machine (apt-get install openssh-server)")
		}
		t.Skip("no OpenSSH server on this machine (apt-get install openssh-server)")
	}
	dir := t.TempDir()
	s := &sshd{folder: filepath.Join(dir, "out")}
	if err := os.Mkdir(s.folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() == 0 { // the server wants a folder for its separated part
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write := func(name, text string) string {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	hostKey, hostPublic := newKey(t, "")
	var authorized string
	s.key, authorized = newKey(t, "")
	public, _, _, _, err := ssh.ParseAuthorizedKey([]byte(hostPublic))
	if err != nil {
		t.Fatal(err)
	}
	s.host = ssh.FingerprintSHA256(public)
	who, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	s.user = who.Username
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	host, port, _ := net.SplitHostPort(s.address)
	config := write("sshd_config", strings.Join([]string{
		"ListenAddress " + host, "Port " + port, "HostKey " + write("host", hostKey), "PidFile none", "StrictModes no", "UsePAM no",
		"PermitRootLogin yes", "PasswordAuthentication no", "AuthorizedKeysFile " + write("authorized_keys", authorized),
		"Subsystem sftp internal-sftp", "ForceCommand internal-sftp", ""}, "\n"))
	var said strings.Builder
	server := exec.Command(bin, "-D", "-e", "-f", config)
	server.Stderr = &said
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() })
	for range 200 {
		if c, err := net.Dial("tcp", s.address); err == nil {
			_ = c.Close()
			return s
		}
		time.Sleep(10 * time.Millisecond) // it says nowhere that it listens
	}
	t.Fatalf("the server doesn't answer: %s", said.String())
	return nil
}

// newKey makes a key: the private one as OpenSSH writes it, and the public one.
func newKey(t *testing.T, passphrase string) (private, public string) {
	t.Helper()
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(key, "test")
	if passphrase != "" {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(key, "test", []byte(passphrase))
	}
	if err != nil {
		t.Fatal(err)
	}
	p, err := ssh.NewPublicKey(pub)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(block)), string(ssh.MarshalAuthorizedKey(p))
}

// options are of a source that is let in.
func (s *sshd) options() sftp.Options {
	return sftp.Options{Address: s.address, User: s.user, HostKeys: []string{s.host}, Key: s.key, Path: s.folder, Allow: reach.Loopback,
		Now: time.Now(), Timeout: 20 * time.Second}
}

func (s *sshd) put(t *testing.T, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(s.folder, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, o sftp.Options) source.Source {
	t.Helper()
	s, err := sftp.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestConformance(t *testing.T) {
	server := openSSH(t)
	wire := sourcetest.NewWire(t, server.address)
	sourcetest.Run(t, sourcetest.Place{
		Names: []string{"a statement.sta", "b.csv", "größe \"x\"; rm -rf.csv"},
		Put:   server.put,
		Open: func(t *testing.T) source.Source {
			o := server.options()
			o.Address = wire.Address()
			return open(t, o)
		},
		Secrets: []string{server.key}, Wire: wire,
	})
}

func TestServerIsKnownByItsKey(t *testing.T) {
	server := openSSH(t)
	_, other := newKey(t, "")
	for name, c := range map[string]struct {
		keys []string
		want string
	}{
		"the fingerprint":  {[]string{server.host}, ""},
		"one of several":   {[]string{strings.TrimSpace(other), server.host}, ""},
		"another key":      {[]string{other}, "the server's key is not the pinned one: it has " + server.host + " (ssh-ed25519)"},
		"no key":           {nil, "the server's key is not pinned"},
		"not a key at all": {[]string{"yes"}, "neither SHA256"},
	} {
		o := server.options()
		o.HostKeys = c.keys
		s, err := sftp.New(o)
		if err == nil {
			_, err = s.List(t.Context())
			_ = s.Close()
		}
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s := open(t, server.options())
	if _, err := s.List(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("sftp://%s@%s%s, host key %s", server.user, server.address, server.folder, server.host); s.Origin() != want {
		t.Errorf("origin %s, and wanted %s", s.Origin(), want)
	}
}

func TestWhoIsNotLetIn(t *testing.T) {
	server := openSSH(t)
	o := server.options()
	o.Key, _ = newKey(t, "")
	if _, err := open(t, o).List(t.Context()); err == nil || !strings.Contains(err.Error(), "is not let in") {
		t.Errorf("a foreign key: %v", err)
	}
	o.Key, _ = newKey(t, "hush")
	for phrase, want := range map[string]string{"": "give passphrase_file", "wrong": "or its passphrase is another", "hush": "is not let in"} {
		o.Passphrase = phrase
		if _, err := open(t, o).List(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("passphrase %q: %v", phrase, err)
		}
	}
	o = server.options()
	o.Allow = nil
	if _, err := open(t, o).List(t.Context()); err == nil || !strings.Contains(err.Error(), "is private") {
		t.Errorf("without allow: %v", err)
	}
	o = server.options()
	o.Path = "/nowhere"
	if _, err := open(t, o).List(t.Context()); err == nil || !strings.Contains(err.Error(), "no such file or folder") {
		t.Errorf("no folder: %v", err)
	}
}

// What is still being written, hidden or no file is left alone.
func TestWhatIsStillWritten(t *testing.T) {
	server := openSSH(t)
	now := time.Now()
	for name, age := range map[string]time.Duration{"old.csv": time.Hour, "young.csv": time.Second, "upload.csv.part": time.Hour, ".hidden.csv": time.Hour, "UP.CSV.FILEPART": time.Hour} {
		server.put(t, name, "a\n")
		if err := os.Chtimes(filepath.Join(server.folder, name), now.Add(-age), now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(server.folder, "folder.csv"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(server.folder, "link.csv")); err != nil {
		t.Fatal(err)
	}
	o := server.options()
	o.Settle, o.Now = time.Minute, now
	s := open(t, o)
	list, err := s.List(t.Context())
	if err != nil || len(list) != 1 || list[0].Name != "old.csv" {
		t.Fatalf("listed %v, %v", list, err)
	}
	// One that is written to while it is read is not taken, and not for ever.
	part, err := os.Create(filepath.Join(t.TempDir(), "part"))
	if err != nil {
		t.Fatal(err)
	}
	defer part.Close()
	server.put(t, "old.csv", "a\nb\n")
	_, err = source.Take(t.Context(), s, list[0], part, source.Limits{Bytes: 1000})
	if err == nil || !strings.Contains(err.Error(), "it is still being written") {
		t.Errorf("written to: %v", err)
	}
}
