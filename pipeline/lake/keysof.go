package lake

import (
	"context"
	"path/filepath"
	"slices"

	"carat/pipeline"
	"carat/pipeline/lake/chain"
	"carat/pipeline/lake/keyindex"
	"carat/pipeline/lake/store"
)

// FillKeys is what fills the index of a feed's keys.
type FillKeys = keyindex.Fill

// keyIndex opens the index of a feed's keys; nil where there is none: of a reference
// feed each version counts.
func (l *Lake) keyIndex(feed pipeline.Feed) *keyindex.Index {
	if feed.Reference {
		return nil
	}
	return keyindex.Open(filepath.Join(l.disk.Root, store.KeysFolder, feed.Name))
}

// KeysHere gives the batches that may hold keys of the staged rows: all that do, and now
// and then another. known is false where that can't be said, and any may. fill reads what
// the index of keys doesn't have yet: mostly nothing, all where there is none. All blocks
// must be closed.
func (s *Stage[T, P]) KeysHere(ctx context.Context, fill FillKeys) (batches []int64, known bool, err error) {
	if s.index == nil {
		return nil, false, nil
	}
	last, _, err := s.lake.catalog.Mirror().LastOf(ctx, s.feed.Name, s.lake.catalog.Seen())
	if err == nil {
		err = s.ownIndex(ctx)
	}
	if err != nil {
		return nil, false, s.lake.fail("read lake", s.lake.cfg.Root, err)
	}
	batches, s.asked, err = s.index.Ask(keyindex.State{BatchNo: last.BatchNo, Chain: last.Value}, fill, s.batchNo, s.keys.Ascending())
	return batches, s.asked && !slices.Contains(batches, 0), err // 0: rows of before there were numbers
}

// ownIndex clears an index that is of another history than the lake's, as of a copy that
// went on by itself.
func (s *Stage[T, P]) ownIndex(ctx context.Context) error {
	filled := s.index.Filled()
	if filled.BatchNo == 0 {
		return nil
	}
	one, found, err := s.lake.catalog.LinkNamed(ctx, chain.BatchID(filled.BatchNo))
	if err != nil || found && one.Value == filled.Chain {
		return err
	}
	return s.index.Clear()
}

// keepKeys adds the keys of a batch that was committed to the index. What fails only
// makes the next batch read them.
func (s *Stage[T, P]) keepKeys(one chain.Link) {
	if s.asked && s.index.Keep(keyindex.State{BatchNo: one.BatchNo, Chain: one.Value}) != nil {
		_ = s.index.Clear()
	}
}
