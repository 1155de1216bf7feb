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

// Keys gives take the key of each row of a table's files, and the number of its batch, as
// repeats.Keys does.
func (e *Engine) Keys(ctx context.Context, feed pipeline.Feed, table pipeline.TableFiles, after int64, take func(key []byte, batchNo int64) error) error {
	return repeats.Keys(ctx, e.Database, feed, table, after, take)
}

// HeldLines gives the lines of bank_lines of an account and currency around a
// day, as repeats.HeldLines does.
func (e *Engine) HeldLines(ctx context.Context, table pipeline.TableFiles, account, currency, day string) ([]pipeline.HeldLine, error) {
	return repeats.HeldLines(ctx, e.Database, table, account, currency, day)
}
