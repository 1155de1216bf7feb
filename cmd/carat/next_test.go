package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carat/pipeline"
)

// Every refusal says what to do next, once: what it says itself, else by its cause, else
// by its kind. A failure of carat's own is told as it is.
func TestEveryRefusalHasANextStep(t *testing.T) {
	for _, kind := range []pipeline.Kind{pipeline.KindUsage, pipeline.KindBadInput, pipeline.KindBlocked, pipeline.KindLocked, pipeline.KindNotFound, pipeline.KindVerification, pipeline.KindBusy} {
		bare := pipeline.Errorf(kind, "read", "x", "broken")
		if got := withNext(bare, "carat run").Error(); !strings.HasPrefix(got, "read x: broken; ") || pipeline.KindOf(withNext(bare, "carat run")) != kind {
			t.Errorf("kind %d: %q", kind, got)
		}
		said := fmt.Errorf("again: %w", bare.WithHint("do this"))
		if got := withNext(said, "carat run"); got.Error() != "again: read x: broken; do this" {
			t.Errorf("kind %d says twice: %q", kind, got)
		}
		if got := withNext(errors.Join(bare, bare.WithHint("do this")), "carat run").Error(); strings.Count(got, "; ") != 1 {
			t.Errorf("kind %d, joined: %q", kind, got)
		}
	}
	for _, bare := range []error{errors.New("odd"), pipeline.Errorf(pipeline.KindInternal, "read", "x", "odd")} {
		if got := withNext(bare, "carat run"); got.Error() != bare.Error() {
			t.Errorf("%q", got)
		}
	}
	denied := pipeline.Errorf(pipeline.KindUsage, "open", "x", "%w", fs.ErrPermission)
	if got := withNext(denied, "carat run").Error(); !strings.HasSuffix(got, "; check its owner and permissions, and those of its folder") {
		t.Errorf("%q", got)
	}
}

// Verbs print what to do next with whatever they refuse.
func TestRefusalsPrintANextStep(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "carat.yaml"), []byte("first_period: 2026-10\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "bank_lines-1.sta"), []byte("{1:F01}\n:20:A\n:60F:C261001EUR1,00\n-\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"exceptions", "--limit", "-1"},
		{"trace", "x", "--limit", "-3"},
		{"run", "--period", "2026-13"},
		{"run", "--period"},
		{"ingest", "nowhere.csv"},
		{"ingest", filepath.Join(dir, "bank_lines-1.sta")},
		{"restore", "--from", filepath.Join(dir, "none")},
		{"verify", "--head", filepath.Join(dir, "none")},
		{"runs", "show", "999"},
		{"query", "--tables", "select 1"},
		{"creators", "a", "b"},
		{"copy", "a"},
		{"decide", "--import", filepath.Join(dir, "carat.yaml"), "--period", "2026-10"},
		{"users", "enrol", filepath.Join(dir, "carat.yaml")},
		{"score", "--truth", dir, filepath.Join(dir, "none")},
	} {
		code, told := refuse(t, append(args, "--dir", dir, "--user", "ann")...)
		for line := range strings.Lines(told) {
			if strings.HasPrefix(line, "carat: ") && !strings.Contains(line, "; ") && !strings.Contains(line, ": see ") {
				t.Errorf("%v ends with %d and no next step: %s", args, code, line)
			}
		}
		if code == 0 || !strings.Contains(told, "carat: ") {
			t.Errorf("%v ends with %d: %s", args, code, told)
		}
	}
}

// refuse runs a verb within this process and gives its exit code and what it tells.
func refuse(t *testing.T, args ...string) (code int, told string) {
	t.Helper()
	var out, errs strings.Builder
	code = run(t.Context(), append([]string{"carat"}, args...), []string{"HOME=" + t.TempDir(), "CI=true"}, &out, &errs)
	return code, errs.String()
}
