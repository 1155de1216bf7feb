package disk

import (
	"errors"
	"io"
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

// A file that fails on the way leaves the old one as it was and nothing beside it.
func TestWriteIsWholeOrNotAtAll(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "manifest.json")
	broken := errors.New("broken off")
	for _, c := range []struct {
		text string
		err  error
		want string
	}{{"first", nil, "first"}, {"second", broken, "first"}, {"third", nil, "third"}} {
		err := Write(file, 0o600, func(w io.Writer) error {
			if _, err := io.WriteString(w, c.text); err != nil {
				return err
			}
			return c.err
		})
		if !errors.Is(err, c.err) {
			t.Fatalf("%s: %v", c.text, err)
		}
		text, err := os.ReadFile(file)
		if err != nil || string(text) != c.want {
			t.Errorf("after %s: %q, %v", c.text, text, err)
		}
		info, err := os.Stat(file)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("after %s: %v, %v", c.text, info.Mode(), err)
		}
		if entries, _ := os.ReadDir(dir); len(entries) != 1 {
			t.Errorf("after %s: left behind: %v", c.text, entries)
		}
	}
}
