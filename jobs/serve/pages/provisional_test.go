package pages_test

import (
	"net/http"
	"strings"
	"testing"
)

// A month that isn't closed is shown to a creator only where carat.yaml has it, marked as
// provisional, without a statement, a line to ask about, and anything of another's.
func TestProvisionalEarnings(t *testing.T) {
	s := lake(t)
	if _, text := opened(t, s, "an-creator").page("/earnings"); !strings.Contains(text, "No month is final yet") || strings.Contains(text, "provisional") {
		t.Errorf("a month that isn't closed is shown:\n%s", text)
	}
	c := *s.Config
	c.Provisional, s.Config = true, &c
	b := opened(t, s, "an-creator")
	for _, path := range []string{"/earnings", "/earnings/2026-10"} {
		status, text := b.page(path)
		for _, want := range []string{`<span class="mark open">provisional</span>`, "October 2026", "these numbers can still change", "The lines of October 2026"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %d, it doesn't say %q:\n%s", path, status, want, text)
			}
		}
		for _, never := range []string{`<span class="mark">final`, "statement/pdf", `href="/earnings/2026-10/`, "alert(1)", "g9"} {
			if strings.Contains(text, never) {
				t.Errorf("%s: a provisional month says %q:\n%s", path, never, text)
			}
		}
	}
	for _, path := range []string{"/earnings/2026-09", "/earnings/2026-10/main/USD/1", "/earnings/2026-10/main/USD/statement/pdf"} {
		if status, _ := b.page(path); status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}
}
