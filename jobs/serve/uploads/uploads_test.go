package uploads_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"carat/jobs/serve/uploads"
	"carat/pipeline"
)

// A name leads nowhere but to its own folder.
func TestNames(t *testing.T) {
	for text, want := range map[string]string{
		"gift_events.csv": "gift_events.csv", "../../etc/passwd": "passwd", `C:\Users\ann\gift events.csv`: "gift events.csv", `..\..\x.csv`: "x.csv", "Überweisung.csv": "Überweisung.csv",
		"a'b;$(rm).csv": "a'b;$(rm).csv",
		"":              "", "..": "", ".": "", "/": "", `\`: "", ".bashrc": "", "-rf": "", "~root": "", "a\x00.csv": "", "a\r\nX-Evil: 1.csv": "", "a\u202Evsc.csv": "", "\xff.csv": "", "<img src=x>.csv": "",
		strings.Repeat("x", 151): "", "a:b.csv": "",
	} {
		got, err := uploads.Name(text)
		if got != want || (err == nil) != (want != "") || err != nil && pipeline.KindOf(err) != pipeline.KindBadInput {
			t.Errorf("%q is %q, %v; want %q", text, got, err, want)
		}
	}
}

// Only who brought a file has it again; no more than eight are kept, and none is left.
func TestKeep(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	left := func() int {
		found, _ := filepath.Glob(filepath.Join(os.TempDir(), "*", "*"))
		return len(found)
	}
	var s uploads.Store
	f, err := s.Keep("ann", "../a.csv", "gift_events", strings.NewReader("hello"))
	if err != nil || f.Bytes != 5 || f.Name != "a.csv" || f.SHA256 != "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824" {
		t.Fatalf("%+v %v", f, err)
	}
	info, err := os.Stat(f.Path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read it: %v %v", info, err)
	}
	if _, ok := s.Get("bob", f.ID); ok {
		t.Error("somebody else has it")
	}
	if got, ok := s.Get("ann", f.ID); !ok || got != f {
		t.Error("who brought it has it not")
	}
	if _, err := s.Keep("ann", "b.csv", "", io.MultiReader(strings.NewReader("half"), iotest.ErrReader(errors.New("cut off")))); err == nil || left() != 1 {
		t.Errorf("half a file is kept: %v, %d left", err, left())
	}
	if _, err := s.Keep("ann", "b.csv", "", strings.NewReader("")); pipeline.KindOf(err) != pipeline.KindBadInput || left() != 1 {
		t.Errorf("an empty file: %v, %d left", err, left())
	}
	for range 8 {
		if _, err := s.Keep("ann", "a.csv", "", strings.NewReader("x")); err != nil {
			t.Fatal(err)
		}
	}
	if _, ok := s.Get("ann", f.ID); ok || left() != 8 {
		t.Errorf("the oldest of nine is kept, %d left", left())
	}
	if err := s.Close(); err != nil || left() != 0 {
		t.Errorf("%v, %d left", err, left())
	}
}
