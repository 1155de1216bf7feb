package sandbox

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"carat/pipeline"
	"carat/reports/table"
)

// The binary of the tests is the one that runs SQL too.
func TestMain(m *testing.M) {
	if Called(os.Args) {
		os.Exit(Serve(context.Background(), os.Stdin, os.Stdout, os.NewFile(3, "end")))
	}
	os.Exit(m.Run())
}

// asked runs a query in a process of its own, and gives its answer as CSV.
func asked(ctx context.Context, t Task) (string, error) {
	t.Format = "csv"
	if t.Memory == "" {
		t.Memory = "300MB"
	}
	t.Threads, t.Disk = 1, "1GB"
	var answer bytes.Buffer
	_, _, err := Process(ctx, t, func() (io.Writer, error) { return &answer, nil })
	return answer.String(), err
}

// What a query answers doesn't depend on the process that it runs in, in any
// format, and records come over whole.
func TestProcessAnswersTheSame(t *testing.T) {
	at := time.Date(2026, 10, 5, 10, 0, 0, 123000, time.UTC)
	task := Task{
		Memory: "300MB", Threads: 1, Disk: "1GB",
		Records: []Records{{Name: "r", Columns: "a varchar, n bigint, t timestamptz, b boolean", Rows: [][]any{{"ä,\"", int64(1) << 60, at, true}, {nil, nil, nil, nil}}}},
		Query: `select *, cast(1.50 as decimal(38, 6)) as d, 12345678901234567890123::hugeint as h, [1, 2] as l, {a: 'x'} as s,
			date '2026-10-05' as day, 1.5::double as f, null as nothing from r order by a nulls last`,
	}
	for _, format := range table.RowFormats() {
		task.Format = format
		var here, there bytes.Buffer
		n, _, err := task.Answer(t.Context(), t.TempDir(), func(columns []table.Column, types []string) (table.RowWriter, error) {
			return table.NewRowWriter(&here, format, columns, types)
		})
		if err != nil {
			t.Fatalf("%s: %v", format, err)
		}
		m, _, err := Process(t.Context(), task, func() (io.Writer, error) { return &there, nil })
		if err != nil || n != m || n != 2 {
			t.Fatalf("%s: %d rows and %d: %v", format, n, m, err)
		}
		if here.Len() == 0 || !bytes.Equal(here.Bytes(), there.Bytes()) && format != "xlsx" {
			t.Errorf("%s differs:\n%s\n%s", format, here.Bytes(), there.Bytes())
		}
	}
}

// One scalar function can compute for minutes and never looks whether it is to
// stop.
var endless = []string{
	"select levenshtein(repeat('a', 300000), repeat('b', 300000))",
	"select list_reduce(range(100000000), (a, b) -> a + b)",
	"select damerau_levenshtein(repeat('a', 30000), repeat('b', 30000)) from range(100)",
	"select count(*) from range(1000000000000) as a where hash(a.range) = 1",
}

func TestProcessEndsInTime(t *testing.T) {
	for _, query := range endless {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		begun := time.Now()
		_, err := asked(ctx, Task{Query: query})
		cancel()
		if took := time.Since(begun); !errors.Is(err, context.DeadlineExceeded) || took > 20*time.Second {
			t.Errorf("%s: %v after %s", query, err, took)
		}
	}
}

