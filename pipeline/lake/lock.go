package lake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"carat/pipeline"
	"carat/pipeline/lake/fence"
)

// lockNotice is what the holder of the lock writes into it, for the one who
// finds it taken. The lock itself is the operating system's and ends with the
// process, so a notice left by a crash means nothing.
type lockNotice struct {
	PID   int       `json:"pid"`
	Since time.Time `json:"since"`
	Host  string    `json:"host"`
}

// Lock makes this process the lake's one writer. It doesn't wait: when another
// holds the lock it fails with KindBusy and says who. Taking it also sweeps
// what a crash left behind.
func (l *Lake) Lock(ctx context.Context) (release func(), err error) {
	if err := l.WantWritable(); err != nil {
		return nil, err
	}
	path := filepath.Join(l.cfg.Root, "lock")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW, 0o600) // a link would have another file emptied
	if err != nil {
		return nil, l.fail("lock lake", l.cfg.Root, err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		content, _ := os.ReadFile(path)
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, l.busy(content)
		}
		return nil, l.fail("lock lake", l.cfg.Root, err)
	}
	inCatalog, err := l.catalog.Lock(ctx, "carat lake ")
	if err != nil {
		_ = f.Close()
		return nil, l.fail("lock lake", l.cfg.Root, err)
	}
	host, _ := os.Hostname()
	if err := inCatalog.Raise(ctx, fmt.Sprintf("process %d on %s", os.Getpid(), host), l.cfg.Now()); err != nil {
		inCatalog.Unlock()
		_ = f.Close()
		return nil, l.fail("lock lake", l.cfg.Root, err)
	}
	notice, _ := json.Marshal(lockNotice{PID: os.Getpid(), Since: l.cfg.Now().UTC().Truncate(time.Second), Host: host})
	if err := f.Truncate(0); err == nil {
		_, _ = f.WriteAt(append(notice, '\n'), 0) // only a courtesy to the next
	}
	l.catalog.Hold(inCatalog)
	var once sync.Once
	release = func() {
		once.Do(func() {
			_ = f.Truncate(0)
			l.catalog.Hold(nil)
			inCatalog.Unlock()
			_ = f.Close()
		})
	}
	sweeper := l.sweeper()
	err = sweeper.Staging(ctx)
	if err == nil {
		err = l.catalog.Listed().Keep(ctx, sweeper.ReferredNow)
	}
	if err == nil {
		err = l.catalog.KeepLedger(ctx)
	}
	if err != nil {
		release()
		return nil, l.fail("sweep lake", l.cfg.Root, err)
	}
	return release, nil
}

// Writing says whether a process writes to the lake now, on this machine or another.
func (l *Lake) Writing(ctx context.Context) (bool, error) {
	held, err := fence.Writing(filepath.Join(l.cfg.Root, "lock"), func() (*fence.Lock, error) { return l.catalog.Lock(ctx, "carat lake ") })
	return held, l.fail("look at the lock of", l.cfg.Root, err)
}

func (l *Lake) busy(content []byte) error {
	var n lockNotice
	who := "another carat is writing to it"
	if json.Unmarshal(content, &n) == nil && n.PID != 0 {
		who = fmt.Sprintf("process %d on %s has been writing to it since %s", n.PID, n.Host, n.Since.UTC().Format(time.RFC3339))
	}
	return pipeline.Errorf(pipeline.KindBusy, "lock lake", l.cfg.Root, "%s", who).WithHint("wait until it has ended and run again; nothing was changed")
}

// Lead is being the lake's one scheduler.
type Lead = fence.Lead

// LeadSchedule makes this process the lake's one scheduler. It doesn't wait:
// when another leads it fails with KindBusy. Leading is not writing: Lock is
// still taken for each job. On PostgreSQL the lock is the database's, so that a
// scheduler on another machine waits for it too; it ends with the process, or
// when the database no longer hears of it.
func (l *Lake) LeadSchedule(ctx context.Context) (*Lead, error) {
	lead, err := fence.LeadSchedule(l.cfg.Root, func() (*fence.Lock, error) { return l.catalog.Lock(ctx, "carat schedule ") })
	return lead, l.fail("lead the schedule of", l.cfg.Root, err)
}
