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
	"strings"
	"syscall"
	"time"

	"carat/jobs/disk"
	"carat/pipeline"
	"carat/pipeline/engine"
)

// AnswerBytes bounds what a query may give. More than a whole history of gifts
// is no answer but a copy of it, and would fill the disk.
const AnswerBytes = 20 << 30

// watchEvery is how often the memory of a process is looked at.
const watchEvery = 50 * time.Millisecond

// errorBytes is how much of what a process says while it dies is read.
const errorBytes = 16 << 10

// Process runs a task in a process of its own, and writes what it answers to the
// writer that open gives, which is asked for when there is something to write.
// It gives the number of rows, or how a control came out. The process is ended
// when ctx is done, when it holds more memory than it may, and when its answer is
// too large: usage errors but for the first.
func Process(ctx context.Context, t Task, open func() (io.Writer, error)) (rows int64, judged *engine.OwnJudgement, err error) {
	scratch, err := os.MkdirTemp("", "carat-")
	if err != nil {
		return 0, nil, pipeline.Errorf(pipeline.KindInternal, "make", "a folder for temporary files", "%w", disk.Cause(err))
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	p := &process{task: t, scratch: scratch, open: open, most: AnswerBytes}
	r, err := p.run(ctx)
	if err != nil {
		return 0, nil, err
	}
	return r.Rows, r.Judged, nil
}

// process is one that runs.
type process struct {
	task    Task
	scratch string
	open    func() (io.Writer, error)
	most    int64 // bytes of the answer

	cmd    *exec.Cmd
	said   bounded // on its standard error
	memory int64   // that it may hold; 0: not known
	held   int64   // at most, once it has ended; 0: not known
}

func (p *process) run(ctx context.Context) (*report, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	in, out, end, err := p.start(ctx)
	if err != nil {
		return nil, pipeline.Errorf(pipeline.KindInternal, "start", "the process of a query", "%w", disk.Cause(err))
	}
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		p.watch(ctx, cancel)
	}()
	ended := make(chan *report, 1)
	go func() {
		var r report
		if gob.NewDecoder(end).Decode(&r) != nil {
			ended <- nil
			return
		}
		ended <- &r
	}()
	err = p.copyAnswer(out)
	if err != nil {
		cancel(err)
	}
	r := <-ended
	waited := p.cmd.Wait()
	p.held = heldMost(p.cmd.ProcessState)
	stopped := context.Cause(ctx)
	cancel(nil)
	<-watched
	_, _ = in.Close(), end.Close()
	switch {
	case err != nil:
		return nil, err
	case stopped != nil:
		return nil, stopped
	case r == nil:
		return nil, p.died(waited)
	case r.Failed != nil:
		return nil, r.Failed.err()
	}
	return r, nil
}

// start starts the process and hands it its order. What it writes to end is read
// to its end; in stays open as long as this process lives.
func (p *process) start(ctx context.Context) (in io.Closer, out, end io.ReadCloser, err error) {
	path, err := binary()
	if err != nil {
		return nil, nil, nil, err
	}
	if size := sizeOf(p.task.Memory); size > 0 {
		p.memory = size + besideEngine
	}
	p.cmd = exec.CommandContext(ctx, path)
	p.cmd.Args = []string{"carat", Verb}
	p.cmd.Dir = p.scratch
	p.cmd.Env = []string{"TMPDIR=" + p.scratch}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // ^C is the parent's
	p.cmd.Cancel = func() error { return syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) }
	p.cmd.Stderr = &p.said
	stdin, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, nil, nil, err
	}
	if out, err = p.cmd.StdoutPipe(); err != nil {
		return nil, nil, nil, err
	}
	end, theirs, err := os.Pipe()
	if err != nil {
		return nil, nil, nil, err
	}
	p.cmd.ExtraFiles = []*os.File{theirs}
	err = p.cmd.Start()
	err = errors.Join(err, theirs.Close())
	if err != nil {
		return nil, nil, nil, errors.Join(err, end.Close())
	}
	gob.Register(time.Time{}) // a value of Records
	o := order{Task: p.task, Scratch: p.scratch, MaxFile: sizeOf(p.task.Disk)}
	if p.memory > 0 {
		o.MaxBytes = p.memory + besideMeasured
	}
	if err := gob.NewEncoder(stdin).Encode(o); err != nil && !errors.Is(err, syscall.EPIPE) { // it died: that is told by its end
		return nil, nil, nil, errors.Join(err, p.cmd.Cancel(), p.cmd.Wait(), end.Close())
	}
	return stdin, out, end, nil
}

// copyAnswer copies what the process answers to where it goes.
func (p *process) copyAnswer(out io.Reader) error {
	var w io.Writer
	var n int64
	buffer := make([]byte, 64<<10)
	for {
		got, err := out.Read(buffer)
		if got > 0 {
			if w == nil {
				var failed error
				if w, failed = p.open(); failed != nil {
					return failed
				}
			}
			if n += int64(got); n > p.most {
				return pipeline.Errorf(pipeline.KindUsage, "run", "query", "its answer is larger than %d GB", p.most>>30).WithHint("ask for less")
			}
			if _, failed := w.Write(buffer[:got]); failed != nil {
				return failed
			}
		}
		if err != nil {
			return nil // the end; how the process ended is told by its report
		}
	}
}

// watch ends a process that holds too much.
func (p *process) watch(ctx context.Context, cancel context.CancelCauseFunc) {
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	for p.memory > 0 {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if resident(p.cmd.Process.Pid) > p.memory {
				cancel(p.tooMuch())
				return
			}
		}
	}
}

func (p *process) tooMuch() error {
	return pipeline.Errorf(pipeline.KindUsage, "run", "query", "it takes more memory than the %s that it may", p.task.Memory).WithHint(lessOrMore)
}

// died is the error of a process that ended without a word.
func (p *process) died(waited error) error {
	text := p.said.String()
	for _, word := range []string{"bad_alloc", "out of memory", "cannot allocate memory", "Out of Memory"} {
		if strings.Contains(text, word) {
			return p.tooMuch()
		}
	}
	how := "it ended early"
	if waited != nil {
		how = waited.Error()
	}
	first, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	if first != "" {
		how += ": " + first
	}
	return pipeline.Errorf(pipeline.KindUsage, "run", "query", "its process: %s", how).WithHint("the history is as it was; ask for less")
}

// bounded keeps the beginning of what is written to it.
type bounded struct{ bytes.Buffer }

func (b *bounded) Write(text []byte) (int, error) {
	if left := errorBytes - b.Len(); left > 0 {
		b.Buffer.Write(text[:min(len(text), left)])
	}
	return len(text), nil
}

var _ fmt.Stringer = (*bounded)(nil)
