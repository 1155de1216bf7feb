package lake

import (
	"context"
	"sort"

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
	var all []chain.CommittedBatch
	for name := range l.rawInfo {
		t, ok := l.catalog.Table(name)
		last := snapshots[name]
		if !ok || last == 0 {
			continue
		}
		found := false
		for _, snap := range t.Iceberg.Metadata().Snapshots() {
			if chain.IsBatch(&snap) {
				b, err := chain.ReadBatch(name, &snap)
				if err != nil {
					return nil, pipeline.Errorf(pipeline.KindVerification, "read history of", name, "%w", err)
				}
				all = append(all, b)
			}
			if found = snap.SnapshotID == last; found {
				break
			}
		}
		if !found {
			return nil, pipeline.Errorf(pipeline.KindVerification, "read table", name, "its snapshot %d, which a run read, is gone", last)
		}
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Seq < all[j].Seq })
	return all, nil
}
