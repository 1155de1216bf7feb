package certificate

import (
	"fmt"
	"testing"
)

// One account under which several names acted is told; one name in two spellings is
// one person, and who has no account says nothing.
func TestSharedAccounts(t *testing.T) {
	for _, c := range []struct {
		signers []Signer
		want    string
	}{
		{nil, "[]"},
		{[]Signer{{"ann", "a"}, {"bob", "b"}}, "[]"},
		{[]Signer{{"ann", "root"}, {"Ann", "root"}}, "[]"},
		{[]Signer{{"ann", ""}, {"bob", ""}, {"", "root"}, {"cleo", "root"}}, "[]"},
		{[]Signer{{"bob", "root"}, {"ann", "root"}, {"ann", "root"}, {"cleo", "c"}, {"dan", "c"}}, "[{c [cleo dan]} {root [ann bob]}]"},
	} {
		if got := fmt.Sprint(SharedAccounts(c.signers)); got != c.want {
			t.Errorf("%v: %s, want %s", c.signers, got, c.want)
		}
	}
	if got, want := (SharedAccount{"root", []string{"ann", "bob", "cleo"}}).Says(), "ann, bob and cleo acted under one account of the operating system, root: nothing proves that they are different people"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
