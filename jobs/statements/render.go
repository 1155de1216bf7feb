package statements

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sync/errgroup"

	"carat/jobs/disk"
	"carat/pipeline"
	"carat/reports/statement"
	"carat/reports/statement/data"
	"carat/reports/statement/html"
	"carat/reports/statement/pdf"
)

// Formats are the renderings of a statement, in the order in which
// they are written.
var Formats = []string{"html", "csv", "json", "pdf"}

// renderQueue is how many statements wait for a renderer: enough that none is
// ever idle, few enough that memory doesn't grow with the creators.
const renderQueue = 64

// renderer writes the statements that it is given below a folder, on several
// goroutines. What earlier runs left there stays where nothing changed.
type renderer struct {
	dir      string
	formats  []string
	workers  int
	salt     string // of what files depend on besides their rows
	says     string // the status of the month
	progress func(written int64)
	// known gives the earlier entry of a statement, if any. It is asked in the
	// order of the statements, by one goroutine; done is told their entries in
	// that order, by one goroutine.
	known func(*Entry) (*Entry, error)
	done  func(*Entry) error
}

// rendered is one statement on its way.
type rendered struct {
	statement *statement.Statement
	entry     Entry
	old       *Entry
	changed   bool
	ready     chan struct{} // closed when the files are there
}

// counts of a rendering.
type renderCounts struct{ all, changed int64 }

// renderings make every form of a statement, for one goroutine.
type renderings struct {
	files data.Files
	page  html.Renderer
	paper pdf.Renderer
}

// render writes every statement that each hands over. What each hands over must
// not be changed afterwards.
func (r *renderer) render(ctx context.Context, each func(ctx context.Context, add func(*statement.Statement) error) error) (counts renderCounts, err error) {
	group, ctx := errgroup.WithContext(ctx)
	queue, order := make(chan *rendered, renderQueue), make(chan *rendered, renderQueue)
	group.Go(func() error {
		defer close(queue)
		defer close(order)
		return each(ctx, func(s *statement.Statement) error {
			one := &rendered{statement: s, entry: newEntry(s, ""), ready: make(chan struct{})}
			one.entry.Status = r.says
			old, err := r.known(&one.entry)
			if err != nil {
				return err
			}
			one.old = old
			for _, to := range []chan *rendered{order, queue} {
				select {
				case to <- one:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			return nil
		})
	})
	for range max(r.workers, 1) {
		group.Go(func() error {
			var one renderings
			for s := range queue {
				if err := r.write(&one, s); err != nil {
					return err
				}
				close(s.ready)
			}
			return nil
		})
	}
	group.Go(func() error {
		for s := range order {
			select {
			case <-s.ready:
			case <-ctx.Done():
				return ctx.Err()
			}
			counts.all++
			if s.changed {
				counts.changed++
			}
			if err := r.done(&s.entry); err != nil {
				return err
			}
			if r.progress != nil && counts.all%256 == 0 {
				r.progress(counts.all)
			}
		}
		return nil
	})
	return counts, group.Wait()
}

// write renders one statement, unless all its files stand and were made from
// the same rows.
func (r *renderer) write(one *renderings, s *rendered) error {
	rows, err := r.rows(one, s.statement)
	if err != nil {
		return err
	}
	s.entry.Rows = rows
	if s.old != nil && s.old.Rows == rows {
		s.entry.SHA256 = s.old.SHA256
		if r.stands(s.old) {
			return nil
		}
	}
	s.changed = true
	if s.old == nil {
		if err := disk.MakeFolder(filepath.Join(r.dir, filepath.FromSlash(s.entry.Folder))); err != nil {
			return renderError(s.entry.Folder, err)
		}
	}
	for _, format := range r.formats {
		text, err := renderAs(one, s.statement, format)
		if err != nil {
			return err
		}
		if err := disk.Put(filepath.Join(r.dir, s.entry.File(format)), text); err != nil {
			return renderError(s.entry.File(format), err)
		}
		if s.entry.SHA256[format], err = one.page.Sum(text); err != nil {
			return renderError(s.entry.File(format), err)
		}
	}
	if s.old == nil || s.old.Rows == rows {
		return nil
	}
	for format := range s.old.SHA256 { // another rendering of what is no longer so
		if s.entry.SHA256[format] == "" {
			if err := disk.IgnoreMissing(os.Remove(filepath.Join(r.dir, s.entry.File(format)))); err != nil {
				return renderError(s.entry.File(format), err)
			}
		}
	}
	return nil
}

// rows hashes all that a statement's files depend on, but for the run: one that
// comes to the same rows changes no statement.
func (r *renderer) rows(one *renderings, s *statement.Statement) (string, error) {
	digest, err := one.files.Digest(s)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(r.salt + digest))
	return hex.EncodeToString(sum[:]), nil
}

// stands says whether every rendering that is asked for is there.
func (r *renderer) stands(e *Entry) bool {
	for _, format := range r.formats {
		if e.SHA256[format] == "" {
			return false
		}
		file := filepath.Join(r.dir, e.File(format))
		if !e.doubtful {
			if _, err := os.Lstat(file); err != nil {
				return false
			}
			continue
		}
		text, err := os.ReadFile(file)
		if sum := sha256.Sum256(text); err != nil || hex.EncodeToString(sum[:]) != e.SHA256[format] {
			return false
		}
	}
	return true
}

func renderAs(one *renderings, s *statement.Statement, format string) ([]byte, error) {
	switch format {
	case "html":
		return one.page.HTML(s)
	case "csv":
		return one.files.CSV(s)
	case "json":
		return one.files.JSON(s)
	case "pdf":
		rows, err := one.files.CSV(s)
		if err != nil {
			return nil, err
		}
		return one.paper.PDF(s, rows)
	}
	return nil, pipeline.Errorf(pipeline.KindUsage, "render", "statements", "unknown format %q", format)
}

func renderError(name string, err error) error {
	return pipeline.Errorf(pipeline.KindInternal, "write", name, "%w", disk.Cause(err)).WithHint("is the disk full?")
}

// checkFormats refuses a rendering that doesn't exist.
func checkFormats(formats []string) error {
	for _, f := range formats {
		if !slices.Contains(Formats, f) {
			return pipeline.Errorf(pipeline.KindUsage, "render", "statements", "unknown format %q", f).
				WithHint("formats are %s", fmt.Sprint(Formats))
		}
	}
	return nil
}
