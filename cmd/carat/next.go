package main

import (
	"errors"
	"io/fs"
	"strings"
	"syscall"

	"carat/pipeline"
)

// withNext gives an error a next step where nothing in it names one: first by what the
// operating system said, then by its kind. A failure of carat itself has none.
func withNext(err error, verb string) error {
	if step := nextOf(err, verb); step != "" {
		return &steppedError{err, step}
	}
	return err
}

// nextOf gives the step that an error doesn't name itself; "" if it does, or there is none.
func nextOf(err error, verb string) string {
	var known *pipeline.Error
	if !errors.As(err, &known) || hasNext(err) || strings.Contains(err.Error(), "; ") { // it goes on already
		return ""
	}
	if step := nextByCause(err); step != "" {
		return step
	}
	if known.Action == "parse configuration" && !strings.HasPrefix(verb, "carat check") {
		return "`carat check` shows each problem with an example"
	}
	return nextByKind(known.Kind, verb)
}

// steppedError is an error with a next step that it didn't name itself.
type steppedError struct {
	error
	step string
}

// Error gives the error's text and the step.
func (e *steppedError) Error() string { return e.error.Error() + "; " + e.step }

// Unwrap gives the error.
func (e *steppedError) Unwrap() error { return e.error }

// hasNext says whether an error, or anything that it wraps, says what to do next.
func hasNext(err error) bool {
	for err != nil {
		if e, ok := err.(*pipeline.Error); ok && e.Hint != "" {
			return true
		}
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			for _, one := range joined.Unwrap() {
				if hasNext(one) {
					return true
				}
			}
			return false
		}
		err = errors.Unwrap(err)
	}
	return false
}

func nextByCause(err error) string {
	for _, c := range []struct {
		cause error
		step  string
	}{
		{syscall.EROFS, "the disk can only be read: name a place on another one"},
		{fs.ErrPermission, "check its owner and permissions, and those of its folder"},
		{fs.ErrNotExist, "check how it is spelled, and that it is there"},
		{syscall.EISDIR, "it is a folder: name a file"},
		{syscall.ENOTDIR, "what stands before it is no folder: check the path"},
		{syscall.ENAMETOOLONG, "give it a shorter name"},
		{syscall.ELOOP, "links lead in a circle there: name the file itself"},
		{syscall.ENOSPC, "free space there, and run again"},
		{syscall.EDQUOT, "free space there, and run again"},
		{syscall.EIO, "the disk fails: copy what it has elsewhere, and run again there"},
	} {
		if errors.Is(err, c.cause) {
			return c.step
		}
	}
	return ""
}

func nextByKind(kind pipeline.Kind, verb string) string {
	switch kind {
	case pipeline.KindUsage:
		return "see `" + verb + " --help`"
	case pipeline.KindBadInput:
		return "fetch or export the file again; docs/formats.md says what carat reads"
	case pipeline.KindNotFound:
		return "`carat status` shows what is there"
	case pipeline.KindVerification:
		return "`carat verify` names all that differs, and docs/operations.md what to do then"
	case pipeline.KindBlocked, pipeline.KindLocked:
		return "`carat status` shows what stands in the way"
	case pipeline.KindBusy:
		return "run again when it has ended"
	}
	return ""
}
