package spelling_test

import (
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
