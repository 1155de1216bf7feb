package web

import (
	"sync"
	"time"
)

// Delays of those who fail to sign in: none for the first few, then one that doubles
// with each, up to the longest. Nobody is locked out: whoever waits gets another try.
const (
	freeTries    = 5
	firstDelay   = time.Second
	longestDelay = 5 * time.Minute
	triesForget  = time.Hour // after which failures count no more
	triesMax     = 50_000    // accounts and networks that are counted
)

// Throttle counts failures by account and by network.
type Throttle struct {
	mu   sync.Mutex
	list map[string]*tries
}

type tries struct {
	failed int
	last   time.Time
}

// NewThrottle makes one that has counted nothing.
func NewThrottle() *Throttle { return &Throttle{list: map[string]*tries{}} }

// Wait says how long somebody has to wait before another try, by all names under
// which they come: their account and their network.
func (t *Throttle) Wait(now time.Time, names ...string) (wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, name := range names {
		one := t.list[name]
		if one == nil || one.failed < freeTries || now.Sub(one.last) > triesForget {
			continue
		}
		delay := longestDelay
		if n := one.failed - freeTries; n < 16 {
			delay = min(longestDelay, firstDelay<<n)
		}
		wait = max(wait, one.last.Add(delay).Sub(now))
	}
	return max(wait, 0)
}

// Failed counts a failure.
func (t *Throttle) Failed(now time.Time, names ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.list) > triesMax {
		for name, one := range t.list {
			if now.Sub(one.last) > longestDelay {
				delete(t.list, name)
			}
		}
	}
	for _, name := range names {
		one := t.list[name]
		if one == nil || now.Sub(one.last) > triesForget {
			one = &tries{}
			t.list[name] = one
		}
		one.failed++
		one.last = now
	}
}

// Passed forgets the failures of an account.
func (t *Throttle) Passed(names ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, name := range names {
		delete(t.list, name)
	}
}
