package identity

import (
	"bytes"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"
)

// rsaBitsMin is the shortest RSA key that signs.
const rsaBitsMin = 3072

// keyTypes are the types of keys that sign. Certificates and DSA don't.
var keyTypes = map[string]bool{
	ssh.KeyAlgoED25519: true, ssh.KeyAlgoECDSA256: true, ssh.KeyAlgoECDSA384: true, ssh.KeyAlgoECDSA521: true,
	ssh.KeyAlgoSKED25519: true, ssh.KeyAlgoSKECDSA256: true, ssh.KeyAlgoRSA: true,
}

// Key is a public key of SSH that may sign records.
type Key struct{ public ssh.PublicKey }

// ParseKey reads a public key as a file id_ed25519.pub holds it: "TYPE BASE64", and
// a comment, which is nobody's word and is dropped.
func ParseKey(text string) (Key, error) {
	text = strings.TrimSpace(text)
	if strings.ContainsAny(text, "\r\n") {
		return Key{}, errors.New("it is several lines, and a public key is one")
	}
	name, rest, _ := strings.Cut(text, " ")
	body, _, _ := strings.Cut(strings.TrimLeft(rest, " "), " ")
	raw, err := base64.StdEncoding.DecodeString(body)
	if err != nil || len(raw) == 0 {
		return Key{}, errors.New("it is not a public key of SSH, such as `ssh-ed25519 AAAA…`")
	}
	public, err := ssh.ParsePublicKey(raw)
	if err != nil {
		return Key{}, fmt.Errorf("it is not a public key of SSH: %w", err)
	}
	if public.Type() != name {
		return Key{}, fmt.Errorf("it says %s, and is %s", name, public.Type())
	}
	return KeyOf(public)
}

// KeyOf takes a public key, if it is one that may sign: ed25519, ECDSA, their forms
// on security keys, and RSA from 3072 bits.
func KeyOf(public ssh.PublicKey) (Key, error) {
	if !keyTypes[public.Type()] {
		return Key{}, fmt.Errorf("a key of type %s doesn't sign; take ed25519, ECDSA, a security key (sk-…) or RSA from %d bits", public.Type(), rsaBitsMin)
	}
	if public.Type() == ssh.KeyAlgoRSA {
		crypto, ok := public.(ssh.CryptoPublicKey)
		if !ok {
			return Key{}, errors.New("the length of the RSA key can't be read")
		}
		key, ok := crypto.CryptoPublicKey().(*rsa.PublicKey)
		if !ok || key.N.BitLen() < rsaBitsMin {
			return Key{}, fmt.Errorf("an RSA key signs from %d bits on", rsaBitsMin)
		}
	}
	return Key{public}, nil
}

// String gives the key as authorized_keys and allowed_signers have it, without a
// comment: "ssh-ed25519 AAAA…".
func (k Key) String() string {
	if k.public == nil {
		return ""
	}
	return k.public.Type() + " " + base64.StdEncoding.EncodeToString(k.public.Marshal())
}

// Fingerprint gives the key's fingerprint as ssh-keygen -l does: "SHA256:…".
func (k Key) Fingerprint() string {
	if k.public == nil {
		return ""
	}
	return ssh.FingerprintSHA256(k.public)
}

// Type gives the key's type: "ssh-ed25519".
func (k Key) Type() string { return k.public.Type() }

// Same says whether two keys are one.
func (k Key) Same(other Key) bool {
	return k.public != nil && other.public != nil && bytes.Equal(k.public.Marshal(), other.public.Marshal())
}
