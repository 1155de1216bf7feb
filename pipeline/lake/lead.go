package lake

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"

	"carat/pipeline"
	"carat/pipeline/lake/fence"
)

// LeadSchedule makes this process the lake's one scheduler. It doesn't wait:
// when another leads it fails with KindBusy. Leading is not writing: Lock is
// still taken for each job. On PostgreSQL the lock is the database's, so that a
// scheduler on another machine waits for it too; it ends with the process, or
// when the database no longer hears of it.
func (l *Lake) LeadSchedule(ctx context.Context) (*Lead, error) {
	f, err := os.OpenFile(filepath.Join(l.cfg.Root, "scheduler"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, l.fail("lead the schedule of", l.cfg.Root, err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, pipeline.Errorf(pipeline.KindBusy, "lead the schedule of", l.cfg.Root, "another scheduler does")
		}
		return nil, l.fail("lead the schedule of", l.cfg.Root, err)
	}
	lock, err := l.catalog.Lock(ctx, "carat schedule ")
	if err != nil {
		_ = f.Close()
		return nil, l.fail("lead the schedule of", l.cfg.Root, err)
	}
	return &Lead{file: f, lock: lock}, nil
}

// Lead is being the lake's one scheduler.
type Lead struct {
	file *os.File
	lock *fence.Lock
}

// Holds is an error when the lead is lost: the database was restarted or went
// away, and another scheduler may lead now.
func (d *Lead) Holds(ctx context.Context) error { return d.lock.Holds(ctx) }

// Resign lets another scheduler lead.
func (d *Lead) Resign() {
	d.lock.Unlock()
	_ = d.file.Close()
}
