package kept

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"carat/jobs/books"
)

// Most bounds what a shelf keeps.
const Most = 200

// Shelf keeps answers by what they are of and the state that they rest on.
type Shelf struct {
	mu   sync.Mutex
	held map[string]*held
	used int64 // counts the uses
}

// held is an answer, or one that somebody gathers.
type held struct {
	done  chan struct{} // closed when it is there
	value any
	err   error
	used  int64 // when it was last
}

// accesses are the records that change nothing that is kept: that somebody read something.
const accesses = "carat_access"

// Ask says what somebody asks for.
type Ask struct {
	books.Setting
	Right books.Right // that they need
	What  string      // and all that it depends on besides the state of the lake and the entities that they see
	Run   string      // it is of this run, which never changes, and of nothing else; "": of the state of everything
}

// Of gives what gather gives, or gave somebody before in the same state. Nobody may change it. An error isn't kept: a
// right that the asker hasn't, a table that another program wrote to, or gather's own.
func Of[T any](ctx context.Context, s *Shelf, a Ask, gather func() (T, error)) (got T, err error) {
	p, err := books.OpenExisting(ctx, a.Setting, a.Right)
	if err != nil {
		return got, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	if err := p.Lake.CheckOwn(ctx); err != nil {
		return got, err
	}
	grants, err := p.Grants(ctx, a.Setting)
	if err != nil {
		return got, err
	}
	a.What += fmt.Sprintf(" %q", grants.Entities(a.By, a.Right)) // who sees other entities is given another answer
	before, err := a.state(ctx, p)
	if err != nil {
		return got, err
	}
	value, err := s.get(ctx, before, func() (value any, same bool, err error) {
		if value, err = gather(); err != nil {
			return nil, false, err
		}
		after, err := a.state(ctx, p)
		return value, after == before, err
	})
	if err != nil {
		return got, err
	}
	return value.(T), nil
}

// state is the key of an answer.
func (a Ask) state(ctx context.Context, p *books.Books) (string, error) {
	if a.Run != "" {
		return strings.Join([]string{p.Lake.ID(), a.What, a.Run}, "\x1f"), nil
	}
	head, err := p.State.Head(ctx, accesses)
	return strings.Join([]string{p.Lake.ID(), a.What, head.String(), books.Day(a.Now, a.Config.Zone)}, "\x1f"), err
}

// get gives the answer of a key. make is asked by one of those who ask at a time, and says whether the answer can be
// kept; where it fails, the next of them asks.
func (s *Shelf) get(ctx context.Context, key string, make func() (any, bool, error)) (any, error) {
	for {
		one, mine := s.take(key)
		if mine {
			return s.fill(key, one, make)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-one.done:
		}
		if one.err == nil {
			return one.value, nil
		}
	}
}

// take gives what is held of a key, and whether the asker is to fill it.
func (s *Shelf) take(key string) (one *held, mine bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used++
	if one = s.held[key]; one != nil {
		one.used = s.used
		return one, false
	}
	if s.held == nil {
		s.held = map[string]*held{}
	}
	if len(s.held) >= Most { // what was longest not asked for makes room
		oldest := ""
		for k, other := range s.held {
			if oldest == "" || other.used < s.held[oldest].used {
				oldest = k
			}
		}
		delete(s.held, oldest)
	}
	one = &held{done: make(chan struct{}), used: s.used}
	s.held[key] = one
	return one, true
}

// ErrMoved is what gather gives that found another run than the one that was asked for.
var ErrMoved = errors.New("it was run again meanwhile")

// errCut is the error of a gathering that ended without an answer.
var errCut = errors.New("it was not gathered")

func (s *Shelf) fill(key string, one *held, make func() (any, bool, error)) (any, error) {
	keep := false
	one.err = errCut
	defer func() {
		s.mu.Lock()
		if !keep && s.held[key] == one {
			delete(s.held, key)
		}
		s.mu.Unlock()
		close(one.done)
	}()
	value, same, err := make()
	one.value, one.err = value, err
	keep = same && err == nil
	return value, err
}
