package books

import (
	"context"

	"carat/pipeline"
	"carat/pipeline/engine"
	"carat/pipeline/lake"
)

// HeldLines gives what a state of the lake holds of bank accounts, for reading
// statements of them. The engine is asked for only where there is something.
func (p *Books) HeldLines(ctx context.Context, at lake.AsOf, open func(context.Context) (*engine.Engine, error)) pipeline.HeldLines {
	return func(account, currency, day string) ([]pipeline.HeldLine, error) {
		table, err := p.Lake.Table(ctx, "bank_lines", at)
		if err != nil || len(table.Files) == 0 {
			return nil, err
		}
		eng, err := open(ctx)
		if err != nil {
			return nil, err
		}
		return eng.HeldLines(ctx, table, account, currency, day)
	}
}
