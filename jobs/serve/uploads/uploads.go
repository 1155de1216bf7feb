package uploads

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"carat/pipeline"
)

// Bounds on what is kept: the oldest goes when there are more.
const (
	keptMax   = 8
	nameMax   = 150 // bytes of a name
	dirPrefix = "carat-upload-"
)

// File is a file that somebody brought.
type File struct {
	ID     string
	Person string
	Name   string // as it was brought
	Path   string // where it lies
	Feed   string // whose file it is; "": as its name or content says
	Bytes  int64
	SHA256 string
}

// Store keeps files.
type Store struct {
	mu   sync.Mutex
	list []File // oldest first
}

// Name gives the name of a brought file, without the folders that some browsers send. A
// bad-input error says why a name can't be that of a feed's file.
func Name(text string) (string, error) {
	name := text[strings.LastIndexAny(text, `/\`)+1:]
	bad := func(why string) (string, error) {
		return "", pipeline.Errorf(pipeline.KindBadInput, "bring", pipeline.CutText(name), "%s", why).WithHint("give the file another name, such as gift_events-2026-10.csv")
	}
	switch {
	case name == "":
		return bad("the file has no name: choose one")
	case len(name) > nameMax:
		return bad(fmt.Sprintf("its name is longer than %d bytes", nameMax))
	case !utf8.ValidString(name), strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }):
		return bad("its name holds what can't be seen")
	case strings.HasPrefix(name, "."), strings.HasPrefix(name, "-"), strings.HasPrefix(name, "~"):
		return bad("its name begins as no name of a feed's file does")
	case strings.ContainsAny(name, `:*?"<>|`):
		return bad(`its name holds one of : * ? " < > |`)
	}
	return name, nil
}

// Keep keeps what somebody brings. What can't be read to its end is kept in no part.
func (s *Store) Keep(person, name, feed string, from io.Reader) (f File, err error) {
	if f.Name, err = Name(name); err != nil {
		return f, err
	}
	folder, err := os.MkdirTemp("", dirPrefix)
	if err != nil {
		return f, pipeline.Errorf(pipeline.KindInternal, "keep", f.Name, "%w", err)
	}
	f.ID, f.Person, f.Feed, f.Path = rand.Text(), person, feed, filepath.Join(folder, f.Name)
	if err = f.write(from); err != nil {
		return f, errors.Join(err, os.RemoveAll(folder))
	}
	if f.Bytes == 0 {
		return f, errors.Join(pipeline.Errorf(pipeline.KindBadInput, "bring", f.Name, "the file is empty"), os.RemoveAll(folder))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, f)
	if len(s.list) > keptMax {
		err = os.RemoveAll(filepath.Dir(s.list[0].Path))
		s.list = slices.Delete(s.list, 0, 1)
	}
	return f, err
}

func (f *File) write(from io.Reader) error {
	file, err := os.OpenFile(f.Path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return pipeline.Errorf(pipeline.KindInternal, "keep", f.Name, "%w", err)
	}
	sum := sha256.New()
	f.Bytes, err = io.Copy(io.MultiWriter(file, sum), from)
	f.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return errors.Join(err, file.Close())
}

// Get gives a file to whoever brought it.
func (s *Store) Get(person, id string) (File, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.list, func(f File) bool { return f.ID == id && f.Person == person })
	if i < 0 {
		return File{}, false
	}
	return s.list[i], true
}

// Drop forgets a file, which was taken in or is not wanted.
func (s *Store) Drop(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.list, func(f File) bool { return f.ID == id })
	if i < 0 {
		return nil
	}
	path := s.list[i].Path
	s.list = slices.Delete(s.list, i, i+1)
	return os.RemoveAll(filepath.Dir(path))
}

// Close forgets all of them.
func (s *Store) Close() (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.list {
		err = errors.Join(err, os.RemoveAll(filepath.Dir(f.Path)))
	}
	s.list = nil
	return err
}
