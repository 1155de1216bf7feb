package reconcile

import (
	"context"
	"io/fs"
	"strconv"

	"carat/jobs/books"
	"carat/jobs/config/cluster"
	"carat/pipeline"
	"carat/pipeline/engine"
	"carat/pipeline/engine/trino"
)

// trinoPath is where the macros for Trino are.
const trinoPath = "dialect/trino.sql"

// remote is a cluster that builds the models over the lake's raw tables as a run reads them.
type remote struct {
	*trino.Server
	raw []pipeline.TableFiles
}

func (r remote) Begin(ctx context.Context, run string) (engine.RemoteRun, error) {
	at, err := r.Server.Begin(ctx, run, r.raw)
	if err != nil {
		return nil, err
	}
	return at, nil
}

// onCluster has the models built by the cluster that carat.yaml names; without one this
// machine builds them. The run's id says nothing of it: the numbers are the same.
func (r *Finished) onCluster(ctx context.Context, p *books.Books, o Options, tables []pipeline.TableFiles) error {
	if o.Config.Engine.Kind != cluster.Trino {
		return nil
	}
	macros, err := fs.ReadFile(o.SQL, trinoPath)
	if err != nil {
		return pipeline.Errorf(pipeline.KindInternal, "read", "SQL dialect", "%w", err)
	}
	e := o.Config.Engine
	if r.cluster, err = trino.Open(ctx, trino.Config{URL: e.Address(), AccessToken: e.Token.Reveal(), Catalog: e.Catalog, Scratch: e.Scratch,
		Lake: p.Lake.ID(), Attempt: strconv.FormatInt(o.Now.UnixMilli(), 36), Macros: string(macros)}); err != nil {
		return err
	}
	var raw []pipeline.TableFiles
	for _, t := range engine.SplitEarlier(tables, "") { // there the months before are read with the others
		if books.IsRaw(t.Name) || engine.IsEarlier(t.Name) {
			raw = append(raw, t)
		}
	}
	r.eng.Remote = remote{r.cluster, raw}
	o.Tell(books.Event{Step: "reconcile", Object: "models are built by " + r.cluster.Name() + " at " + e.URL})
	return nil
}
