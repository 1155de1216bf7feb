package guard_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carat/jobs/guard"
	"carat/jobs/month"
	"carat/pipeline"
)

// What creators had received of a version that was opened again is compared with its
// certificate as long as it lies there.
func TestStatementsOfAnEarlierVersionAreCompared(t *testing.T) {
	s, _ := closedMonth(t)
	s.By.User = "bob"
	r, err := month.Reopen(t.Context(), month.ReopenOptions{Setting: s, Period: "2026-10", Reason: "a late file"})
	if err != nil {
		t.Fatal(err)
	}
	if v, err := guard.Verify(t.Context(), guard.VerifyOptions{Setting: s}); err != nil {
		t.Fatalf("%+v %v", v, err)
	}
	files, err := filepath.Glob(filepath.Join(r.Kept, "*", "*", "c1*.csv"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%v in %s: %v", files, r.Kept, err)
	}
	if err := os.WriteFile(files[0], []byte("forged"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = guard.Verify(t.Context(), guard.VerifyOptions{Setting: s})
	if pipeline.KindOf(err) != pipeline.KindVerification || !strings.Contains(err.Error(), "of 2026-10 version 1 was changed or taken away since the month was closed") {
		t.Errorf("%v", err)
	}
}
