package stamp

import (
	"strings"
	"testing"
	"time"
)

// A stamp long after the approval, or before it, is told: stamps that were taken away and made
// again are such. One that came with the approval, or a day later, needs no word.
func TestBeside(t *testing.T) {
	approved := time.Date(2026, 11, 3, 10, 0, 0, 0, time.UTC)
	for after, want := range map[time.Duration]string{
		0: "", -4 * time.Minute: "", 47 * time.Hour: "",
		-6 * time.Minute:     "at 2026-11-03T09:54:00Z: this machine's clock was ahead",
		49 * time.Hour:       "at 2026-11-05T11:00:00Z: of the time between only this history speaks",
		365 * 24 * time.Hour: "at 2027-11-03T10:00:00Z: of the time between only this history speaks",
	} {
		if got := beside(approved, approved.Add(after)); (want == "") != (got == "") || !strings.HasSuffix(got, want) {
			t.Errorf("%v: %q, want %q", after, got, want)
		}
	}
}
