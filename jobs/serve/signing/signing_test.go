package signing_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"carat/jobs/serve/signing"
	"carat/pipeline/identity"
)

func signer(t *testing.T) identity.Signer {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	one, err := identity.NewSigner(s)
	if err != nil {
		t.Fatal(err)
	}
	return one
}

func record(t *testing.T, no int64, numbers, decisions string) string {
	t.Helper()
	text, err := identity.Record{Kind: identity.KindPrepare, Lake: "l", No: no, Person: "ann", Proof: identity.ProofKey, Auth: identity.Authenticated,
		Time: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC), Fields: []identity.Field{{Name: "period", Value: "2026-10"}, {Name: "numbers", Value: numbers}, {Name: "decisions", Value: decisions}}}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestBrought(t *testing.T) {
	ann, bob := signer(t), signer(t)
	text := record(t, 7, "a", "d")
	_, err := signing.Brought{With: ann.Key()}.Sign([]byte(text))
	var shown *identity.Unsigned
	if !errors.As(err, &shown) || string(shown.Text) != text {
		t.Fatalf("without a signature: %v", err)
	}
	good, err := ann.Sign([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	other, err := bob.Sign([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	later, err := ann.Sign([]byte(record(t, 8, "a", "d")))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := (signing.Brought{With: ann.Key(), Text: text, Signature: signing.Clean(strings.ReplaceAll(good, "\n", "\r\n"))}).Sign([]byte(text)); err != nil || got != good {
		t.Errorf("what a browser sends of a good one: %q %v", got, err)
	}
	for name, one := range map[string]string{"another's": other, "of another text": later, "nonsense": "x\n"} {
		var wrong *signing.Wrong
		if _, err := (signing.Brought{With: ann.Key(), Text: text, Signature: one}).Sign([]byte(text)); !errors.As(err, &wrong) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for want, now := range map[string]string{
		"the numbers moved": record(t, 7, "b", "d"), "somebody decided": record(t, 8, "a", "e"), "somebody else signed something": record(t, 8, "a", "d"), "is another": "nonsense",
	} {
		var moved *signing.Moved
		if _, err := (signing.Brought{With: ann.Key(), Text: text, Signature: good}).Sign([]byte(now)); !errors.As(err, &moved) || !strings.Contains(err.Error(), want) {
			t.Errorf("moved, want %q: %v", want, err)
		}
	}
	if signing.Clean(strings.Repeat("x", 1<<20)) != "" || signing.Clean(" \r\n ") != "" {
		t.Error("what is no signature is taken for one")
	}
}
