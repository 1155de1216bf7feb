package identity_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"io"
	"testing"

	"golang.org/x/crypto/ssh"
)

// securityKey signs as a security key does: over the application's hash, flags, a
// counter and the text's hash.
type securityKey struct {
	public  ssh.PublicKey
	private ed25519.PrivateKey
	touched bool
}

const application = "ssh:"

func newSecurityKey(t *testing.T, touched bool) securityKey {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	raw := ssh.Marshal(struct {
		Type        string
		Key         []byte
		Application string
	}{ssh.KeyAlgoSKED25519, public, application})
	key, err := ssh.ParsePublicKey(raw)
	if err != nil {
		t.Fatal(err)
	}
	return securityKey{key, private, touched}
}

func (k securityKey) PublicKey() ssh.PublicKey { return k.public }

func (k securityKey) Sign(_ io.Reader, data []byte) (*ssh.Signature, error) {
	flags := byte(0)
	if k.touched {
		flags = 1
	}
	app, text := sha256.Sum256([]byte(application)), sha256.Sum256(data)
	rest := binary.BigEndian.AppendUint32([]byte{flags}, 7)
	signed := append(append(append([]byte{}, app[:]...), rest...), text[:]...)
	return &ssh.Signature{Format: ssh.KeyAlgoSKED25519, Blob: ed25519.Sign(k.private, signed), Rest: rest}, nil
}
