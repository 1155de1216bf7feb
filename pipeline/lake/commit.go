package lake

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"carat/pipeline"
	"carat/pipeline/lake/catalog"
	"carat/pipeline/lake/chain"
	"carat/pipeline/lake/pages"

	"github.com/apache/iceberg-go"
)

// Commit puts the batch into the lake: the raw bytes, the Parquet files, then
// the snapshots of the feed's table and of the rejects in one transaction. It
// fills in what only the lake knows (hashes, sizes, first event), moves the
// repeated rows that it left out (Duplicates) from accepted to duplicate, and
// gives the batch as committed. On an error nothing of the batch is in the lake.
func (s *Stage[T, P]) Commit(ctx context.Context, b pipeline.Batch) (chain.CommittedBatch, error) {
	c, err := s.commit(ctx, b)
	if err != nil {
		_ = s.Discard() // what it can't remove, the next lock sweeps
		return chain.CommittedBatch{}, s.lake.fail("commit batch", s.batchID, err)
	}
	return c, nil
}

func (s *Stage[T, P]) commit(ctx context.Context, b pipeline.Batch) (chain.CommittedBatch, error) {
	l := s.lake
	b, err := s.complete(b)
	if err != nil {
		return chain.CommittedBatch{}, err
	}
	if err := l.catalog.RefreshRaw(ctx); err != nil {
		return chain.CommittedBatch{}, err
	}
	seq, err := chain.BatchSeq(s.batchID)
	if next := l.NextBatchID(); err != nil || s.batchID != next {
		return chain.CommittedBatch{}, errors.Join(err, fmt.Errorf("the next batch is %s: %w", next, catalog.ErrMoved))
	}
	m := l.catalog.NewMove(s.dir)
	m.Batch = s.batchID
	s.move = m
	files, rejects, err := s.placeFiles(ctx, m, b.RowsLeftOut)
	if err != nil {
		return chain.CommittedBatch{}, err
	}
	records, err := l.catalog.RecordsHead(ctx)
	if err != nil {
		return chain.CommittedBatch{}, err
	}
	props, err := chain.BatchProperties(b, seq, m.Hashes(), l.catalog.LastChain(), records)
	if err != nil {
		return chain.CommittedBatch{}, err
	}
	err = m.Commit(ctx, func() error {
		changes, err := l.catalog.AppendChanges(ctx, []catalog.Append{{Name: s.feed.Name, Files: files, Props: props}})
		if err != nil {
			return err
		}
		if len(rejects) > 0 {
			more, err := l.catalog.AppendChanges(ctx, []catalog.Append{{Name: pages.RejectsTable, Files: rejects,
				Props: iceberg.Properties{chain.PropRejectsOf: s.batchID, chain.PropFeed: b.Feed, chain.PropSource: b.Source}}})
			if err != nil {
				return err
			}
			changes = append(changes, more...)
		}
		return l.catalog.ApplyLinked(ctx, changes, m.Hashes(), nil)
	})
	if err != nil {
		return chain.CommittedBatch{}, err
	}
	return s.afterCommit(ctx, b, seq)
}

// complete ends what is still being written and fills in the batch.
func (s *Stage[T, P]) complete(b pipeline.Batch) (pipeline.Batch, error) {
	sha, size, err := s.SHA256()
	if err != nil {
		return b, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return b, errors.New("the batch was committed or discarded before")
	}
	if err := s.sync.Wait(); err != nil {
		return b, err
	}
	d, err := s.rowsDigest()
	if err != nil {
		return b, err
	}
	s.sortFiles()
	b.FirstEvent = time.Time{}
	for _, f := range s.files {
		if at := time.UnixMicro(f.MinEvent).UTC(); !s.feed.Reference && (b.FirstEvent.IsZero() || at.Before(b.FirstEvent)) {
			b.FirstEvent = at
		}
	}
	b.ID, b.Feed, b.RowsSHA256 = s.batchID, s.feed.Name, d.SHA256
	b.RowsAccepted -= s.twice
	b.RowsDuplicate += s.twice
	switch {
	case b.SourceSHA256 != "" && b.SourceSHA256 != sha:
		return b, pipeline.Errorf(pipeline.KindBadInput, "ingest", b.Source, "the file changed while it was being read").
			WithHint("wait until the file is complete and run again; nothing was ingested")
	case d.Rows != b.RowsAccepted:
		return b, fmt.Errorf("%d rows are staged and %d were counted as accepted", d.Rows, b.RowsAccepted)
	case b.RowsRead != b.RowsAccepted+b.RowsRejected+b.RowsDuplicate+b.RowsLeftOut:
		return b, fmt.Errorf("rows read %d is not accepted %d + rejected %d + duplicate %d + left out %d", b.RowsRead, b.RowsAccepted, b.RowsRejected, b.RowsDuplicate, b.RowsLeftOut)
	}
	b.SourceSHA256, b.SourceBytes = sha, size
	return b, nil
}

