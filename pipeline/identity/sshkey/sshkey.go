package sshkey

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"carat/pipeline"
	"carat/pipeline/identity"
)

// keyBytesMax bounds a file of a key; RSA of 16384 bits takes 13 KB.
const keyBytesMax = 64 << 10

// Ring is where keys are looked for.
type Ring struct {
	// File is a private key, or a public one whose private half an agent has. "": any
	// key of the agent that is wanted.
	File string
	// PassphraseFile holds the passphrase of File in its first line; "": it has none, or
	// an agent has the key.
	PassphraseFile string
	// Agent is the socket at which an agent answers; "": there is none.
	Agent string
}

// Signer gives the signer of a key that is wanted, and what ends it. None that is
// found is a usage error.
func (r Ring) Signer(wanted func(identity.Key) bool) (identity.Signer, func() error, error) {
	if r.File == "" {
		s, end, err := r.ofAgent(wanted)
		if err == nil && s == nil {
			err = errors.Join(pipeline.Errorf(pipeline.KindUsage, "sign", "", "the agent has none of your keys").
				WithHint("add one with `ssh-add`, or name a file with --key"), end())
		}
		return s, end, err
	}
	text, err := readKey(r.File)
	if err != nil {
		return nil, nil, err
	}
	if key, err := identity.ParseKey(string(text)); err == nil {
		return r.half(key)
	}
	if err := private(r.File); err != nil {
		return nil, nil, err
	}
	signer, err := r.parse(text)
	var locked *ssh.PassphraseMissingError
	if errors.As(err, &locked) && locked.PublicKey != nil {
		key, err := identity.KeyOf(locked.PublicKey)
		if err != nil {
			return nil, nil, unusable(r.File, err)
		}
		return r.half(key)
	}
	if err != nil {
		return nil, nil, unusable(r.File, err).WithHint("a key with a passphrase, or on a security key, is used through an agent: `ssh-add %s`; or its passphrase lies in a file, --key-passphrase FILE", r.File)
	}
	s, err := identity.NewSigner(signer)
	if err != nil {
		return nil, nil, unusable(r.File, err)
	}
	return s, func() error { return nil }, nil
}

func unusable(file string, err error) *pipeline.Error {
	return pipeline.Errorf(pipeline.KindUsage, "sign with", file, "%w", err)
}

// parse reads a private key.
func (r Ring) parse(text []byte) (ssh.Signer, error) {
	if r.PassphraseFile == "" {
		return ssh.ParsePrivateKey(text)
	}
	if err := private(r.PassphraseFile); err != nil {
		return nil, err
	}
	secret, err := readKey(r.PassphraseFile)
	if err != nil {
		return nil, err
	}
	first, _, _ := bytes.Cut(secret, []byte("\n"))
	return ssh.ParsePrivateKeyWithPassphrase(text, bytes.TrimSuffix(first, []byte("\r")))
}

// half finds the private half of a key in the agent.
func (r Ring) half(key identity.Key) (identity.Signer, func() error, error) {
	s, end, err := r.ofAgent(key.Same)
	if err == nil && s == nil {
		err = errors.Join(pipeline.Errorf(pipeline.KindUsage, "sign with", r.File, "no agent has the key %s", key.Fingerprint()).
			WithHint("add it with `ssh-add %s`", strings.TrimSuffix(r.File, ".pub")), end())
	}
	return s, end, err
}

// ofAgent gives the first of the agent's keys that is wanted; nil without one.
func (r Ring) ofAgent(wanted func(identity.Key) bool) (identity.Signer, func() error, error) {
	if r.Agent == "" {
		return nil, nil, pipeline.Errorf(pipeline.KindUsage, "sign", "", "there is no key to sign with").
			WithHint("name a file with --key, or start an agent and add one: `eval $(ssh-agent); ssh-add`")
	}
	conn, err := net.Dial("unix", r.Agent)
	if err != nil {
		return nil, nil, pipeline.Errorf(pipeline.KindUsage, "reach", "ssh-agent", "%w", err).WithHint("name a file with --key, or start an agent")
	}
	signers, err := agent.NewClient(conn).Signers()
	if err != nil {
		return nil, nil, errors.Join(pipeline.Errorf(pipeline.KindUsage, "ask", "ssh-agent", "%w", err), conn.Close())
	}
	for _, one := range signers {
		if s, err := identity.NewSigner(one); err == nil && wanted(s.Key()) {
			return s, conn.Close, nil
		}
	}
	return nil, conn.Close, nil
}

func readKey(file string) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, pipeline.Errorf(pipeline.KindUsage, "read", file, "%w", cause(err))
	}
	if !info.Mode().IsRegular() || info.Size() > keyBytesMax {
		return nil, pipeline.Errorf(pipeline.KindUsage, "read", file, "it is no key")
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, pipeline.Errorf(pipeline.KindUsage, "read", file, "%w", cause(err))
	}
	return text, nil
}

// private refuses a secret that other accounts can read, as ssh does.
func private(file string) error {
	info, err := os.Stat(file)
	if err != nil {
		return pipeline.Errorf(pipeline.KindUsage, "read", file, "%w", cause(err))
	}
	if info.Mode().Perm()&0o077 != 0 {
		return pipeline.Errorf(pipeline.KindUsage, "read", file, "other accounts can read it (%04o)", info.Mode().Perm()).WithHint("`chmod 600 %s`", file)
	}
	return nil
}

func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return fmt.Errorf("%w", err)
}

// Public reads the public key of a file: of a private one, or of its public half.
func Public(file string) (identity.Key, error) {
	text, err := readKey(file)
	if err != nil {
		return identity.Key{}, err
	}
	key, err := identity.ParseKey(string(text))
	if err != nil {
		return key, unusable(file, err).WithHint("name the public half, FILE.pub")
	}
	return key, nil
}
