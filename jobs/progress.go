package jobs

import "time"

// Event is one piece of news from a running job. Jobs print nothing: whoever
// runs them decides what to show of it.
type Event struct {
	Step   string // what is being done: "ingest", "reconcile", "statements"
	Object string // to what: a file, a model
	Done   int64
	Total  int64  // 0: not known
	Unit   string // of Done and Total: "bytes", "rows", "models", "statements"
	// Note is something to tell once, such as a column that is ignored; the
	// other numbers are then zero.
	Note string
	// Finished ends the object.
	Finished bool
}

// Progress is told how a job comes on, from any goroutine, but from one at a
// time. It must return at once.
type Progress func(Event)

// Setting is what every job is given.
type Setting struct {
	Config *Config
	Now    time.Time // the one reading of the clock
	Who    string    // the person at the machine, for the records of who did what
	// Progress may be nil.
	Progress Progress
}

func (s Setting) tell(e Event) {
	if s.Progress != nil {
		s.Progress(e)
	}
}
