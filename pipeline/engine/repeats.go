package engine

import (
	"context"

	"carat/pipeline"
	"carat/pipeline/engine/repeats"
)

// Repeat is a staged row whose key was there before: in the history, or
// earlier in its own file.
type Repeat = repeats.Repeat

// Repeats gives take the staged rows whose key stands in the history, or earlier
// in the staged rows themselves if within is set, as repeats.Each does.
func (e *Engine) Repeats(ctx context.Context, feed pipeline.Feed, columns []pipeline.Column, staged []string, history pipeline.TableFiles, within bool, take func(Repeat) error) error {
	return repeats.Each(ctx, e.Database, feed, columns, staged, history, within, take)
}
