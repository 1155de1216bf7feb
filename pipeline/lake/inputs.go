package lake

import (
	"context"
	"slices"

	"carat/pipeline"
	"carat/pipeline/lake/chain"
)

// BatchesOf gives the batches that the raw tables held at some snapshots, which
// are a run's inputs, in the order of commit. A snapshot that adds no batch
// (compaction) holds those before it. A snapshot that is gone is a
// verification error.
func (l *Lake) BatchesOf(ctx context.Context, snapshots map[string]int64) ([]chain.CommittedBatch, error) {
	if err := l.catalog.RefreshRaw(ctx); err != nil {
		return nil, l.fail("read lake", l.cfg.Root, err)
	}
	upTo := map[string]int64{}
	last := int64(0)
	for name := range l.rawInfo {
		if snapshots[name] == 0 {
			continue
		}
		one, found, err := l.catalog.LinkOfSnapshot(ctx, name, snapshots[name])
		if err != nil {
			return nil, l.fail("read history of", name, err)
		}
		if !found {
			return nil, pipeline.Errorf(pipeline.KindVerification, "read table", name, "its snapshot %d, which a run read, is gone", snapshots[name])
		}
		upTo[name], last = one.BatchNo, max(last, one.BatchNo)
	}
	all, err := l.batchesUpTo(ctx, last)
	all = slices.DeleteFunc(all, func(b chain.CommittedBatch) bool { return b.Seq > upTo[b.Table] })
	for i := range all {
		all[i].UndoneBy = ""
	}
	return all, err
}