// ^C is a context that is cancelled.
func TestProcessEndsAtOnce(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(200*time.Millisecond, cancel)
	if _, err := asked(ctx, Task{Query: endless[0]}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// betweenLooks is what a process can take between two looks at it, beside a busy
// machine: the rest of what it may hold is exactly what the watch looks for.
const betweenLooks = 256 << 20

// Memory that the SQL engine doesn't count is bounded too, by what each process may hold
// and what it can take between two looks, and what it may hold it has.
func TestProcessMemoryIsBounded(t *testing.T) {
	ask := func(query string) (p *process, err error) {
		p = &process{task: Task{Memory: "200MB", Threads: 1, Disk: "1GB", Query: query, Format: "csv"}, scratch: t.TempDir(), most: AnswerBytes,
			open: func() (io.Writer, error) { return io.Discard, nil }}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		_, err = p.run(ctx)
		return p, err
	}
	for _, query := range []string{
		"select length(repeat('x', 4000000000))",
		"select length(repeat('x', 1000000000) || repeat('y', 1000000000))",
		"select length(list_reduce(range(40), (a, b) -> a || a, 'x'))",
		"select length(array_to_string(list_transform(range(2000000000), x -> 'xxxxxxxxxxxxxxxxxxxxxx'), ''))",
		"select max(s) from (select string_agg(repeat('y', 100000), '') as s from range(100000))",
	} {
		p, err := ask(query)
		if err == nil || pipeline.KindOf(err) != pipeline.KindUsage || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", query, err)
		}
		if most := p.memory + betweenLooks; p.held > most {
			t.Errorf("%s: the process held %d MB, more than %d", query, p.held>>20, most>>20)
		}
		t.Logf("%d MB of %d: %s", p.held>>20, p.memory>>20, query)
	}
	p, err := ask("select length(repeat('x', 200000000))")
	if err != nil {
		t.Errorf("a text of 200 MB: %v", err)
	}
	if p.memory != sizeOf("200MB")+besideEngine {
		t.Errorf("it may hold %d", p.memory)
	}
}

func TestAnswerIsBounded(t *testing.T) {
	var answer bytes.Buffer
	p := &process{task: Task{Memory: "300MB", Threads: 1, Query: "select repeat('x', 100) from range(200000)", Format: "csv"},
		scratch: t.TempDir(), most: 1 << 20, open: func() (io.Writer, error) { return &answer, nil }}
	if _, err := p.run(t.Context()); err == nil || !strings.Contains(err.Error(), "its answer is larger than") || answer.Len() > 1<<20 {
		t.Errorf("%d bytes, %v", answer.Len(), err)
	}
}

// Nothing of the environment is in the process, and its scratch folder is gone.
func TestProcessHasNoEnvironment(t *testing.T) {
	t.Setenv("CARAT_TEST_SECRET", "4711")
	t.Setenv("TMPDIR", t.TempDir())
	p := &process{task: Task{Query: endless[0], Memory: "300MB", Threads: 1}, scratch: t.TempDir(), open: func() (io.Writer, error) { return io.Discard, nil }}
	ctx, cancel := context.WithCancel(t.Context())
	in, out, end, err := p.start(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", p.cmd.Process.Pid)); err == nil && (strings.Contains(string(text), "4711") || strings.Count(string(text), "=") != 1) {
		t.Errorf("its environment is %q", text)
	}
	cancel()
	_, _ = io.Copy(io.Discard, out)
	_, _, _ = p.cmd.Wait(), in.Close(), end.Close()
	if _, err := asked(t.Context(), Task{Query: "select 1"}); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("left in the folder of temporary files: %v %v", left, err)
	}
}

// A process whose parent is gone ends, whatever it computes, and leaves nothing.
func TestProcessEndsWithItsParent(t *testing.T) {
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	scratch := filepath.Join(t.TempDir(), "scratch")
	if err := os.Mkdir(scratch, 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path)
	cmd.Args = []string{"carat", Verb}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := gob.NewEncoder(in).Encode(order{Task: Task{Query: endless[0], Threads: 1}, Scratch: scratch}); err != nil {
		t.Fatal(err)
	}
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		if err == nil {
			t.Error("it answered")
		}
	case <-time.After(time.Minute):
		t.Error("it lives on", cmd.Process.Kill())
	}
	if _, err := os.Stat(scratch); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("its scratch folder: %v", err)
	}
}

// A failed query is told as it would be in this process.
func TestFailuresComeOver(t *testing.T) {
	for query, want := range map[string]string{
		"select cast('x' as int)":      "Could not convert string 'x' to INT32",
		"select * from nothing":        "Table with name nothing does not exist",
		"copy (select 1) to 'x.csv'":   "only a SELECT may be run here",
		"select getenv('HOME')":        "may not be used here",
		"select error('on purpose')":   "on purpose",
		"select 1 from read_text('x')": "may not be used in a FROM here",
	} {
		opened := false
		_, _, err := Process(t.Context(), Task{Memory: "300MB", Threads: 1, Query: query, Format: "csv"}, func() (io.Writer, error) {
			opened = true
			return io.Discard, nil
		})
		if err == nil || !strings.Contains(err.Error(), want) || pipeline.KindOf(err) != pipeline.KindUsage {
			t.Errorf("%s: %v", query, err)
		}
		if opened && !strings.Contains(query, "error(") && !strings.Contains(query, "cast") {
			t.Errorf("%s: something was written", query)
		}
	}
	failed := errors.New("no place to write")
	if _, _, err := Process(t.Context(), Task{Memory: "300MB", Query: "select 1", Format: "csv"}, func() (io.Writer, error) { return nil, failed }); !errors.Is(err, failed) {
		t.Error(err)
	}
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]int64{"4GB": 4e9, "512MB": 512e6, "1GiB": 1 << 30, "2TB": 2e12, "3MiB": 3 << 20, "1 TiB": 1 << 40, "": 0, "GB": 0, "4XB": 0} {
		if got := sizeOf(text); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}
