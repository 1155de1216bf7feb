package sandbox

import (
	"context"
	"encoding/gob"
	"errors"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"carat/pipeline"
	"carat/pipeline/engine"
	"carat/reports/table"
)

// Verb is what the binary is called with to be such a process. main asks Called
// before it does anything else: the process must not be deaf to signals.
const Verb = "sql-process"

// Called says whether the arguments, of which the first is the program's name,
// make this process one that runs SQL and nothing else.
func Called(args []string) bool { return len(args) == 2 && args[1] == Verb }

// goMemoryBytes is what Go's collector aims to stay below beside the SQL engine.
const goMemoryBytes = 256 << 20

// order is what the parent writes: the task, where scratch is, and the bounds.
type order struct {
	Task
	Scratch  string
	MaxBytes int64 // of memory
	MaxFile  int64 // of one file
}

// report is what the process says at its end.
type report struct {
	Rows   int64
	Judged *engine.OwnJudgement
	Failed *failure
}

// failure is a pipeline.Error on its way to the other process.
type failure struct {
	Kind                        pipeline.Kind
	Action, Object, Cause, Hint string
	Refused                     bool
}

func (f *failure) err() error {
	return &pipeline.Error{Kind: f.Kind, Action: f.Action, Object: f.Object, Cause: errors.New(f.Cause), Hint: f.Hint, Refused: f.Refused}
}

func failureOf(err error) *failure {
	if err == nil {
		return nil
	}
	f := &failure{Kind: pipeline.KindOf(err), Action: "run", Object: "query", Cause: err.Error(), Refused: pipeline.IsRefused(err)}
	var known *pipeline.Error
	if errors.As(err, &known) {
		f.Action, f.Object, f.Hint = known.Action, known.Object, known.Hint
		f.Cause = ""
		if known.Cause != nil {
			f.Cause = known.Cause.Error()
		}
	}
	if strings.Contains(f.Cause, "Out of Memory Error") { // what DuckDB proposes can't be done here
		f.Cause, _, _ = strings.Cut(f.Cause, "\n")
		f.Kind, f.Hint = pipeline.KindUsage, lessOrMore
	}
	return f
}

// Serve reads an order from in, does it, and writes the answer to out and at the
// end what came of it to end. It gives the process's exit code. When in ends, the
// parent is gone, and the process with it.
func Serve(ctx context.Context, in io.Reader, out, end io.Writer) int {
	debug.SetMemoryLimit(goMemoryBytes)
	gob.Register(time.Time{}) // a value of Records
	var o order
	if err := gob.NewDecoder(in).Decode(&o); err != nil {
		return 1
	}
	go func() {
		_, _ = io.Copy(io.Discard, in)
		o.leave()
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}()
	var r report
	err := limit(o.MaxBytes, o.MaxFile)
	if err == nil {
		r.Rows, r.Judged, err = o.Answer(ctx, o.Scratch, func(columns []table.Column, types []string) (table.RowWriter, error) {
			return table.NewRowWriter(table.Within(out, o.Columns), o.Format, columns, types)
		})
	}
	r.Failed = failureOf(err)
	if err := gob.NewEncoder(end).Encode(r); err != nil { // who asked is gone
		o.leave()
		return 1
	}
	return 0
}

// leave removes the scratch folder, until it stays away: what is still being computed, or only begins to be, makes it anew.
func (o order) leave() {
	const tries, apart = 50, 20 * time.Millisecond
	away := 0
	for range tries {
		if _, err := os.Lstat(o.Scratch); err != nil {
			if away++; away > 2 {
				return
			}
		} else {
			away = 0
			_ = os.RemoveAll(o.Scratch)
		}
		time.Sleep(apart)
	}
}
