package guard

import (
	"context"

	"carat/jobs/books"
	"carat/pipeline/lake"
)

// CompactOptions say where to compact.
type CompactOptions struct {
	books.Setting
}

// CompactResult is what compaction did.
type CompactResult struct {
	Tables  []lake.Compacted // of which small files were rewritten; none: nothing was to do
	Swept   int              // files that commits cut short had left
	Unknown []string         // files below the lake folder that nothing refers to
}

// Compact rewrites the small files of the raw tables as few larger ones, which
// changes no row, no result and no run, and sweeps what crashes left behind. Each
// table is done or not done; an error leaves those that were done before it.
func Compact(ctx context.Context, o CompactOptions) (result *CompactResult, err error) {
	if err := books.WantLake(o.Setting); err != nil {
		return nil, err
	}
	return books.Locked(ctx, o.Setting, books.RightCompact, "", func(p *books.Books, job *books.Job) (result *CompactResult, err error) {
		result = &CompactResult{}
		result.Tables, err = p.Lake.Compact(ctx, func(c lake.Compacted) {
			job.Took(c.Table)
			o.Tell(books.Event{Step: "compact", Object: c.Table, Done: int64(c.FilesBefore), Unit: "files", Finished: true})
		})
		if err != nil {
			return result, err
		}
		result.Swept, result.Unknown, err = p.Lake.SweepOrphans(ctx)
		return result, err
	})
}
