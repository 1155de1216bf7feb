package fence

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"

	"carat/pipeline"
)

// Lead is being the lake's one scheduler.
type Lead struct {
	file *os.File
	lock *Lock
}

// LeadSchedule makes this process the one scheduler of the lake in a folder: by a lock of the
// operating system's there, and the one that lock takes. It doesn't wait: when another leads
// it fails with KindBusy.
func LeadSchedule(root string, lock func() (*Lock, error)) (*Lead, error) {
	f, err := os.OpenFile(filepath.Join(root, "scheduler"), os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW, 0o600) // a link would have another file emptied
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, pipeline.Errorf(pipeline.KindBusy, "lead the schedule of", root, "another scheduler does")
		}
		return nil, err
	}
	l, err := lock()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &Lead{file: f, lock: l}, nil
}

// Holds is an error when the lead is lost: the database was restarted or went
// away, and another scheduler may lead now.
func (d *Lead) Holds(ctx context.Context) error { return d.lock.Holds(ctx) }

// Resign lets another scheduler lead.
func (d *Lead) Resign() {
	d.lock.Unlock()
	_ = d.file.Close()
}
