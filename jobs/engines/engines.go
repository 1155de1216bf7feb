package engines

import (
	"context"
	"io/fs"
	"time"

	"carat/jobs/config"
	"carat/jobs/config/cluster"
	"carat/pipeline"
	"carat/pipeline/engine/trino"
)

// trinoPath is where the macros for Trino are.
const trinoPath = "dialect/trino.sql"

// Open opens the cluster that builds the models; nil where this machine does. lake is the
// history's id and now the time of the run: both name what is made in the cluster.
func Open(ctx context.Context, c *config.Config, fsys fs.FS, lake string, now time.Time) (*trino.Server, error) {
	e := c.Engine
	if e.Kind != cluster.Trino {
		return nil, nil
	}
	macros, err := fs.ReadFile(fsys, trinoPath)
	if err != nil {
		return nil, pipeline.Errorf(pipeline.KindInternal, "read", "SQL dialect", "%w", err)
	}
	return trino.Open(ctx, trino.Config{URL: e.Address(), AccessToken: e.Token.Reveal(), Catalog: e.Catalog, Scratch: e.Scratch,
		Lake: lake, Attempt: trino.Attempt(now), Macros: string(macros)})
}
