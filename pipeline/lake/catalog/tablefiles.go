package catalog

import (
	"encoding/hex"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"carat/pipeline/lake/inventory"
	"carat/pipeline/lake/store"
	iceio "github.com/apache/iceberg-go/io"
)

// tableFS is the file system that the lake's Iceberg tables are read and
// written with. It differs from iceberg-go's in three ways: files are durable
// before they are named, paths recorded under the lake's first root are found
// where the lake lies now, and nothing outside the lake is touched. It is given
// to each table rather than registered for the process, so that lakes (and a
// lake and its copy) can be open side by side.
type tableFS struct {
	disk     *store.Disk
	recorded string // the root in Iceberg's metadata
	actual   string // the root on this machine now

	mu      sync.Mutex
	created []*store.File    // begun since the last takeCreated
	placed  []inventory.File // moved into place since then
}

var _ iceio.WriteFileIO = (*tableFS)(nil)

// here gives the path of a recorded location on this machine.
func (t *tableFS) here(location string) (string, error) {
	path := location
	if strings.HasPrefix(path, "file:") {
		u, err := url.Parse(path)
		if err != nil {
			return "", fmt.Errorf("location %q: %w", location, err)
		}
		path = u.Path
	}
	rel, ok := strings.CutPrefix(path, t.recorded+"/")
	if ok = ok && filepath.IsLocal(rel); !ok {
		path = filepath.Clean(path)
		rel, ok = strings.CutPrefix(path, t.recorded+"/")
	}
	if !ok {
		// iceberg-go makes the names of manifests by way of a URL, which escapes
		// spaces and letters beyond ASCII in the root. Below it nothing needs it.
		rel, ok = strings.CutPrefix(path, (&url.URL{Path: t.recorded}).EscapedPath()+"/")
	}
	if !ok {
		return "", fmt.Errorf("location %q is outside the lake %s", location, t.recorded)
	}
	return filepath.Join(t.actual, rel), nil
}

// record gives the location to record for a path of this machine.
func (t *tableFS) record(path string) string {
	return t.recorded + strings.TrimPrefix(path, t.actual)
}

// Open opens a recorded location for reading.
func (t *tableFS) Open(name string) (iceio.File, error) {
	path, err := t.here(name)
	if err != nil {
		return nil, err
	}
	return t.disk.Open(path)
}

// ReadFile reads a recorded location whole.
func (t *tableFS) ReadFile(name string) ([]byte, error) {
	path, err := t.here(name)
	if err != nil {
		return nil, err
	}
	return t.disk.ReadFile(path)
}

// Create makes a file that appears, durable, when it is closed.
func (t *tableFS) Create(name string) (iceio.FileWriter, error) {
	path, err := t.here(name)
	if err != nil {
		return nil, err
	}
	f, err := t.disk.Create(path)
	if err != nil {
		return nil, err // a nil *File must not become a non-nil interface
	}
	t.mu.Lock()
	t.created = append(t.created, f)
	t.mu.Unlock()
	return f, nil
}

// WriteFile writes a file whole.
func (t *tableFS) WriteFile(name string, content []byte) error {
	f, err := t.Create(name)
	if err != nil {
		return err
	}
	if _, err := f.Write(content); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}

// Remove deletes a file.
func (t *tableFS) Remove(name string) error {
	path, err := t.here(name)
	if err != nil {
		return err
	}
	return t.disk.Remove(path)
}

// KeepCreated lets the files stay that were begun since the last commit.
func (cat *Catalog) KeepCreated() { cat.files.takeCreated() }

// Here gives the path of a recorded location on this machine.
func (cat *Catalog) Here(location string) (string, error) { return cat.files.here(location) }

// DataFolder gives the location to record of a table's data.
func (cat *Catalog) DataFolder(table string) string {
	return cat.files.record(filepath.Join(cat.TableDir(table), "data"))
}

// takeCreated gives the files begun since the last call, so that a commit that
// fails can take them away again.
func (t *tableFS) takeCreated() []*store.File {
	t.mu.Lock()
	defer t.mu.Unlock()
	made := t.created
	t.created, t.placed = nil, nil
	return made
}

// place notes a file that was moved into place.
func (t *tableFS) place(f inventory.File) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.placed = append(t.placed, f)
}

// made gives all files created or placed since the last takeCreated.
func (t *tableFS) made() []inventory.File {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := slices.Clone(t.placed)
	for _, f := range t.created {
		list = append(list, inventory.File{Path: strings.TrimPrefix(f.Path, t.actual+"/"), SHA256: hex.EncodeToString(f.Sum.Sum(nil)), Bytes: f.Size})
	}
	return list
}
