package reconcile

import (
	"context"

	"carat/jobs/books"
	"carat/jobs/engines"
	"carat/pipeline"
	"carat/pipeline/engine"
	"carat/pipeline/engine/trino"
)

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
func (r *Finished) onCluster(ctx context.Context, p *books.Books, o Options, tables []pipeline.TableFiles) (err error) {
	if r.cluster, err = engines.Open(ctx, o.Config, o.SQL, p.Lake.ID(), o.Now); err != nil || r.cluster == nil {
		return err
	}
	var raw []pipeline.TableFiles
	for _, t := range engine.SplitEarlier(tables, "") { // there the months before are read with the others
		if books.IsRaw(t.Name) || engine.IsEarlier(t.Name) {
			raw = append(raw, t)
		}
	}
	r.engine = r.cluster.Name()
	r.eng.Remote = remote{r.cluster, raw}
	o.Tell(books.Event{Step: "reconcile", Note: string(o.Period) + " is built by " + r.engine + " at " + o.Config.Engine.URL})
	return nil
}
