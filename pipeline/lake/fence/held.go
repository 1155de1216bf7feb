package fence

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"carat/pipeline"
)

// Writing says whether a process holds the lock of a file, or else the one that lock takes,
// which carats on other machines hold.
func Writing(path string, lock func() (*Lock, error)) (bool, error) {
	if held, err := heldFile(path); held || err != nil {
		return held, err
	}
	l, err := lock()
	if pipeline.KindOf(err) == pipeline.KindBusy && err != nil {
		return true, nil
	}
	if err == nil {
		l.Unlock()
	}
	return false, err
}

// heldFile says whether a process holds the lock of a file, which a lock's holder writes into
// and empties when it gives it back: an empty file is asked no further, so that nobody who
// takes the lock meets the one who only looks.
func heldFile(path string) (bool, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || info.Size() == 0 {
		return false, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return true, nil
	}
	return false, err
}
