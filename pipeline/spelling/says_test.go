package spelling_test

import (
	"strings"
	"testing"

	"carat/pipeline/spelling"
)

func TestSays(t *testing.T) {
	for _, text := range []string{"", " ", ".", "\u00a0", "\u200b", "\u2800", "\u034f", "\u115f", "\u1160", "\u3164", "\uffa0", "\u17b4", "\u180e", "\ufeff", "\u2060", "\U000e0041", "\U00013441", "\u3164 .\uffa0", "--"} {
		if spelling.Says(text) {
			t.Errorf("%+q says something", text)
		}
	}
	for _, text := range []string{"x", "7", "é", "入金済み", "확인", "\u3164a", "ﾊﾞ", "№ 5", "𐍈"} {
		if !spelling.Says(text) {
			t.Errorf("%+q says nothing", text)
		}
	}
}

func TestCheckReason(t *testing.T) {
	for text, want := range map[string]string{
		"advice of the bank": "", "": "no letter", "\u3164": "no letter", "\uffa0 .": "no letter", "way too long": "longer than 11 bytes", "a\u202eb": "U+202E", "a\x1b": "U+001B", "a\nb": "U+000A",
	} {
		most := 11
		if want == "" {
			most = 100
		}
		err := spelling.CheckReason(text, most)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}
