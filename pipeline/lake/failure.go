package lake

import (
	"errors"
	"io/fs"
	"syscall"

	"carat/pipeline"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// fail makes the error that a person reads: what was being done, to what, and
// what to do next where the cause is known. Errors that already say so pass.
func (l *Lake) fail(action, object string, err error) error {
	return failure(action, object, l.cfg.Root, err)
}

func failure(action, object, root string, err error) error {
	if err == nil {
		return nil
	}
	var known *pipeline.Error
	if errors.As(err, &known) {
		return err
	}
	e := pipeline.Errorf(pipeline.KindInternal, action, object, "%w", err)
	switch {
	case diskFull(err):
		return e.WithHint("free space in %s and run again; nothing was ingested or published", root)
	case readOnly(err):
		e.Kind = pipeline.KindUsage
		return e.WithHint("carat needs to write to %s: check its owner and permissions, or set `lake` in carat.yaml to another folder", root)
	}
	return e
}

// diskFull recognises a disk, quota or SQLite database that is full.
func diskFull(err error) bool {
	var se *sqlite.Error
	if errors.As(err, &se) && se.Code()&0xff == sqlite3.SQLITE_FULL {
		return true
	}
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// readOnly recognises a folder that can't be written or made.
func readOnly(err error) bool {
	var se *sqlite.Error
	if errors.As(err, &se) {
		switch se.Code() & 0xff {
		case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
			return true
		}
	}
	for _, cause := range []error{fs.ErrPermission, syscall.EROFS, syscall.ENOTDIR} {
		if errors.Is(err, cause) {
			return true
		}
	}
	return false
}
