package pipeline

import (
	"errors"
	"fmt"
)

// Kind says what class of failure an error is. Exit codes are derived from it
// in one place (cmd/carat).
type Kind int

// The kinds, in the order of the published exit codes.
const (
	KindInternal     Kind = 1 // a programmer's mistake or the machine's failure
	KindUsage        Kind = 2 // wrong verb, flag, name, or configuration
	KindBadInput     Kind = 3 // a file that is not what it should be
	KindBlocked      Kind = 4 // a blocking control failed
	KindLocked       Kind = 5 // the period is locked
	KindNotFound     Kind = 6 // no such thing
	KindVerification Kind = 7 // the history does not verify
	KindBusy         Kind = 8 // another run holds the lock
)

// Error is the one error type that carries a Kind. Its text reads
// `ACTION OBJECT: CAUSE`, then, where there is something to do, `; HINT`.
type Error struct {
	Kind   Kind
	Action string // what was being done: "read", "parse configuration"
	Object string // to what: a file, FILE:LINE, a period
	Cause  error
	Hint   string // what to do next; may be empty

	// Misnamed says that what a person named isn't there: nothing was done, and
	// it is no failure of a job.
	Misnamed bool

	// Refused says that who asked may not have it: no right, one pair of eyes too
	// few, a query that would read or write what it may not. It is recorded.
	Refused bool
}

// Error gives `ACTION OBJECT: CAUSE; HINT`.
func (e *Error) Error() string {
	text := e.Action
	if e.Object != "" {
		text += " " + e.Object
	}
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	if e.Hint != "" {
		text += "; " + e.Hint
	}
	return text
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Errorf makes an Error of the given kind; the format gives the cause and may
// wrap with %w.
func Errorf(kind Kind, action, object, format string, args ...any) *Error {
	return &Error{Kind: kind, Action: action, Object: object, Cause: fmt.Errorf(format, args...)}
}

// WithHint returns a copy of the error that also says what to do next.
func (e *Error) WithHint(format string, args ...any) *Error {
	c := *e
	c.Hint = fmt.Sprintf(format, args...)
	return &c
}

// Misnamed makes the error of a name that a person gave and that none of the known
// ones is: one of usage, which asks whether the nearest was meant. The format gives
// the cause.
func Misnamed(action, object, name string, known []string, format string, args ...any) *Error {
	e := Errorf(KindUsage, action, object, format, args...)
	e.Misnamed = true
	if meant := Closest(name, known); meant != "" && meant != name {
		e.Hint = "did you mean " + meant + "?"
	}
	return e
}

// Or adds what else to do to the hint of an error.
func (e *Error) Or(format string, args ...any) *Error {
	more := fmt.Sprintf(format, args...)
	if e.Hint != "" {
		more = e.Hint + " Else " + more
	}
	return e.WithHint("%s", more)
}

// Refusef makes the error of what somebody may not do, a usage error. The format
// gives the cause.
func Refusef(action, object, format string, args ...any) *Error {
	e := Errorf(KindUsage, action, object, format, args...)
	e.Refused = true
	return e
}

// IsRefused says whether an error, or one that it wraps, is that of what somebody may
// not do.
func IsRefused(err error) bool {
	var e *Error
	return errors.As(err, &e) && (e.Refused || IsRefused(e.Cause))
}

// IsMisnamed says whether an error is that of a name that isn't there.
func IsMisnamed(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Misnamed
}

// KindOf gives the kind of the outermost Error in the chain, KindInternal when
// there is none.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return KindInternal
}
