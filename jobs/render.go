package jobs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sync/errgroup"

	"carat/pipeline"
	"carat/reports"
)

// StatementFormats are the renderings of a statement, in the order in which
// they are written.
var StatementFormats = []string{"html", "csv", "json", "pdf"}

// renderQueue is how many statements wait for a renderer: enough that none is
// ever idle, few enough that memory doesn't grow with the creators.
const renderQueue = 64

// renderer writes the statements that it is given into a folder, on several
// goroutines.
type renderer struct {
	dir      string
	formats  []string
	workers  int
	progress func(written int64)
}

// render writes every statement that each hands over, and gives their number.
// What each hands over must not be changed afterwards.
func (r *renderer) render(ctx context.Context, each func(ctx context.Context, add func(*reports.Statement) error) error) (int64, error) {
	group, ctx := errgroup.WithContext(ctx)
	queue := make(chan *reports.Statement, renderQueue)
	var count int64
	group.Go(func() error {
		defer close(queue)
		return each(ctx, func(s *reports.Statement) error {
			select {
			case queue <- s:
				count++
				if r.progress != nil && count%256 == 0 {
					r.progress(count)
				}
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	})
	for range max(r.workers, 1) {
		group.Go(func() error {
			var one reports.Renderer
			for s := range queue {
				if err := r.write(&one, s); err != nil {
					return err
				}
			}
			return nil
		})
	}
	err := group.Wait()
	return count, err
}

func (r *renderer) write(one *reports.Renderer, s *reports.Statement) error {
	for _, format := range r.formats {
		var text []byte
		var err error
		switch format {
		case "html":
			text, err = one.HTML(s)
		case "csv":
			text, err = one.CSV(s)
		case "json":
			text, err = one.JSON(s)
		case "pdf":
			text, err = one.PDF(s)
		default:
			err = pipeline.Errorf(pipeline.KindUsage, "render", "statements", "unknown format %q", format)
		}
		if err != nil {
			return err
		}
		name := filepath.Join(r.dir, reports.FileName(s.Summary.CreatorID, s.Summary.Entity, s.Summary.Currency, format))
		// O_EXCL: on a file system that ignores case two creators could share a
		// name, and one must not get the other's statement.
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return pipeline.Errorf(pipeline.KindInternal, "write", name, "%w", cause(err))
		}
		_, err = f.Write(text)
		if err := errors.Join(err, f.Close()); err != nil {
			return pipeline.Errorf(pipeline.KindInternal, "write", name, "%w", cause(err)).WithHint("is the disk full?")
		}
	}
	return nil
}

// replaceFolder puts the folder next in the place of target. The old one is
// moved aside first, so that target is never a mixture of the two.
func replaceFolder(next, target string) error {
	aside := target + ".old"
	if err := os.RemoveAll(aside); err != nil {
		return err
	}
	err := os.Rename(target, aside)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(next, target); err != nil {
		return errors.Join(err, os.Rename(aside, target))
	}
	return os.RemoveAll(aside)
}

// checkFormats refuses a rendering that doesn't exist.
func checkFormats(formats []string) error {
	for _, f := range formats {
		if !slices.Contains(StatementFormats, f) {
			return pipeline.Errorf(pipeline.KindUsage, "render", "statements", "unknown format %q", f).
				WithHint("formats are %s", fmt.Sprint(StatementFormats))
		}
	}
	return nil
}
