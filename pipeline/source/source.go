package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// Source is a place that files are taken from. One is used by one goroutine at a
// time, for one run, and then closed.
//
// A failure that may be over later is a Passing error; what is not there yet, and
// may come, is ErrNotReady; everything else stays what it is until somebody does
// something. No error holds a secret.
type Source interface {
	// Origin says where the files are taken from, and by what the other side was
	// known, without a secret: "sftp://carat@bank.example:22/out, host key SHA256:…".
	Origin() string
	// List gives what lies there now, in the order in which it is to be taken. What
	// is still being written is not listed.
	List(ctx context.Context) ([]Remote, error)
	// Open begins to read one. From is the number of bytes that are there already; a
	// source that can't go on there gives all, and says so in Download.From. What
	// has the version r.Taken is ErrUnchanged, where the source can tell.
	Open(ctx context.Context, r Remote, from int64) (*Download, error)
	// Close ends what is open.
	Close() error
}

// Prober is a source whose List asks nobody. Probe asks whether the other side answers and
// lets us in, and takes and changes nothing; ErrNotReady says that it does and has nothing
// yet.
type Prober interface {
	Probe(ctx context.Context) error
}

// Remote is one file as its source lists it.
type Remote struct {
	Name    string // as the source calls it; it may hold anything
	Version string // changes when the content does; "": only the content tells
	Size    int64  // in bytes; negative: not known
	// Recheck says that the file rarely changes once it was taken: it is looked at again
	// once a day, and not each time.
	Recheck bool
	// Stale says that a file which wasn't there by now rarely comes: it is looked for
	// once a day.
	Stale bool
	// Settled says that it never changes once it was taken.
	Settled bool
	// Taken is the version that was taken last; "" when none was. Whoever calls Open
	// fills it in.
	Taken string
}

// Download is the content of a file. Beside is nil, or a text that is put beside
// the file: what was asked, of a source that was asked something.
type Download struct {
	io.ReadCloser
	Version string // "": the one that was listed
	Size    int64  // of the whole file; negative: not known
	From    int64  // where the bytes begin: what was asked for, or 0
	Beside  []byte
	// Whole, if not nil, is asked after the last byte, and says when the file changed
	// while it was read.
	Whole func(ctx context.Context) error
}

// ErrContent is an error of reading that comes of what is read: to read again is of
// no use.
var ErrContent = errors.New("its content can't be taken")

// What Open says of a file that it doesn't give.
var (
	ErrUnchanged = errors.New("it has not changed")
	ErrNotReady  = errors.New("it is not there yet")
)

// Passing is a failure that may be over later.
type Passing struct {
	Err   error
	After time.Duration // how long the other side asks to wait; 0: it doesn't say
}

// Error is the text of the failure.
func (p *Passing) Error() string { return p.Err.Error() }

// Unwrap gives the failure.
func (p *Passing) Unwrap() error { return p.Err }

// Passes makes a failure one that may be over later; nil stays nil.
func Passes(format string, args ...any) error { return &Passing{Err: fmt.Errorf(format, args...)} }

// Wait waits for so long, or until the context ends, whose error it then gives.
type Wait func(ctx context.Context, d time.Duration) error

// Sleep is the Wait of the machine's clock.
func Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
