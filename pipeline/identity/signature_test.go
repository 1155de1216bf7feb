package identity_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"carat/pipeline/identity"
)

// keygen gives the path of ssh-keygen. Where tests run by themselves it must be
// there: what carat says of a signature is worth what OpenSSH says too.
func keygen(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("ssh-keygen")
	if err != nil && os.Getenv("CI") == "" {
		t.Skip("there is no ssh-keygen")
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func signerOf(t *testing.T, private any) ssh.Signer {
	t.Helper()
	s, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// newKeys gives a key of each type that a file can hold.
func newKeys(t *testing.T) map[string]ssh.Signer {
	t.Helper()
	keys := map[string]ssh.Signer{}
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	keys["ed25519"] = signerOf(t, ed)
	for name, curve := range map[string]elliptic.Curve{"p256": elliptic.P256(), "p384": elliptic.P384(), "p521": elliptic.P521()} {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		keys[name] = signerOf(t, key)
	}
	key, err := rsa.GenerateKey(rand.Reader, 3072)
	if err != nil {
		t.Fatal(err)
	}
	keys["rsa"] = signerOf(t, key)
	return keys
}

// What carat signs ssh-keygen accepts, and what ssh-keygen signs carat accepts; one
// byte of the text changed, and both refuse it.
func TestSignaturesAreOpenSSHs(t *testing.T) {
	tool := keygen(t)
	for name, signer := range newKeys(t) {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s, err := identity.NewSigner(signer)
			if err != nil {
				t.Fatal(err)
			}
			text := []byte("carat-record/1\nkind: auth\n")
			sig, err := s.Sign(text)
			if err != nil {
				t.Fatal(err)
			}
			write := func(name string, text []byte) string {
				file := filepath.Join(dir, name)
				if err := os.WriteFile(file, text, 0o600); err != nil {
					t.Fatal(err)
				}
				return file
			}
			allowed := write("allowed", []byte(`ann namespaces="carat" `+s.Key().String()+"\n"))
			verify := func(text []byte, sig string) error {
				cmd := exec.Command(tool, "-Y", "verify", "-f", allowed, "-I", "ann", "-n", "carat", "-s", write("sig", []byte(sig)))
				cmd.Stdin = bytes.NewReader(text)
				return cmd.Run()
			}
			if err := verify(text, sig); err != nil {
				t.Errorf("ssh-keygen refuses what carat signed: %v", err)
			}
			for i := range text {
				other := bytes.Clone(text)
				other[i] ^= 1
				if _, err := identity.Verify(other, sig); err == nil {
					t.Fatalf("carat accepts byte %d changed", i)
				}
			}
			if err := verify(append(text, '\n'), sig); err == nil {
				t.Error("ssh-keygen accepts another text")
			}
		})
	}
	// The other way round, with keys that ssh-keygen made.
	for _, kind := range []string{"ed25519", "ecdsa", "rsa"} {
		dir := t.TempDir()
		key, text := filepath.Join(dir, "id"), filepath.Join(dir, "text")
		if out, err := exec.Command(tool, "-q", "-t", kind, "-N", "", "-C", "some one", "-f", key).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v %s", kind, err, out)
		}
		if err := os.WriteFile(text, []byte("text\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, namespace := range []string{"carat", "file"} {
			_ = os.Remove(text + ".sig")
			if out, err := exec.Command(tool, "-Y", "sign", "-f", key, "-n", namespace, text).CombinedOutput(); err != nil {
				t.Fatalf("%s: %v %s", kind, err, out)
			}
			sig, err := os.ReadFile(text + ".sig")
			if err != nil {
				t.Fatal(err)
			}
			got, err := identity.Verify([]byte("text\n"), string(sig))
			if (err == nil) != (namespace == "carat") {
				t.Errorf("%s for %s: %v", kind, namespace, err)
			}
			public, readErr := os.ReadFile(key + ".pub")
			want, parseErr := identity.ParseKey(string(public))
			if readErr != nil || parseErr != nil || err == nil && !got.Same(want) {
				t.Errorf("%s: %v %v: another key", kind, readErr, parseErr)
			}
			out, err := exec.Command(tool, "-l", "-f", key+".pub").Output()
			if err != nil || !strings.Contains(string(out), want.Fingerprint()+" ") {
				t.Errorf("%s: ssh-keygen calls it %s, carat %s", kind, out, want.Fingerprint())
			}
		}
	}
}

// Keys that are too weak, or none, don't sign.
func TestWeakKeysDontSign(t *testing.T) {
	short, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := identity.NewSigner(signerOf(t, short)); err == nil || !strings.Contains(err.Error(), "3072") {
		t.Errorf("RSA of 2048 bits: %v", err)
	}
	good := newKeys(t)["ed25519"]
	certificate := &ssh.Certificate{Key: good.PublicKey(), CertType: ssh.UserCert, ValidPrincipals: []string{"ann"}, ValidBefore: ssh.CertTimeInfinity}
	if err := certificate.SignCert(rand.Reader, good); err != nil {
		t.Fatal(err)
	}
	if _, err := identity.KeyOf(certificate); err == nil {
		t.Error("a certificate is taken for a key")
	}
	line := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(good.PublicKey())))
	body := strings.Fields(line)[1]
	for _, text := range []string{"", "ssh-ed25519", "ssh-ed25519 !!", "ssh-rsa " + body, "ssh-dss AAAA", line + "\n" + line, `command="x" ` + line, "ssh-ed25519 AAAA" + body} {
		if k, err := identity.ParseKey(text); err == nil {
			t.Errorf("%q is taken for %s", text, k)
		}
	}
	if k, err := identity.ParseKey("  " + line + " ann@example.com\n"); err != nil || k.String() != line {
		t.Errorf("%v %v", k, err)
	}
}

// A security key's signature is taken when it was touched, and not without that.
func TestSecurityKeys(t *testing.T) {
	for _, touched := range []bool{true, false} {
		s := newSecurityKey(t, touched)
		signer, err := identity.NewSigner(s)
		if err != nil {
			t.Fatal(err)
		}
		text := []byte("text\n")
		sig, err := signer.Sign(text)
		if (err == nil) != touched {
			t.Fatalf("touched %v: %v", touched, err)
		}
		if !touched {
			continue
		}
		dir := t.TempDir()
		allowed, file := filepath.Join(dir, "allowed"), filepath.Join(dir, "sig")
		for name, text := range map[string]string{allowed: "ann " + signer.Key().String() + "\n", file: sig} {
			if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		cmd := exec.Command(keygen(t), "-Y", "verify", "-f", allowed, "-I", "ann", "-n", "carat", "-s", file)
		cmd.Stdin = bytes.NewReader(text)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("ssh-keygen: %v %s", err, out)
		}
	}
}
