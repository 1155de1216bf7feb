package fetch

import (
	"testing"
	"unicode/utf8"

	"carat/pipeline/source"
)

// A remote file whose name is no UTF-8 (an old Windows bank's) is recorded by a spelling of its own, and holds up no other.
func TestNamesOfRemoteFilesAreRecorded(t *testing.T) {
	seen := map[string]bool{}
	for _, name := range []string{"b\xe4nk.csv", "b\xf6nk.csv", `b\xe4nk.csv`, "bänk.csv", "bank.csv", `b\\xe4nk.csv`, "\xff\xfe"} {
		got := recorded(source.Remote{Name: name})
		if !utf8.ValidString(got) || seen[got] {
			t.Errorf("%q is recorded as %q, which isn't its own", name, got)
		}
		seen[got] = true
	}
}