// placeFiles says where each staged file goes, and writes what isn't written.
func (s *Stage[T, P]) placeFiles(ctx context.Context, m *catalog.Move, leftOut int64) (files, rejects []pages.StagedFile, err error) {
	l := s.lake
	known, erased, err := l.people.Known(ctx, s.allPeople())
	s.erased = erased
	if err != nil {
		return nil, nil, err
	}
	raw := filepath.Join(l.sources.Dir(s.feed.Name), s.raw.SHA256[:2], s.raw.SHA256+s.raw.Ext)
	kept, err := l.disk.Exists(raw)
	if err != nil {
		return nil, nil, err
	}
	names := erased > 0
	if s.feed.Personal() && s.refused+leftOut > 0 && !names {
		// Whose the rows are that weren't taken can't be known: their ids may be what is wrong.
		if names, err = l.people.Forgot(ctx); err != nil {
			return nil, nil, err
		}
	}
	// A file that names an erased person isn't kept: it would bring the name back.
	if !kept && !names {
		m.Add(s.raw.Path, raw, "")
	}
	for _, f := range s.files {
		rel, err := l.disk.Unique(f.Rel)
		if err != nil {
			return nil, nil, err
		}
		to := filepath.Join(l.catalog.TableDir(s.feed.Name), "data", rel)
		m.Add(f.Path, to, f.SHA256)
		f.Path = to
		files = append(files, f)
	}
	if s.rejects != nil {
		f, err := s.rejects.Close()
		if err != nil {
			return nil, nil, err
		}
		if err := l.disk.SyncFile(f.Path); err != nil {
			return nil, nil, err
		}
		rel, err := l.disk.Unique(f.Rel)
		if err != nil {
			return nil, nil, err
		}
		to := filepath.Join(l.catalog.TableDir(pages.RejectsTable), "data", rel)
		m.Add(f.Path, to, f.SHA256)
		f.Path = to
		rejects = append(rejects, f)
	}
	return files, rejects, l.people.WritePending(s.dir, s.batchID, known)
}

// afterCommit tidies up. The batch is committed: an error here is only told
// when it loses something that the next lock wouldn't recover.
func (s *Stage[T, P]) afterCommit(ctx context.Context, b pipeline.Batch, seq int64) (chain.CommittedBatch, error) {
	l := s.lake
	_ = s.keys.Close()
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	if err := l.people.TakePending(ctx, s.dir); err == nil {
		_ = l.disk.RemoveAll(s.dir)
	}
	if err := l.catalog.RefreshRaw(ctx); err != nil {
		return chain.CommittedBatch{Batch: b, Seq: seq, Table: b.Feed}, nil
	}
	if one, found, err := l.catalog.LinkNamed(ctx, b.ID); err == nil && found {
		s.keepKeys(one)
		return chain.ReadBatch(one)
	}
	return chain.CommittedBatch{Batch: b, Seq: seq, Table: b.Feed}, nil
}

// Erased gives how many rows of a committed batch named a person who was erased:
// their names and addresses were not taken.
func (s *Stage[T, P]) Erased() int64 { return s.erased }

// allPeople gives the people of the batch in the order of the source.
func (s *Stage[T, P]) allPeople() []pipeline.Person {
	var seqs []int
	for seq := range s.people {
		seqs = append(seqs, seq)
	}
	slices.Sort(seqs)
	var all []pipeline.Person
	for _, seq := range seqs {
		all = append(all, s.people[seq]...)
	}
	return all
}
