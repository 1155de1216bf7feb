package reconcile

import (
	"context"
	"errors"
	"os"
	"strings"

	"carat/jobs/books"
	"carat/pipeline"
	"carat/pipeline/engine"
	"carat/pipeline/lake"
)

// again runs a month whose run is known once more, over the same inputs, and compares every
// number that a sign-off covers with what was published: preparing a month compares the
// lots of all its viewers with the rules in SQL, which the run may have done of some. It
// publishes nothing. A difference is a verification error that names the tables.
func (r *Finished) again(ctx context.Context, p *books.Books, o Options, m Models, tables []pipeline.TableFiles, params engine.Parameters) (err error) {
	if err := loadForModels(ctx, r.eng, tables); err != nil {
		return err
	}
	_, err = r.eng.Reconcile(ctx, m.Dialect, m.List, params, func(model string, done, total int) {
		o.Tell(books.Event{Step: "compare", Object: model, Done: int64(done), Total: int64(total), Unit: "models"})
	})
	if err != nil {
		return err
	}
	dir, err := p.Lake.StagingDir("again-" + r.Run.ID)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	files, err := r.eng.Export(ctx, dir)
	if err != nil {
		return err
	}
	covered, err := p.Covered(ctx, r.Run.ID)
	if err != nil {
		return err
	}
	published, err := p.Lake.RunTables(ctx, r.Run.ID)
	if err != nil {
		return err
	}
	var differing []string
	for _, t := range published {
		if _, ok := covered[t.Table]; !ok {
			continue
		}
		sum, rows, err := lake.NumbersSHA256(t.NumbersForm, files[t.Table])
		if err != nil {
			return err
		}
		if rows != t.Rows || rows > 0 && sum != t.NumbersSHA256 {
			differing = append(differing, t.Table)
		}
	}
	o.Tell(books.Event{Step: "compare", Object: string(o.Period), Done: int64(len(published)), Unit: "tables", Finished: true})
	if len(differing) == 0 {
		return nil
	}
	failure := pipeline.Errorf(pipeline.KindVerification, "compare", string(o.Period), "run again over the same inputs, run %s comes out otherwise in %s", r.Run.ID, strings.Join(differing, ", "))
	if r.carried {
		return failure.WithHint("the run was carried forward from the month before: write `history: start` into carat.yaml, reconcile the month again, and tell whoever keeps carat running: nothing was signed")
	}
	return failure.WithHint("`carat verify` says whether the history was changed; if it wasn't, tell whoever keeps carat running: nothing was signed")
}
