package ingest

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"carat/jobs/books"
	"carat/pipeline"
	"carat/pipeline/lake"
)

// before gives what of a feed's history may hold keys of the staged rows, to be compared
// row by row: the batches of which the index of keys says so. Where none does there is no
// file, and no column either unless keys of the file itself may repeat.
func (g *ingestion) before(ctx context.Context, table pipeline.Feed, stage lake.FeedStage, within bool) (history pipeline.TableFiles, err error) {
	fill := func(after int64, take func(key []byte, batchNo int64) error) error {
		all, err := g.Lake.Table(ctx, table.Name, books.Latest)
		if err != nil {
			return err
		}
		all.Files = filesOf(all.Files, func(batchNo int64) bool { return batchNo > after })
		if len(all.Files) == 0 {
			return nil
		}
		eng, err := g.engine(ctx)
		if err != nil {
			return err
		}
		return eng.Keys(ctx, table, all, after, take)
	}
	batches, known, err := stage.KeysHere(ctx, fill)
	if err != nil || known && len(batches) == 0 && !within {
		return history, err
	}
	var only []int64
	if known {
		only = batches
	}
	if history, err = g.Lake.TableOf(ctx, table.Name, only); err != nil {
		return history, err
	}
	if g.without != "" {
		history.Without = append(slices.Clone(history.Without), g.without)
	}
	if known {
		history.Only = batches
		history.Files = filesOf(history.Files, func(batchNo int64) bool { return slices.Contains(batches, batchNo) })
	}
	return history, nil
}

// filesOf leaves out the files of single batches that aren't wanted. Files of several, which
// compaction wrote, stay: their names don't tell which.
func filesOf(files []string, wanted func(batchNo int64) bool) []string {
	return slices.DeleteFunc(slices.Clone(files), func(path string) bool {
		id, _, _ := strings.Cut(filepath.Base(path), "-")
		batchNo, err := pipeline.BatchNo(id)
		return err == nil && !wanted(batchNo)
	})
}
