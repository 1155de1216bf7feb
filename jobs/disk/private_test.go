package disk

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// A folder that others could read is closed to them with all below it, the owner's
// own rights staying as they are; what a link leads to is not touched.
func TestPrivateTakesTheRightsOfOthers(t *testing.T) {
	root := t.TempDir()
	folder, outside := filepath.Join(root, "out"), filepath.Join(root, "outside")
	for _, err := range []error{
		os.MkdirAll(filepath.Join(folder, "a", "b"), 0o755),
		os.WriteFile(filepath.Join(folder, "a", "b", "kept.csv"), nil, 0o444),
		os.WriteFile(filepath.Join(folder, "a", "name.pdf"), nil, 0o644),
		os.WriteFile(outside, nil, 0o644),
		os.Symlink(outside, filepath.Join(folder, "link")),
		os.Chmod(folder, 0o755),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := Private(folder); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]fs.FileMode{"out": 0o700, "out/a": 0o700, "out/a/b": 0o700, "out/a/b/kept.csv": 0o400, "out/a/name.pdf": 0o600, "outside": 0o644} {
		info, err := os.Stat(filepath.Join(root, name))
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v %v, want %o", name, info.Mode().Perm(), err, want)
		}
	}
	if err := Private(filepath.Join(root, "none")); err != nil {
		t.Errorf("a folder that is not there: %v", err)
	}
}
