package books

import (
	"time"

	"carat/jobs/config"
	"carat/pipeline/identity"
	"carat/pipeline/spelling"
)

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
	Config *config.Config
	Now    time.Time // the one reading of the clock
	// By is who runs the job, and Arguments what it was called with: for the
	// record.
	By        Actor
	Arguments []string
	Build     string // the version of carat
	// Clock tells when a job has ended, for the record; nil is Now.
	Clock func() time.Time
	// Progress may be nil.
	Progress Progress
	// Variable gives a variable of the environment, for secrets; nil: there are
	// none.
	Variable func(name string) string
	// Apart runs the SQL that people write in a process of its own; false: in this
	// one, as only tests do, which have no binary to call.
	Apart bool
	// Upgrading is lake.Config.Upgrading: the upgrade alone sets it.
	Upgrading bool
	Fresh     bool // lake.Config.Fresh, for who verifies
	// Lent are books that are open already, for who reads several things at one time: nothing
	// else is opened, and they stay open. nil: there are none.
	Lent *Books
	// Signer gives the signer of a key that is wanted, and what ends it; nil: there is none.
	Signer func(wanted func(identity.Key) bool) (identity.Signer, func() error, error)
	// Vouch is Signer of the server's own key, which signs for who is signed in there and has
	// no key; nil: nobody vouches.
	Vouch func(wanted func(identity.Key) bool) (identity.Signer, func() error, error)
	// Fault is lake.Config.Fault: nil but in tests.
	Fault func(step, path string) error
}

// clock gives the time by the clock, or by its one reading.
func (s Setting) clock() time.Time {
	if s.Clock != nil {
		return s.Clock()
	}
	return s.Now
}

// Step is called before and after a job changes something outside the lake; its
// error stops the job. It does something in tests alone.
func (s Setting) Step(step, object string) error {
	if s.Fault == nil {
		return nil
	}
	return s.Fault(step, object)
}

// Actor is a person, or the scheduler.
type Actor struct {
	User   string // who it is, as roles, sign-offs and decisions name them: in its one spelling
	OSUser string // whom the operating system says it is
	// Program says that it is carat's own scheduler, which does what carat.yaml
	// orders.
	Program bool
	// Role is the one role of theirs that counts: that of a token. "": all do.
	Role string
}

// redact takes the configuration's secrets out of what is recorded.
func (s Setting) redact(text string) string {
	if s.Config == nil {
		return spelling.Redact(text)
	}
	return spelling.Redact(text, s.Config.Secrets()...)
}

// Tell tells whoever watches how the job comes on.
func (s Setting) Tell(e Event) {
	if s.Progress != nil {
		s.Progress(e)
	}
}
