package books

import (
	"cmp"
	"context"
	"errors"
	"os/user"
	"path/filepath"
	"strconv"
	"time"

	"carat/jobs/disk"
	"carat/pipeline"
	"carat/pipeline/lake"
	"carat/pipeline/state"
)

// Books are an open lake and its state: what a job works in.
type Books struct {
	Lake   *lake.Lake
	State  *state.Store
	unlock func() // nil when not locked
	lent   bool   // whoever lent them closes them

	clockTold bool // that it is behind
}

// keepPrivate takes from other accounts of the machine what they could read of the
// lake and of out/, where names lie. What can't be taken is told.
func keepPrivate(s Setting) {
	for _, folder := range []string{s.Config.Lake, s.Config.OutRoot()} {
		if err := disk.Private(folder); err != nil {
			s.Tell(Event{Step: "open", Object: folder, Note: "other accounts of this machine can read it, and its rights can't be changed: " + disk.Cause(err).Error()})
		}
	}
}

// tellRoot tells root, before anything is written, that the lake is another account's: its
// service could not read what root leaves there.
func tellRoot(s Setting) {
	uid, another := disk.OwnedByAnother(s.Config.Lake)
	if !another {
		return
	}
	name := strconv.FormatUint(uint64(uid), 10)
	if owner, err := user.LookupId(name); err == nil {
		name = owner.Username
	}
	s.Tell(Event{Step: "open", Object: s.Config.Lake, Note: "it belongs to " + name + ", and this is run by root: what is written now will be root's, and " + name +
		" can't read it. Run carat as " + name + " instead (`sudo -u " + name + " carat …`); where root has written already, `chown -R " + name + ": " + s.Config.Lake + " " + s.Config.OutRoot() + "` gives it back"})
}

// Open opens the lake and its state, making them if need be.
func Open(ctx context.Context, s Setting) (*Books, error) {
	if s.Lent != nil {
		return &Books{Lake: s.Lent.Lake, State: s.Lent.State, lent: true}, nil
	}
	tellRoot(s)
	p := &Books{}
	var err error
	p.Lake, err = lake.Open(ctx, lake.Config{
		Root: s.Config.Lake, Bucket: s.Config.Bucket, Fresh: s.Fresh, People: s.Config.People, CatalogDSN: s.Config.Catalog.Reveal(), Now: func() time.Time { return s.Now }, Clock: s.Clock, Fault: s.Fault, Upgrading: s.Upgrading,
		Recorder: func(ctx context.Context, file string) (lake.Recorder, error) { return p.openState(ctx, s, file) },
	})
	if err != nil {
		if p.State != nil {
			err = errors.Join(err, p.State.Close())
		}
		return nil, err
	}
	if !p.Lake.ReadOnly() {
		keepPrivate(s)
	}
	return p, nil
}

// openState opens the state, in the database that the lake's catalog is in, and
// gives who chains what the lake writes there.
func (p *Books) openState(ctx context.Context, s Setting, file string) (r lake.Recorder, err error) {
	dsn := s.Config.Catalog.Reveal()
	if dsn == "" {
		dsn = file
	}
	options := state.Options{Now: s.clock, HeadFile: filepath.Join(s.Config.Lake, lake.HeadFile), Beside: lake.OwnTables(), Fault: s.Fault}
	if p.State, err = state.Open(ctx, dsn, options); err != nil {
		return r, err
	}
	head := func(ctx context.Context) (string, error) {
		h, err := p.State.Head(ctx)
		return h.String(), err
	}
	return lake.Recorder{Head: head, Record: p.State.Record}, nil
}

// WantLake is a not-found error when there is no lake yet: jobs that need what
// was ingested before don't make one.
func WantLake(s Setting) error {
	if s.Lent != nil {
		return nil
	}
	begun, err := lake.Begun(context.Background(), lake.Config{Root: s.Config.Lake, Bucket: s.Config.Bucket, CatalogDSN: s.Config.Catalog.Reveal()})
	if err != nil || begun {
		return err
	}
	return pipeline.Errorf(pipeline.KindNotFound, "open lake", cmp.Or(s.Config.Bucket, s.Config.Lake), "nothing was ingested yet").WithHint("put feed files into the inbox and run `carat ingest`")
}

// OpenExisting is Open for jobs that only read, and have a right to it.
func OpenExisting(ctx context.Context, s Setting, right Right) (*Books, error) {
	if err := WantLake(s); err != nil {
		return nil, err
	}
	return OpenAllowed(ctx, s, right)
}

// OpenAllowed is Open for somebody who has the right.
func OpenAllowed(ctx context.Context, s Setting, right Right) (*Books, error) {
	p, err := Open(ctx, s)
	if err != nil {
		return nil, err
	}
	if err := p.May(ctx, s, right); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// Latest is the newest state of the lake.
var Latest lake.AsOf

// Batches gives the batches of a state of the lake, in the order of commit; one
// that was taken out by then without a row.
func (p *Books) Batches(ctx context.Context, at lake.AsOf) ([]pipeline.Batch, error) {
	committed, err := p.Lake.Batches(ctx, at)
	if err != nil {
		return nil, err
	}
	var batches []pipeline.Batch
	for _, c := range committed {
		if c.UndoneBy != "" {
			// Its place stays, since others are counted from it; it holds nothing.
			c.RowsRead, c.RowsAccepted, c.RowsRejected, c.RowsDuplicate, c.RowsLeftOut, c.LeftOut = 0, 0, 0, 0, 0, nil
			c.FirstEvent = time.Time{}
		}
		batches = append(batches, c.Batch)
	}
	return batches, nil
}

// OpenLocked is Open with the lock that every writer holds, for who has the right. While another
// run holds it: a busy error, at once.
func OpenLocked(ctx context.Context, s Setting, right Right) (*Books, error) {
	s.Lent = nil // who writes doesn't share
	p, err := OpenAllowed(ctx, s, right)
	if err != nil {
		return nil, err
	}
	if p.unlock, err = p.Lake.Lock(ctx); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	if err := p.recover(ctx, s); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// Release gives back the lock before the end: what is left to do only reads.
func (p *Books) Release() {
	if p.unlock != nil {
		p.unlock()
		p.unlock = nil
	}
}

// Close gives back the lock and closes what is open.
func (p *Books) Close() error {
	p.Release()
	if p.lent {
		return nil
	}
	return errors.Join(p.State.Close(), p.Lake.Close())
}

// Locked does a job, which is a right too, in books that are open and locked, and
// records it: who did it, when, over what, and what became of it. The lake is made if need be; a job
// that needs one asks WantLake before. Do's result is given on with its error.
func Locked[R any](ctx context.Context, s Setting, job Right, period pipeline.Period, do func(p *Books, job *Job) (R, error)) (result R, err error) {
	p, err := OpenLocked(ctx, s, job)
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	record, err := p.Begin(ctx, s, string(job), period)
	if err != nil {
		return result, err
	}
	defer func() { err = record.End(ctx, err) }()
	return do(p, record)
}
