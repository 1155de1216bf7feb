package reconcile

import (
	"context"
	"strings"

	"carat/jobs/books"
	"carat/jobs/config/cluster"
	"carat/jobs/engines"
	"carat/pipeline"
	"carat/pipeline/engine"
	"carat/pipeline/engine/trino"
	"carat/sql"
)

// remote is a cluster that builds the models over the lake's raw tables as a run reads them.
type remote struct {
	*trino.Server
	raw   []pipeline.TableFiles
	apart bool // from what a run of the lake makes there: whoever asks may not hold its lock
}

func (r remote) Begin(ctx context.Context, run string) (engine.RemoteRun, error) {
	begin := r.Server.Begin
	if r.apart {
		begin = r.Server.BeginApart
	}
	at, err := begin(ctx, run, r.raw)
	if err != nil {
		return nil, err
	}
	return at, nil
}

// ownEngine names the embedded engine with its version: DuckDB 1.5.5.
func ownEngine(ctx context.Context, eng *engine.Engine) (string, error) {
	version, err := eng.Texts(ctx, "select version()")
	if err != nil || len(version) != 1 {
		return "", pipeline.Errorf(pipeline.KindInternal, "ask", "the engine", "for its version: %w", err)
	}
	return "DuckDB " + strings.TrimPrefix(version[0], "v"), nil
}

// onCluster has the models built by the cluster that carat.yaml names; without one this
// machine builds them. The run's id says nothing of it: the numbers are the same. Tables are
// those that the run reads, split where it is carried forward.
func (r *Finished) onCluster(ctx context.Context, p *books.Books, o Options, tables []pipeline.TableFiles) (err error) {
	if r.Run.Engine, err = ownEngine(ctx, r.eng); err != nil {
		return err
	}
	if r.cluster, err = engines.Open(ctx, o.Config, o.SQL, p.Lake.ID(), o.Now); err != nil || r.cluster == nil {
		return err
	}
	r.Run.Engine, r.onIt = r.cluster.Name(), r.cluster.Name()
	r.eng.Remote = remote{Server: r.cluster, raw: rawOf(tables)}
	o.Tell(books.Event{Step: "reconcile", Note: string(o.Period) + " is built by " + r.Run.Engine + " at " + o.Config.Engine.URL})
	return nil
}

// rawOf gives the raw tables among those that a run reads, with one of the earlier rows, which has
// none where the run reads its months from the start.
func rawOf(tables []pipeline.TableFiles) (raw []pipeline.TableFiles) {
	split := false
	for _, t := range tables {
		split = split || engine.IsEarlier(t.Name)
	}
	if !split {
		tables = engine.SplitEarlier(tables, "")
	}
	for _, t := range tables {
		if books.IsRaw(t.Name) || engine.IsEarlier(t.Name) {
			raw = append(raw, t)
		}
	}
	return raw
}

// engineFor has a closed month built again by what carat.yaml names, beside what runs: it
// gives the engine's name, and what ends it.
func engineFor(ctx context.Context, p *books.Books, s books.Setting, eng *engine.Engine, month pipeline.Period, tables []pipeline.TableFiles) (name string, end func() error, err error) {
	end = func() error { return nil }
	if s.Config.Engine.Kind != cluster.Trino {
		name, err = ownEngine(ctx, eng)
		return name, end, err
	}
	server, err := engines.Open(ctx, s.Config, sql.Files, p.Lake.ID(), s.Now)
	if err != nil {
		return "", end, err
	}
	eng.Remote = remote{Server: server, raw: rawOf(tables), apart: true}
	s.Tell(books.Event{Step: "re-perform " + string(month), Note: string(month) + " is built by " + server.Name() + " at " + s.Config.Engine.URL})
	return server.Name(), server.Close, nil
}
