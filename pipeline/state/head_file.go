package state

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// The head of the chain of records is also kept in a file beside the database,
// after each commit: whoever cuts the newest records off, in the database alone,
// leaves it ahead of them. A crash leaves it behind, which is a head all the same.

// keepHead writes the head to its file. It is a copy: what fails here is only
// known less well.
func (s *Store) keepHead(ctx context.Context) {
	if s.options.HeadFile == "" || s.headBad {
		return
	}
	h, err := s.Head(ctx)
	if err != nil || h.No == 0 {
		return
	}
	s.heading.Lock()
	defer s.heading.Unlock()
	temp := s.options.HeadFile + "-" + strconv.Itoa(os.Getpid()) + ".tmp"
	if err = os.WriteFile(temp, []byte(h.String()+"\n"), 0o600); err == nil {
		err = os.Rename(temp, s.options.HeadFile)
	}
	if err != nil {
		_ = os.Remove(temp)
	}
}

// headOnFile gives the head that the file has; nil when there is no file.
func (s *Store) headOnFile() *Kept {
	if s.options.HeadFile == "" {
		return nil
	}
	text, err := os.ReadFile(s.options.HeadFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	head, whole := strings.CutSuffix(string(text), "\n")
	if !whole || err != nil {
		head += " cut off"
	}
	return &Kept{Where: "file " + filepath.Base(s.options.HeadFile), Head: head}
}

// lookAtHead keeps a file that says something else than the records from being
// overwritten: verification tells it, until somebody removes it.
func (s *Store) lookAtHead(ctx context.Context) error {
	kept := s.headOnFile()
	if kept == nil {
		return nil
	}
	h, err := ParseHead(kept.Head)
	if err != nil {
		s.headBad = true
		return nil
	}
	var n int64
	err = s.db.QueryRowContext(ctx, s.bind("select count(*) from carat_records where record_no = ? and sha256 = ?"), h.No, h.SHA256).Scan(&n)
	s.headBad = n == 0
	return err
}
