package statement

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestFileName(t *testing.T) {
	long := strings.Repeat("x", 300)
	for _, c := range []struct{ creator, entity, currency, ext, want string }{
		{"c_1029", "main", "USD", "html", "c_1029~main~USD.html"},
		{"../../etc/passwd", "a/b", "USD", "csv", "%2E.%2F..%2Fetc%2Fpasswd~a%2Fb~USD.csv"},
		{".hidden", "..", "-", "json", "%2Ehidden~%2E.~%2D.json"},
		{"-rf", "main", "USD", "html", "%2Drf~main~USD.html"},
		{"a~b", "c%7Ed", "", "html", "a%7Eb~c%257Ed~.html"},
		{"é\x00\n\\", "main", "USD", "html", "%C3%A9%00%0A%5C~main~USD.html"},
		{"CON", "main", "USD", "html", "CON~main~USD.html"},
		{"c", "main", "USD", "../x", "c~main~USD.%2E.%2Fx"},
	} {
		got := FileName(c.creator, c.entity, c.currency, c.ext)
		if got != c.want {
			t.Errorf("%q gave %q, want %q", c.creator, got, c.want)
		}
	}
	if got := FileName(long, "main", "USD", "html"); !regexp.MustCompile(`^x{40}~main~USD~[0-9a-f]{32}\.html$`).MatchString(got) {
		t.Errorf("got %q", got)
	}
	if FileName(long+"a", "m", "USD", "csv") == FileName(long+"b", "m", "USD", "csv") {
		t.Error("two long ids share a name")
	}
	// A cut never splits a %XX.
	if got := FileName(strings.Repeat("x", 39)+strings.Repeat("/", 99), "m", "USD", "csv"); !strings.HasPrefix(got, strings.Repeat("x", 39)+"~m~USD~") {
		t.Errorf("got %q", got)
	}
}

// Any ids give a safe name, and different ids different names.
func TestFileNameIsSafeAndUnique(t *testing.T) {
	safe := regexp.MustCompile(`^[A-Za-z0-9_%~][A-Za-z0-9._%~-]*\.html$`)
	part := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-c~%/.7E-]{0,6}`), rapid.StringMatching(`x{150,152}[ab]`))
	rapid.Check(t, func(t *rapid.T) {
		a := [3]string{part.Draw(t, "creator"), part.Draw(t, "entity"), part.Draw(t, "currency")}
		b := [3]string{part.Draw(t, "creator"), part.Draw(t, "entity"), part.Draw(t, "currency")}
		x, y := FileName(a[0], a[1], a[2], "html"), FileName(b[0], b[1], b[2], "html")
		if !safe.MatchString(x) || len(x) > fileNameBytes {
			t.Fatalf("unsafe name %q (%d bytes)", x, len(x))
		}
		if (a == b) != (x == y) {
			t.Fatalf("%q and %q give %q and %q", a, b, x, y)
		}
	})
}
