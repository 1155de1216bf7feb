package jobs

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"carat/pipeline"
	"carat/pipeline/lake"
	"carat/pipeline/state"
)

// place is an open lake with its state: what a job works in.
type place struct {
	lake   *lake.Lake
	state  *state.Store
	unlock func() // nil when not locked
}

// openPlace opens the lake and its state, making them if need be.
func openPlace(ctx context.Context, s Setting) (*place, error) {
	p := &place{}
	var err error
	p.lake, err = lake.Open(ctx, lake.Config{
		Root: s.Config.Lake, CatalogDSN: s.Config.Catalog, Now: func() time.Time { return s.Now }, Fault: s.Fault,
	})
	if err != nil {
		return nil, err
	}
	dsn := s.Config.Catalog
	if dsn == "" {
		dsn = filepath.Join(p.lake.Root(), "catalog.sqlite")
	}
	if p.state, err = state.Open(ctx, dsn); err != nil {
		return nil, errors.Join(err, p.lake.Close())
	}
	return p, nil
}

// wantLake is a not-found error when there is no lake yet: jobs that need what
// was ingested before don't make one.
func wantLake(s Setting) error {
	if _, err := os.Stat(filepath.Join(s.Config.Lake, "lake.json")); errors.Is(err, fs.ErrNotExist) {
		return pipeline.Errorf(pipeline.KindNotFound, "open lake", s.Config.Lake, "nothing was ingested yet").
			WithHint("put feed files into the inbox and run `carat ingest`")
	}
	return nil
}

// openExisting is openPlace for jobs that only read.
func openExisting(ctx context.Context, s Setting) (*place, error) {
	if err := wantLake(s); err != nil {
		return nil, err
	}
	return openPlace(ctx, s)
}

// latest is the newest state of the lake.
var latest lake.AsOf

// batches gives the batches of a state of the lake, in the order of commit.
func (p *place) batches(ctx context.Context, at lake.AsOf) ([]pipeline.Batch, error) {
	committed, err := p.lake.Batches(ctx, at)
	if err != nil {
		return nil, err
	}
	var batches []pipeline.Batch
	for _, c := range committed {
		batches = append(batches, c.Batch)
	}
	return batches, nil
}

// openLocked is openPlace with the lock that every writer holds. While another
// run holds it: a busy error, at once.
func openLocked(ctx context.Context, s Setting) (*place, error) {
	p, err := openPlace(ctx, s)
	if err != nil {
		return nil, err
	}
	if p.unlock, err = p.lake.Lock(ctx); err != nil {
		return nil, errors.Join(err, p.close())
	}
	if err := p.mayWrite(ctx, s); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

// release gives back the lock before the end: what is left to do only reads.
func (p *place) release() {
	if p.unlock != nil {
		p.unlock()
		p.unlock = nil
	}
}

// close gives back the lock and closes what is open.
func (p *place) close() error {
	p.release()
	return errors.Join(p.state.Close(), p.lake.Close())
}
