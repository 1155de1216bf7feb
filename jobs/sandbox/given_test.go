package sandbox

import (
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
		if said := recorded(err); want == "" && strings.Contains(said, "were given") || want != "" && said != want {
			t.Errorf("%s: %s", query, said)
		}
	}
	// Who asked is told the error alone, and its kind stays what it was.
	g := &Given{bytes: 7}
	late := pipeline.Errorf(pipeline.KindUsage, "run", "query", "it took longer than 1s").WithHint("ask for less")
	_, err := g.Of(func() (int64, error) { return 0, late })()
	if pipeline.KindOf(err) != pipeline.KindUsage || err.Error() != late.Error() || !strings.HasSuffix(recorded(err), "; 7 bytes of the answer were given before") {
		t.Error(err, recorded(err))
	}
}

// recorded is an error as the record of the reading has it.
func recorded(err error) string {
	said := fmt.Sprint(err)
	var more interface{ Recorded() string }
	if errors.As(err, &more) {
		said += more.Recorded()
	}
	return said
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
