package disk

import (
	"os"
	"path/filepath"
	"testing"
)

func TestReplaceFolder(t *testing.T) {
	dir := t.TempDir()
	target := filepath.Join(dir, "2026-10")
	for _, content := range []string{"first", "second"} {
		next := filepath.Join(dir, "next")
		if err := os.Mkdir(next, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(next, content), nil, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := ReplaceFolder(next, target); err != nil {
			t.Fatal(err)
		}
		entries, err := os.ReadDir(target)
		if err != nil || len(entries) != 1 || entries[0].Name() != content {
			t.Fatalf("after %s: %v, %v", content, entries, err)
		}
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
	if err := ReplaceFolder(filepath.Join(dir, "none"), target); err == nil {
		t.Error("a missing folder replaced another")
	}
	if _, err := os.Stat(filepath.Join(target, "second")); err != nil {
		t.Errorf("the old folder is gone after a failure: %v", err)
	}
}
