package ingest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"carat/jobs/books"
	"carat/pipeline"
	"carat/pipeline/feed"
	"carat/pipeline/lake"
)

// sameConstants refuses a file whose bytes are here, read by a layout of other constants:
// two accounts' exports of one fee are the same bytes, and each is money of its own. The
// batches are listed once for all files, and only where a feed has several layouts.
func (g *ingestion) sameConstants(ctx context.Context, in InputFile, l *feed.Layout, id string) error {
	if g.batches == nil {
		all, err := g.Lake.Batches(ctx, books.Latest)
		if err != nil {
			return err
		}
		g.batches = all
	}
	i := slices.IndexFunc(g.batches, func(b lake.CommittedBatch) bool { return b.ID == id })
	if i < 0 || g.batches[i].Reading == "" {
		return nil
	}
	o, _, err := g.Config.ReadAgain(in.Feed, g.batches[i].Reading)
	if err != nil || len(o.Layouts) != 1 || maps.Equal(o.Layouts[0].Constants, l.Constants) {
		return nil // what is wrong with a batch that is kept, verify says
	}
	then := o.Layouts[0]
	return pipeline.Errorf(pipeline.KindBadInput, "ingest", in.Name, "its bytes are those of %s (%s), which was read by %s with %s; by %s, with %s, they would be other rows, and nothing of it was taken",
		g.batches[i].Source, id, then.Called(), constantsText(then.Constants), l.Called(), constantsText(l.Constants)).
		WithHint("if it is of another account, fetch its export over other days, or with the account as a column, so that the two differ; if %s was read wrongly, `carat undo %s --reason …` takes it out", id, id)
}

func constantsText(constants map[string]string) string {
	var parts []string
	for _, column := range slices.Sorted(maps.Keys(constants)) {
		parts = append(parts, fmt.Sprintf("%s %s", column, constants[column]))
	}
	return strings.Join(parts, ", ")
}
