package doctor

import (
	"context"
	"errors"

	"carat/jobs/engines"
	"carat/sql"
)

// cluster asks the cluster that carat.yaml names for all that a run needs of it: that it
// answers and isn't too old, that it shows this history's tables as they are, and that a
// schema can be made, filled and dropped. snapshots are the newest of some raw tables.
func (x *examination) cluster(ctx context.Context, lake string, snapshots map[string]int64) {
	server, err := engines.Open(ctx, x.Config, sql.Files, lake, x.Now)
	if err == nil && server == nil {
		return
	}
	if err == nil {
		err = errors.Join(server.Try(ctx, snapshots), server.Close())
	}
	if err != nil {
		x.failed("cluster", "see docs/cluster.md; without `engine` in carat.yaml this machine builds the models", err)
		return
	}
	e := x.Config.Engine
	x.well("cluster", "%s answers at %s, shows this history in %s, and a schema can be made in %s", server.Name(), e.URL, e.Catalog, e.Scratch)
}
