package source_test

import (
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"carat/pipeline/source"
)

// A remote name never is a path, hidden, an option or too long, whatever it is; and as
// long as it isn't shortened it says which name it was, so that two stay two.
func FuzzLocalName(f *testing.F) {
	for _, name := range []string{"", "a.csv", "../../etc/passwd", "-rf", ".ssh", "größe.csv", "a b", " a ", "\x00", "%2e", "~", "a/b\\c", strings.Repeat("x", 300), strings.Repeat("é", 70), "CON", "a.csv.gz"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, remote string) {
		local := source.LocalName(remote)
		for _, name := range []string{local, source.Numbered(local, strings.Repeat("ab", 32))} {
			if name == "" || len(name) > 255 || !utf8.ValidString(name) || strings.ContainsAny(name, "/\\\x00\n") || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "-") || strings.HasSuffix(name, " ") {
				t.Errorf("%q becomes %q", remote, name)
			}
		}
		if local == "%" {
			if remote != "" {
				t.Errorf("%q becomes %q", remote, local)
			}
			return
		}
		if len(local) > 200 {
			t.Errorf("%q has %d bytes", local, len(local))
		}
		if back, err := url.PathUnescape(local); (err != nil || back != remote) && (len(local) < 180 || !strings.Contains(local, "-")) {
			t.Errorf("%q becomes %q, and that %q, %v", remote, local, back, err)
		}
	})
}
