package lake

import (
	"carat/pipeline"
	"carat/pipeline/lake/pages"
	"context"
)

// Drop takes rows out of the stage: duplicates and conflicts that were found
// after they were written. Only the files that hold lines of such rows are
// written anew; a file that loses all its rows goes. It fails when a row isn't
// there, or is there more than once.
func (s *Stage[T, P]) Drop(ctx context.Context, drop *RowSet) error {
	if drop.Len() == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sortFiles()
	found := make([]uint8, drop.Len()) // how often each row was, 2 for more
	var kept []pages.StagedFile
	var key []byte
	for _, f := range s.files {
		if from, to := drop.Between(f.MinLine, f.MaxLine); from == to {
			kept = append(kept, f)
			continue
		}
		g, err := pages.Without[T, P](ctx, s.lake.disk, s.lake.codec, s.feed, f, func(row P) bool {
			key = row.AppendKey(key[:0])
			at, named := drop.Find(row.Origin().SourceLine, key)
			if named {
				found[at] = min(found[at]+1, 2)
			}
			return named
		})
		if err != nil {
			return s.lake.fail("take rows out of", s.batchID, err)
		}
		if g.Rows > 0 {
			kept = append(kept, g)
		}
	}
	for i, times := range found {
		if times != 1 {
			return pipeline.Errorf(pipeline.KindInternal, "take rows out of", s.batchID, "line %d: a row that was named is there %s",
				drop.Line(i), map[bool]string{true: "not at all", false: "more than once"}[times == 0])
		}
	}
	s.files = kept
	for i := range drop.Len() {
		s.stale[drop.Line(i)/pages.GroupLines] = true
	}
	return nil
}
