package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"carat/pipeline"
)

// An answer that broke off says how much of it was given; one that never began says nothing.
func TestWhatWasGivenBeforeItBrokeOff(t *testing.T) {
	for query, want := range map[string]string{
		`select i from range(1000000) t(i)`: "the line is down; 300000 bytes of the answer were given before",
		`select nothing from nowhere`:       "",
		`select 1`:                          "",
	} {
		line := &failing{left: 300_000}
		open := func() (io.Writer, error) { return line, nil }
		given := GivenOf(&open)
		_, err := given.Of(func() (int64, error) {
			rows, _, err := Process(t.Context(), Task{Memory: "300MB", Threads: 1, Disk: "1GB", Query: query, Format: "csv"}, open)
			return rows, err
		})()
		if said := fmt.Sprint(err); want == "" && strings.Contains(said, "were given") || want != "" && said != want {
			t.Errorf("%s: %s", query, said)
		}
	}
	// A client that goes away is told too, and the kind of an error stays what it was.
	g := &Given{bytes: 7}
	if _, err := g.Of(func() (int64, error) { return 0, context.Canceled })(); fmt.Sprint(err) != "context canceled; 7 bytes of the answer were given before" {
		t.Error(err)
	}
	late := pipeline.Errorf(pipeline.KindUsage, "run", "query", "it took longer than 1s").WithHint("ask for less")
	if _, err := g.Of(func() (int64, error) { return 0, late })(); pipeline.KindOf(err) != pipeline.KindUsage || !strings.Contains(err.Error(), "longer than 1s; 7 bytes of the answer were given before; ask for less") {
		t.Error(err)
	}
	if late.Cause.Error() != "it took longer than 1s" {
		t.Error("the error itself was changed")
	}
}

// failing takes so many bytes, and then no more.
type failing struct{ left int }

func (f *failing) Write(b []byte) (int, error) {
	if len(b) > f.left {
		n := f.left
		f.left = 0
		return n, errors.New("the line is down")
	}
	f.left -= len(b)
	return len(b), nil
}
