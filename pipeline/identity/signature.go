package identity

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
)

// Namespace is what carat's signatures are for: OpenSSH signs it with the text, so
// that a signature for something else is none here.
const Namespace = "carat"

// A signature in OpenSSH's format (PROTOCOL.sshsig), around which stand these lines.
const (
	sigMagic = "SSHSIG"
	sigBegin = "-----BEGIN SSH SIGNATURE-----"
	sigEnd   = "-----END SSH SIGNATURE-----"
	sigForm  = 1
	sigHash  = "sha512"
	sigWidth = 70 // of its lines, as ssh-keygen breaks them
)

// signatureTextMax bounds the text of a signature: RSA of 16384 bits needs 6 KB.
const signatureTextMax = 16 << 10

// Signer signs with one key: one of an agent, or of a file.
type Signer interface {
	// Key is the key that is signed with.
	Key() Key
	// Sign gives the signature of a text under the namespace carat, with its lines
	// before and after, as ssh-keygen -Y sign writes it.
	Sign(text []byte) (string, error)
}

// Unsigned is the error of a signer that has not signed: the text was only shown, to be
// signed where the key is.
type Unsigned struct{ Text []byte }

func (*Unsigned) Error() string { return "it waits for a signature" }

// IsUnsigned says whether an error, or one that it wraps, is that.
func IsUnsigned(err error) bool {
	_, ok := errors.AsType[*Unsigned](err)
	return ok
}

// keySigner signs with a key of golang.org/x/crypto/ssh.
type keySigner struct {
	signer ssh.Signer
	key    Key
}

// NewSigner gives a signer of a key that may sign.
func NewSigner(s ssh.Signer) (Signer, error) {
	key, err := KeyOf(s.PublicKey())
	return keySigner{s, key}, err
}

func (s keySigner) Key() Key { return s.key }

func (s keySigner) Sign(text []byte) (string, error) {
	data := signedData(sigHash, text)
	sig, err := (*ssh.Signature)(nil), error(nil)
	if s.key.Type() == ssh.KeyAlgoRSA { // whose signature without a choice is of SHA-1
		with, ok := s.signer.(ssh.AlgorithmSigner)
		if !ok {
			return "", errors.New("the key can't sign with SHA-512")
		}
		sig, err = with.SignWithAlgorithm(rand.Reader, data, ssh.KeyAlgoRSASHA512)
	} else {
		sig, err = s.signer.Sign(rand.Reader, data)
	}
	if err != nil {
		return "", err
	}
	blob := append([]byte(sigMagic), ssh.Marshal(sigBlob{sigForm, s.key.public.Marshal(), Namespace, "", sigHash, ssh.Marshal(sig)})...)
	armored := armor(blob)
	// What an agent gives is looked at before it is kept.
	if _, err := Verify(text, armored); err != nil {
		return "", fmt.Errorf("what the key has signed is not good: %w", err)
	}
	return armored, nil
}

type sigBlob struct {
	Form      uint32
	Key       []byte
	Namespace string
	Reserved  string
	Hash      string
	Signature []byte
}

type sigData struct {
	Namespace string
	Reserved  string
	Hash      string
	Sum       []byte
}

// signedData are the bytes that a key signs: not the text, but its hash, the
// namespace and what marks them as such.
func signedData(hash string, text []byte) []byte {
	var sum []byte
	switch hash {
	case "sha512":
		s := sha512.Sum512(text)
		sum = s[:]
	case "sha256":
		s := sha256.Sum256(text)
		sum = s[:]
	}
	return append([]byte(sigMagic), ssh.Marshal(sigData{Namespace, "", hash, sum})...)
}

func armor(blob []byte) string {
	var b strings.Builder
	b.WriteString(sigBegin + "\n")
	for line := range slices.Chunk([]byte(base64.StdEncoding.EncodeToString(blob)), sigWidth) {
		b.Write(line)
		b.WriteByte('\n')
	}
	b.WriteString(sigEnd + "\n")
	return b.String()
}

func unarmor(text string) ([]byte, error) {
	body, ok := strings.CutPrefix(strings.TrimSpace(text), sigBegin)
	if ok {
		body, ok = strings.CutSuffix(body, sigEnd)
	}
	if !ok || len(text) > signatureTextMax {
		return nil, errors.New("it is not a signature of SSH")
	}
	return base64.StdEncoding.DecodeString(strings.NewReplacer("\n", "", "\r", "").Replace(body))
}

// signatureFormats are the formats in which the keys of a type sign.
func signatureFormats(keyType string) []string {
	if keyType == ssh.KeyAlgoRSA {
		return []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
	}
	return []string{keyType}
}

// Verify says whose key has signed a text for carat. Anything else is an error that
// says why the signature is not good; whose the key is, a Registry says.
func Verify(text []byte, armored string) (Key, error) {
	raw, err := unarmor(armored)
	if err != nil {
		return Key{}, err
	}
	raw, ok := bytes.CutPrefix(raw, []byte(sigMagic))
	var blob sigBlob
	if !ok || ssh.Unmarshal(raw, &blob) != nil || blob.Form != sigForm {
		return Key{}, errors.New("it is not a signature of SSH")
	}
	if blob.Namespace != Namespace {
		return Key{}, fmt.Errorf("it was made for %q, not for %s", blob.Namespace, Namespace)
	}
	if blob.Hash != "sha512" && blob.Hash != "sha256" {
		return Key{}, fmt.Errorf("it is over a hash of kind %q", blob.Hash)
	}
	public, err := ssh.ParsePublicKey(blob.Key)
	if err != nil {
		return Key{}, fmt.Errorf("its key can't be read: %w", err)
	}
	key, err := KeyOf(public)
	if err != nil {
		return Key{}, err
	}
	var sig ssh.Signature
	if err := ssh.Unmarshal(blob.Signature, &sig); err != nil {
		return Key{}, errors.New("it is not a signature of SSH")
	}
	if !slices.Contains(signatureFormats(key.Type()), sig.Format) {
		return Key{}, fmt.Errorf("its format is %s, and its key is %s", sig.Format, key.Type())
	}
	if err := public.Verify(signedData(blob.Hash, text), &sig); err != nil {
		return Key{}, errors.New("the text is not what was signed")
	}
	return key, nil
}
