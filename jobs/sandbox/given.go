package sandbox

import (
	"fmt"
	"io"
)

// Given counts what was given of an answer, so that the record of one that broke off says how
// much somebody saw of it.
type Given struct{ bytes int64 }

// GivenOf counts what is written to the writer that open gives from now on.
func GivenOf(open *func() (io.Writer, error)) *Given {
	g, begin := &Given{}, *open
	*open = func() (io.Writer, error) {
		w, err := begin()
		return counting{w, g}, err
	}
	return g
}

type counting struct {
	io.Writer
	given *Given
}

func (c counting) Write(b []byte) (int, error) {
	n, err := c.Writer.Write(b)
	c.given.bytes += int64(n)
	return n, err
}

// Of is a reading whose error knows how much of its answer was given before it.
func (g *Given) Of(read func() (int64, error)) func() (int64, error) {
	return func() (int64, error) {
		n, err := read()
		if err == nil || g.bytes == 0 {
			return n, err
		}
		return n, &brokeOff{err, g.bytes}
	}
}

// brokeOff is an error in the middle of an answer. Who asked is told the error; the record of it
// tells the rest too.
type brokeOff struct {
	error
	bytes int64
}

func (b *brokeOff) Unwrap() error { return b.error }

// Recorded is what the record of the reading says besides.
func (b *brokeOff) Recorded() string {
	return fmt.Sprintf("; %d bytes of the answer were given before", b.bytes)
}
