package kept

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// Fifty who ask at once wait for one gathering; who asks in another state, for another.
func TestManyWaitForOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s Shelf
		var made atomic.Int64
		make := func() (any, bool, error) {
			time.Sleep(time.Second)
			return made.Add(1), true, nil
		}
		var wait sync.WaitGroup
		for range 50 {
			wait.Go(func() {
				if got, err := s.get(t.Context(), "a", make); got != int64(1) || err != nil {
					t.Errorf("one of many got %v, %v", got, err)
				}
			})
		}
		wait.Wait()
		if got, err := s.get(t.Context(), "b", make); got != int64(2) || err != nil || made.Load() != 2 {
			t.Errorf("who asked for another got %v, %v, and %d were made", got, err, made.Load())
		}
	})
}

// Where one fails, or goes away, the next who waits gathers it: nobody is told another's error. One who waits can go
// away too, and what was gathered while the state moved isn't kept.
func TestNobodyHasAnothersError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s Shelf
		failing := errors.New("went away")
		begun := make(chan struct{})
		go func() {
			_, err := s.get(t.Context(), "a", func() (any, bool, error) {
				close(begun)
				time.Sleep(time.Second)
				return nil, false, failing
			})
			if !errors.Is(err, failing) {
				t.Errorf("the one who failed was told %v", err)
			}
		}()
		<-begun
		impatient, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if _, err := s.get(impatient, "a", nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("who waited no longer was told %v", err)
		}
		moved := 0
		gather := func() (any, bool, error) { moved++; return moved, moved > 1, nil }
		for _, want := range []int{1, 2, 2} { // the first moved meanwhile
			if got, err := s.get(t.Context(), "a", gather); got != want || err != nil {
				t.Errorf("the next got %v, %v, want %d", got, err, want)
			}
		}
		func() {
			defer func() { _ = recover() }()
			_, _ = s.get(t.Context(), "p", func() (any, bool, error) { panic("halfway") })
		}()
		if got, err := s.get(t.Context(), "p", gather); got != 3 || err != nil {
			t.Errorf("after one that broke off the next got %v, %v", got, err)
		}
	})
}

// What was longest not asked for makes room.
func TestAShelfIsBounded(t *testing.T) {
	var s Shelf
	made := 0
	ask := func(key string) {
		if _, err := s.get(t.Context(), key, func() (any, bool, error) { made++; return key, true, nil }); err != nil {
			t.Fatal(err)
		}
	}
	for i := range Most {
		ask(fmt.Sprint(i))
	}
	ask("0")
	ask("one more") // in the place of 1
	ask("0")
	if ask("1"); made != Most+2 || len(s.held) != Most {
		t.Errorf("%d were made and %d are kept", made, len(s.held))
	}
}
