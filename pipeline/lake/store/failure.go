package store

import (
	"errors"
	"io/fs"
	"syscall"

	"carat/pipeline"
	"carat/pipeline/postgres"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Fail makes the error that a person reads: what was being done, to what, and
// what to do next where the cause is known. Errors that already say so pass.
func (d *Disk) Fail(action, object string, err error) error {
	if err == nil {
		return nil
	}
	var known *pipeline.Error
	if errors.As(err, &known) {
		return err
	}
	full := DiskFull(err)
	var se *sqlite.Error
	if errors.As(err, &se) && se.Code()&0xff == sqlite3.SQLITE_IOERR && noRoom(d.Root) {
		full = syscall.ENOSPC // SQLite doesn't say why it couldn't write
	}
	if full != nil {
		return pipeline.Errorf(pipeline.KindInternal, action, object, "%w", full).
			WithHint("free space in %s and run again; nothing was ingested or published", d.Root)
	}
	if se != nil && se.Code()&0xff == sqlite3.SQLITE_BUSY {
		return pipeline.Errorf(pipeline.KindBusy, action, object, "another program keeps the catalog's database locked (%w)", err).
			WithHint("close what has opened catalog.sqlite, and run again; nothing was ingested or published")
	}
	if busy := postgres.Busy(err); busy != err {
		return busy
	}
	if denied := postgres.Denied(err); denied != err {
		return denied
	}
	e := pipeline.Errorf(pipeline.KindInternal, action, object, "%w", err)
	if readOnly(err) {
		e.Kind = pipeline.KindUsage
		return e.WithHint("carat needs to write to %s: check its owner and permissions, or set `lake` in carat.yaml to another folder", d.Root)
	}
	return e
}

// DiskFull gives the bare cause of an error that comes from a full disk, quota
// or SQLite database, and nil for any other. Which of the many files happened
// to be written at that moment says nothing.
func DiskFull(err error) error {
	var se *sqlite.Error
	if errors.As(err, &se) && se.Code()&0xff == sqlite3.SQLITE_FULL {
		return syscall.ENOSPC
	}
	for _, cause := range []error{syscall.ENOSPC, syscall.EDQUOT} {
		if errors.Is(err, cause) {
			return cause
		}
	}
	return nil
}

// roomBytesMin is what SQLite needs for its shared memory and a few pages.
const roomBytesMin = 256 << 10

// noRoom says whether a folder's disk has no room for the catalog to work in.
func noRoom(root string) bool {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(root, &disk); err != nil {
		return false
	}
	return disk.Bavail*uint64(disk.Bsize) < roomBytesMin
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
