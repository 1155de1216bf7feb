package folder_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"carat/pipeline/lake/store"
	"carat/pipeline/lake/store/folder"
	"carat/pipeline/lake/store/object"
	"carat/pipeline/lake/store/storetest"
)

func TestConformance(t *testing.T) {
	storetest.Run(t, func(t *testing.T) object.Store { return folder.New(&store.Disk{Root: t.TempDir()}) })
}

// At whichever step the power goes, the object is there whole or not at all, and is put
// again.
func TestPutIsCutShort(t *testing.T) {
	cut := errors.New("the power went")
	for step := 0; ; step++ {
		left := step
		d := &store.Disk{Root: t.TempDir()}
		d.Fault = func(string, string) error {
			if left--; left < 0 {
				return cut
			}
			return nil
		}
		s := folder.New(d)
		content := storetest.Filled(1000)
		err := s.Put(t.Context(), "a/b/c", object.Bytes(content))
		d.Fault = nil
		if info, missing := s.Stat(t.Context(), "a/b/c"); missing == nil {
			storetest.Want(t, s, "a/b/c", content)
		} else if err == nil {
			t.Fatalf("step %d: it was put, and isn't there: %+v", step, info)
		} else {
			storetest.WantNone(t, s)
		}
		storetest.Put(t, s, "a/b/c", content)
		storetest.Want(t, s, "a/b/c", content)
		if err == nil {
			if step < 8 {
				t.Errorf("only %d steps", step)
			}
			return
		}
		if !errors.Is(err, cut) {
			t.Fatalf("step %d: %v", step, err)
		}
	}
}

// What is no object, and what is one being put, isn't listed.
func TestOwnFiles(t *testing.T) {
	root := t.TempDir()
	s := folder.New(&store.Disk{Root: root})
	for _, name := range []string{".put-1.tmp", "a/.put-2"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	storetest.WantNone(t, s)
	if err := s.Put(t.Context(), "a/.hidden", object.Bytes(nil)); err == nil {
		t.Error("it takes a name that begins with a point")
	}
}
