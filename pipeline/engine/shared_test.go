package engine_test

import (
	"testing"

	"carat/pipeline/engine"
)

// sharedEngines are engines that cases take one after the other. Each case runs
// in a transaction that is undone when it ends, so that the next one finds the
// macros and the empty raw tables, and nothing else.
type sharedEngines struct {
	owner   *testing.T // the engines are closed when it ends, after its subtests
	dialect string
	idle    chan *engine.Engine
}

func newSharedEngines(t *testing.T, dialect string) *sharedEngines {
	const most = 64 // that are kept; as many are opened as cases run at once
	return &sharedEngines{owner: t, dialect: dialect, idle: make(chan *engine.Engine, most)}
}

// borrow gives an engine until the test ends.
func (s *sharedEngines) borrow(t *testing.T) *engine.Engine {
	t.Helper()
	var e *engine.Engine
	select {
	case e = <-s.idle:
	default:
		e = openEngine(s.owner)
		if err := e.ReadDialectForTest(s.dialect); err != nil {
			t.Fatal(err)
		}
		given(t, e, "2026-10", nil)
	}
	if err := e.BeginForTest(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.RollbackForTest(); err != nil {
			t.Errorf("undo the case: %v", err)
			return // nobody gets this one again
		}
		s.idle <- e
	})
	return e
}
