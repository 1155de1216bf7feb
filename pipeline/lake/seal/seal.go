package seal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"syscall"

	"carat/pipeline/lake/store"
)

// Files that change in place can't be listed once and for all. They are sealed
// instead: the last carat that has the lake open hashes them when it closes it,
// and the first that opens it looks whether they are as they were left. While
// any carat has the lake open, and after one that was killed, the seal says
// nothing; then it is made anew.

const (
	sealFile = "catalog.sqlite-seal"
	// openFile is locked, shared, by every carat that has the lake open. It holds
	// a word from the first that opens it to the last that closes it.
	openFile = "catalog.sqlite-open"
)

// sealedFiles are the files that are sealed, below the lake folder.
var sealedFiles = []string{store.CatalogFile, store.PeopleFile, "lake.json"}

// seal is the content of catalog.sqlite-seal, behind a line with its own hash.
type seal struct {
	SHA256 map[string]string `json:"sha256"` // as the last carat left them
	// Changed are those that were found to be something else since, with what
	// they were found to be. They stay here until somebody removes the seal.
	Changed map[string]string `json:"changed,omitempty"`
}

// Opening is an open lake's share of the seal.
type Opening struct {
	root string
	f    *os.File
	d    *store.Disk

	// Last is called when nobody else has the lake open; nil: nothing is.
	Last func() error
}

// Enter notes that this process has the lake open, and, when it is the first,
// looks at the sealed files.
func Enter(d *store.Disk) (*Opening, error) {
	f, err := os.OpenFile(filepath.Join(d.Root, openFile), os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW, 0o600) // a link would have another file emptied
	if err != nil {
		return nil, err
	}
	o := &Opening{root: d.Root, f: f, d: d}
	if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
		if err := o.first(); err != nil {
			return nil, errors.Join(err, f.Close())
		}
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_SH); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return o, nil
}

// first is what the only carat at the lake does before it opens anything.
func (o *Opening) first() error {
	info, err := o.f.Stat()
	if err != nil {
		return err
	}
	if o.d.Remote == nil && info.Size() == 0 && !store.Exists(filepath.Join(o.root, store.CatalogFile+"-wal")) {
		if err := o.compare(); err != nil {
			return err
		}
	}
	if _, err := o.f.WriteAt([]byte("open\n"), 0); err != nil {
		return err
	}
	return o.f.Sync()
}

// compare notes in the seal which files are not as they were left.
func (o *Opening) compare() error {
	s, err := readSeal(o.root)
	if err != nil || s == nil {
		return nil // told by whoever verifies
	}
	news := false
	for name, want := range s.SHA256 {
		got, err := hashSealed(o.root, name)
		if err != nil {
			return err
		}
		was, told := s.Changed[name]
		switch {
		case got == want && told && was == "": // it was gone, and is there again as it was
			delete(s.Changed, name)
			news = true
		case got != want && (!told || was != got):
			if s.Changed == nil {
				s.Changed = map[string]string{}
			}
			s.Changed[name], news = got, true
		}
	}
	if !news {
		return nil
	}
	return o.write(s)
}

// Leave is called when everything is closed. The last one out seals.
func (o *Opening) Leave() error {
	defer o.f.Close()
	if err := syscall.Flock(int(o.f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil // another carat has the lake open, and will seal it
	}
	if o.Last != nil {
		if err := o.Last(); err != nil {
			return err
		}
	}
	if o.d.Remote != nil {
		return o.f.Truncate(0) // nothing of it changes in place on this machine alone
	}
	old, err := readSeal(o.root)
	if err != nil {
		return nil // a damaged seal stays for verify to tell
	}
	now := &seal{SHA256: map[string]string{}}
	if old != nil {
		now.Changed = old.Changed
	}
	for _, name := range sealedFiles {
		sum, err := hashSealed(o.root, name)
		if err != nil {
			return err
		}
		switch {
		case sum != "":
			now.SHA256[name] = sum
		case old != nil && old.SHA256[name] != "": // gone: what it was is known, for when it is put back
			now.SHA256[name] = old.SHA256[name]
		}
	}
	if old == nil || !bytes.Equal(old.encode(), now.encode()) {
		if err := o.write(now); errors.Is(err, syscall.ENOSPC) {
			return nil // a full disk keeps no seal: the next carat finds the lake as a killed one leaves it
		} else if err != nil {
			return err
		}
	}
	return o.f.Truncate(0)
}

func hashSealed(root, name string) (string, error) {
	sum, err := store.HashFile(filepath.Join(root, filepath.FromSlash(name)))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return sum, err
}

func (s *seal) encode() []byte {
	text, err := json.Marshal(s) // maps are written in the order of their keys
	if err != nil {
		return nil // cannot be: these are texts
	}
	sum := sha256.Sum256(text)
	return []byte(hex.EncodeToString(sum[:]) + "\n" + string(text) + "\n")
}

func (o *Opening) write(s *seal) error {
	return o.d.Write(filepath.Join(o.root, sealFile), s.encode())
}

// readSeal gives a lake's seal, nil when it has none.
func readSeal(root string) (*seal, error) {
	content, err := os.ReadFile(filepath.Join(root, sealFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	s := &seal{}
	_, text, _ := bytes.Cut(content, []byte("\n"))
	if err := json.Unmarshal(text, s); err != nil || !bytes.Equal(s.encode(), content) {
		return nil, fmt.Errorf("file %s was changed: it is not what carat writes", sealFile)
	}
	return s, nil
}

// Broken tells, without opening the lake, which of the files that change in
// place were changed since carat closed the lake last.
func Broken(root string) (differences []string) {
	s, err := readSeal(root)
	if err != nil {
		return []string{err.Error()}
	}
	if s == nil {
		return nil
	}
	for name, found := range s.Changed {
		differences = append(differences, fmt.Sprintf("file %s was changed while no carat had the lake open: its SHA-256 was found to be %s", name, orNone(found)))
	}
	sort.Strings(differences)
	return differences
}

func orNone(sum string) string {
	if sum == "" {
		return "that of no file"
	}
	return sum
}
