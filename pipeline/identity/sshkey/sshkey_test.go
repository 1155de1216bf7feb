package sshkey_test

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"carat/pipeline/identity"
	"carat/pipeline/identity/sshkey"
)

func write(t *testing.T, name, text string, mode os.FileMode) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	return file
}

func keyFile(t *testing.T, key crypto.PrivateKey, passphrase string) string {
	t.Helper()
	block, err := ssh.MarshalPrivateKey(key, "")
	if passphrase != "" {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(key, "", []byte(passphrase))
	}
	if err != nil {
		t.Fatal(err)
	}
	return write(t, "id", string(pem.EncodeToMemory(block)), 0o600)
}

func newKey(t *testing.T) (ed25519.PrivateKey, identity.Key) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	key, err := identity.KeyOf(s.PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	return private, key
}

// serveAgent answers at a socket with some keys.
func serveAgent(t *testing.T, keys ...crypto.PrivateKey) string {
	t.Helper()
	ring := agent.NewKeyring()
	for _, key := range keys {
		if err := ring.Add(agent.AddedKey{PrivateKey: key}); err != nil {
			t.Fatal(err)
		}
	}
	dir, err := os.MkdirTemp("", "agent") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("unix", filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close(); _ = os.RemoveAll(dir) })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() { _ = agent.ServeAgent(ring, conn) }()
		}
	}()
	return filepath.Join(dir, "s")
}

// Keys are found in files and in an agent, by their public half and by what is
// wanted; whatever can't be used is said with what to do.
func TestKeysAreFound(t *testing.T) {
	ann, annKey := newKey(t)
	bob, bobKey := newKey(t)
	short, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	socket := serveAgent(t, short, ann, bob)
	open := keyFile(t, ann, "")
	if err := os.Chmod(open, 0o640); err != nil {
		t.Fatal(err)
	}
	locked := keyFile(t, bob, "secret")
	for name, c := range map[string]struct {
		ring   sshkey.Ring
		wanted identity.Key // by whoever asks the agent
		want   identity.Key
		err    string
	}{
		"a file":                        {ring: sshkey.Ring{File: keyFile(t, ann, "")}, want: annKey},
		"a public half":                 {ring: sshkey.Ring{File: write(t, "id.pub", bobKey.String()+" bob@host\n", 0o644), Agent: socket}, want: bobKey},
		"whichever the agent has":       {ring: sshkey.Ring{Agent: socket}, wanted: bobKey, want: bobKey},
		"a passphrase of a file":        {ring: sshkey.Ring{File: locked, PassphraseFile: write(t, "pass", "secret\nmore\n", 0o600)}, want: bobKey},
		"a passphrase that is wrong":    {ring: sshkey.Ring{File: locked, PassphraseFile: write(t, "pass", "other\n", 0o600)}, err: "sign with"},
		"a passphrase that all read":    {ring: sshkey.Ring{File: locked, PassphraseFile: write(t, "pass", "secret\n", 0o644)}, err: "other accounts can read it"},
		"a passphrase an agent has":     {ring: sshkey.Ring{File: locked, Agent: socket}, want: bobKey},
		"a passphrase that nobody says": {ring: sshkey.Ring{File: locked}, err: "there is no key to sign with"},
		"a file that all read":          {ring: sshkey.Ring{File: open}, err: "other accounts can read it (0640)"},
		"a key too short":               {ring: sshkey.Ring{File: keyFile(t, short, "")}, err: "3072"},
		"none of the agent's":           {ring: sshkey.Ring{Agent: serveAgent(t, ann)}, wanted: bobKey, err: "the agent has none of your keys"},
		"a half that no agent has":      {ring: sshkey.Ring{File: write(t, "id.pub", bobKey.String(), 0o644), Agent: serveAgent(t, ann)}, err: "no agent has the key SHA256:"},
		"no agent":                      {ring: sshkey.Ring{}, err: "there is no key to sign with"},
		"an agent that is gone":         {ring: sshkey.Ring{Agent: filepath.Join(t.TempDir(), "none")}, err: "reach ssh-agent"},
		"no such file":                  {ring: sshkey.Ring{File: filepath.Join(t.TempDir(), "none")}, err: "no such file"},
		"a folder":                      {ring: sshkey.Ring{File: t.TempDir()}, err: "it is no key"},
		"no key":                        {ring: sshkey.Ring{File: write(t, "id", "hello\n", 0o600)}, err: "sign with"},
	} {
		s, end, err := c.ring.Signer(c.wanted.Same)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s: %v, want %q", name, err, c.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		sig, err := s.Sign([]byte("text"))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if key, err := identity.Verify([]byte("text"), sig); err != nil || !key.Same(c.want) {
			t.Errorf("%s: %v: another key", name, err)
		}
		if err := end(); err != nil {
			t.Error(err)
		}
	}
}
