package names_test

import (
	"strings"
	"testing"

	"carat/jobs/names"
)

// One person is one name in every spelling; what looks like a name and is another
// is refused.
func TestOnePersonIsOneName(t *testing.T) {
	for _, text := range []string{"ann", "Ann", "ANN", " ann ", "\tAnn\n", "ａｎｎ", "Ａnn", "ann\u00a0", "𝐚𝐧𝐧"} {
		if got, err := names.User(text); got != "ann" || err != nil {
			t.Errorf("%q: %q, %v", text, got, err)
		}
		if !names.Same(text, "Ann") {
			t.Errorf("%q is somebody else than Ann", text)
		}
	}
	for _, text := range []string{"", " ", "а\u006en", "\u0430nn", "an\u200bn", "ann\u200d", "a\u0301nn", "ann bob", "ann\x00", "ann\xff", "-ann", "ann;", "ann\u202e", strings.Repeat("a", 101)} {
		if got, err := names.User(text); err == nil {
			t.Errorf("%q is taken as %q", text, got)
		}
	}
	for _, text := range []string{"Finance-Ops", "Anna Müller", "李小龍", "Ольга"} {
		if got, err := names.Foreign(text); err != nil || got != names.Fold(text) {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "  ", "an\u200bn", "\u0430nn", "ann\x07", "ann\xff", strings.Repeat("a", 101)} {
		if got, err := names.Foreign(text); err == nil {
			t.Errorf("%q is taken as %q", text, got)
		}
	}
}
