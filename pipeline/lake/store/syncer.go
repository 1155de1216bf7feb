package store

import (
	"errors"
	"io/fs"
	"sync"
	"sync/atomic"
)

// Syncer makes staged files durable beside the writing, so that the commit
// finds them on disk and doesn't wait for all of them at once.
type Syncer struct {
	disk   *Disk
	queue  chan string
	done   chan struct{}
	once   sync.Once
	giveUp atomic.Bool
	err    error
}

// NewSyncer begins one. It is ended by Wait or Abandon.
func NewSyncer(d *Disk) *Syncer {
	s := &Syncer{disk: d, queue: make(chan string, 1024), done: make(chan struct{})}
	go func() {
		defer close(s.done)
		for path := range s.queue {
			if s.giveUp.Load() {
				continue
			}
			err := d.SyncFile(path)
			if errors.Is(err, fs.ErrNotExist) {
				continue // Drop took it; a file that is missed shows when it is moved
			}
			if err != nil && s.err == nil {
				s.err = err
			}
		}
	}()
	return s
}

// Add takes a staged file.
func (s *Syncer) Add(path string) { s.queue <- path }

// Abandon ends the syncer without making durable what waits: the files go away.
func (s *Syncer) Abandon() {
	s.giveUp.Store(true)
	_ = s.Wait()
}

// Wait ends the syncer and gives its first error.
func (s *Syncer) Wait() error {
	s.once.Do(func() { close(s.queue) })
	<-s.done
	return s.err
}
