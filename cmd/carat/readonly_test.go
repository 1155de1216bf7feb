package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A lake on media that nothing can be written to is verified, queried and traced as
// it is; that a reading is not recorded is told, and what writes is refused.
func TestReadOnlyLake(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "month")
	carat(t, "generate", "--out", dir, "--gifts", "60", "--viewers", "12", "--creators", "4", "--files", "month", "--faults", "none")
	carat(t, "run", "--dir", dir, "--period", "2026-10")
	mount := func(args ...string) error { return exec.Command("mount", args...).Run() }
	if mount("--bind", dir, dir) != nil {
		t.Skip("this user can't mount")
	}
	t.Cleanup(func() { _ = exec.Command("umount", "-l", dir).Run() })
	if mount("-o", "remount,ro,bind", dir) != nil {
		t.Skip("this user can't mount")
	}
	out := carat(t, "verify", "--dir", dir)
	if !strings.Contains(out, "batches") {
		t.Errorf("verify prints\n%s", out)
	}
	for _, args := range [][]string{{"query", "select count(*) from gift_events"}, {"query", "select count(*) from access"}, {"trace", firstCreator(dir)}} {
		if told := caratTold(t, 0, append(args, "--dir", dir)...); !strings.Contains(told, "this reading is not recorded") {
			t.Errorf("%s tells\n%s", args[0], told)
		}
	}
	out = t.TempDir()
	for _, args := range [][]string{{"status"}, {"verify", "--export-head", filepath.Join(out, "head.json")}, {"runs"}, {"runs", "show", "1"}, {"exceptions"}, {"exceptions", "--period", "2026-10"},
		{"exceptions", "--export", filepath.Join(out, "exceptions.csv")}, {"users"}, {"query", "--tables"}, {"query", "--period", "2026-10", "select count(*) from statement_lines"},
		{"evidence", "--period", "2026-10", "--out", filepath.Join(out, "evidence")}, {"publish", "--out", filepath.Join(out, "lake.duckdb")}} {
		carat(t, append(args, "--dir", dir)...)
	}
	for _, args := range [][]string{{"ingest"}, {"compact"}, {"close", "--period", "2026-10"}, {"statements", "--period", "2026-10"}, {"backup", "--out", filepath.Join(out, "backups")}, {"erase", "--creator", firstCreator(dir)},
		{"reopen", "--period", "2026-10", "--reason", "x"}, {"users", "grant", "ann", "preparer"}, {"upgrade"}} {
		if told := caratTold(t, 2, append(args, "--dir", dir)...); !strings.Contains(told, "nothing can be written") {
			t.Errorf("%s tells\n%s", args[0], told)
		}
	}
}
