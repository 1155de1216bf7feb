package lake

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"path/filepath"
	"slices"
	"sync"

	"carat/pipeline"
	"carat/pipeline/lake/catalog"
	"carat/pipeline/lake/chain"
	"carat/pipeline/lake/keyindex"
	"carat/pipeline/lake/keys"
	"carat/pipeline/lake/pages"
	"carat/pipeline/lake/place"
	"carat/pipeline/lake/raw"
	"carat/pipeline/lake/store"
)

// Stage takes the rows of one batch. Nothing of it is in the lake until
// Commit; Discard, or a crash, leaves no trace. It is a pipeline.Sink.
type Stage[T any, P pages.RowPointer[T]] struct {
	lake    *Lake
	ctx     context.Context
	feed    pipeline.Feed
	info    rawTable
	batchID string
	batchNo int64
	dir     string
	day     pages.Column // the event column; zero for reference feeds
	rowForm pages.RowEncoder
	keys    *keys.Hashes
	index   *keyindex.Index // of all keys of the table; nil: there is none
	asked   bool            // the batch's keys were put beside it
	// contentSeed is for hashes of whole rows.
	contentSeed maphash.Seed
	sync        *store.Syncer

	turn     sync.Mutex // held while blocks are decided
	nextTurn int
	parked   map[int]*block[T, P]

	mu      sync.Mutex
	blocks  []*block[T, P]
	files   []pages.StagedFile
	waiting map[int]*pages.BlockDigest // closed blocks before which one is still open
	next    int                        // the block that joins next
	joined  pages.JoinedDigest
	people  map[int][]pipeline.Person
	erased  int64 // rows of people who were erased
	rejects *pages.FileWriter[pipeline.Reject]
	refused int64
	twice   int64          // rows left out by the blocks
	stale   map[int64]bool // groups that lost rows since their digest was taken
	raw     *raw.Writer
	move    *catalog.Move // once a commit was tried
	ended   bool
}

var _ pipeline.Sink[pipeline.GiftEvent] = (*Stage[pipeline.GiftEvent, *pipeline.GiftEvent])(nil)

// NewStage begins a batch of a feed. The lake must be locked, and batchID must
// be NextBatchID.
func NewStage[T any, P pages.RowPointer[T]](ctx context.Context, l *Lake, feed pipeline.Feed, batchID string) (*Stage[T, P], error) {
	info, ok := l.rawInfo[feed.Name]
	if !ok {
		return nil, pipeline.Errorf(pipeline.KindInternal, "stage", feed.Name, "no such table")
	}
	if l.InBucket() && feed.Personal() && l.cfg.People == "" {
		return nil, place.RefusePeople(feed.Name)
	}
	s := &Stage[T, P]{lake: l, ctx: ctx, feed: feed, info: info, batchID: batchID, rowForm: pages.NewRowEncoder(info.Columns),
		waiting: map[int]*pages.BlockDigest{}, people: map[int][]pipeline.Person{}, sync: store.NewSyncer(l.disk),
		stale: map[int64]bool{}, parked: map[int]*block[T, P]{}, contentSeed: maphash.MakeSeed()}
	if feed.EventColumn != "" {
		var err error
		if s.day, err = pages.FindColumn(info.Columns, feed.EventColumn); err != nil {
			return nil, pipeline.Errorf(pipeline.KindInternal, "stage", feed.Name, "%w", err)
		}
	}
	var err error
	if s.batchNo, err = chain.BatchSeq(batchID); err != nil {
		return nil, pipeline.Errorf(pipeline.KindInternal, "stage", batchID, "%w", err)
	}
	dir, err := l.StagingDir(batchID)
	if err != nil {
		return nil, err
	}
	s.dir, s.index = dir, l.keyIndex(feed)
	s.keys = keys.New(dir, s.index.Hasher())
	return s, nil
}

// OpenBlock begins block seq.
func (s *Stage[T, P]) OpenBlock(seq int) (pipeline.BlockSink[T], error) {
	b := &block[T, P]{stage: s, seq: seq, open: map[partition]*pages.RowFile[T, P]{}, parts: map[partition]int{}}
	s.mu.Lock()
	s.blocks = append(s.blocks, b)
	s.mu.Unlock()
	return b, nil
}

// ready takes a block that has all its rows, and decides it if all before it
// are decided, and then those after it that waited. It gives the blocks that
// were decided, for the caller to write. Nobody waits for anybody: a block whose
// turn hasn't come is left to the one that comes before it.
func (s *Stage[T, P]) ready(b *block[T, P]) ([]*block[T, P], error) {
	s.turn.Lock()
	defer s.turn.Unlock()
	s.parked[b.seq] = b
	var decided []*block[T, P]
	for next := s.parked[s.nextTurn]; next != nil; next = s.parked[s.nextTurn] {
		delete(s.parked, s.nextTurn)
		s.nextTurn++
		if err := next.decide(); err != nil {
			return nil, err
		}
		decided = append(decided, next)
	}
	return decided, nil
}

// closeBlock takes what a block has made.
func (s *Stage[T, P]) closeBlock(b *block[T, P]) {
	for _, f := range b.files {
		s.sync.Add(f.Path)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files = append(s.files, b.files...)
	s.twice += b.twice
	if len(b.people) > 0 {
		s.people[b.seq] = b.people
	}
	s.waiting[b.seq] = &b.digest
	for d := s.waiting[s.next]; d != nil; d = s.waiting[s.next] {
		s.joined.Join(d)
		delete(s.waiting, s.next)
		s.next++
	}
}

// AddRejects takes rows that were not taken, with their lineage filled in.
func (s *Stage[T, P]) AddRejects(rejects []pipeline.Reject) error {
	if len(rejects) == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rejects == nil {
		name := s.batchID + ".parquet"
		w, err := pages.NewFileWriter[pipeline.Reject](s.lake.disk, s.lake.codec, filepath.Join(s.dir, pages.RejectsTable, name), name, pages.PageBytesMany, nil)
		if err != nil {
			return s.lake.fail("write rejects of", s.batchID, err)
		}
		s.rejects = w
	}
	rejects = slices.Clone(rejects)
	for i := range rejects {
		rejects[i].BatchID, rejects[i].BatchNo = s.batchID, s.batchNo
	}
	s.refused += int64(len(rejects))
	for part := range slices.Chunk(rejects, pipeline.BatchRows) {
		if err := s.rejects.Write(part); err != nil {
			return s.lake.fail("write rejects of", s.batchID, err)
		}
	}
	return nil
}

// Raw gives the writer that keeps the source file's bytes. Close it after the
// last byte; SHA256 and Commit do so if need be.
func (s *Stage[T, P]) Raw() io.WriteCloser {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.raw == nil {
		s.raw = s.lake.sources.Keep(filepath.Join(s.dir, "raw"))
	}
	return s.raw
}

// SHA256 gives the hash and size of what was written to Raw. It ends Raw.
func (s *Stage[T, P]) SHA256() (hash string, size int64, err error) {
	w := s.Raw().(*raw.Writer)
	if err := w.Close(); err != nil {
		return "", 0, err
	}
	return w.SHA256, w.Size, nil
}

// Files gives the staged Parquet files, for a look at keys before the commit.
// All blocks must be closed.
func (s *Stage[T, P]) Files() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sortFiles()
	paths := make([]string, len(s.files))
	for i, f := range s.files {
		paths[i] = f.Path
	}
	return paths
}

func (s *Stage[T, P]) sortFiles() {
	slices.SortFunc(s.files, func(a, b pages.StagedFile) int {
		if a.Rel < b.Rel {
			return -1
		}
		return 1
	})
}

// Rows is the number of rows staged.
func (s *Stage[T, P]) Rows() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	var n int64
	for _, f := range s.files {
		n += f.Rows
	}
	return n
}

// KeysMayRepeat says whether any key may occur twice in the batch. False is
// certain; true asks for an exact look. All blocks must be closed.
func (s *Stage[T, P]) KeysMayRepeat() (bool, error) {
	may, err := s.keys.MayRepeat()
	return may, s.lake.fail("look for repeated keys in", s.batchID, err)
}

// rowsDigest gives rows-sha256 and the number of the rows staged now.
func (s *Stage[T, P]) rowsDigest() (pages.RowsDigest, error) {
	if len(s.waiting) > 0 || s.next < len(s.blocks) {
		return pages.RowsDigest{}, fmt.Errorf("block %d was never closed", s.next)
	}
	s.sortFiles()
	if s.joined.Unordered {
		var paths []string
		for _, f := range s.files {
			paths = append(paths, f.Path)
		}
		groups, rows, err := s.info.Hash(s.ctx, paths, "", nil)
		return pages.DigestOf(groups, rows), err
	}
	s.joined.End()
	if len(s.stale) == 0 {
		return pages.DigestOf(s.joined.Groups, s.joined.Rows), nil
	}
	return s.freshDigest()
}

// freshDigest takes the digests of groups that lost rows from the files anew.
func (s *Stage[T, P]) freshDigest() (pages.RowsDigest, error) {
	var paths []string
	var rows int64
	for _, f := range s.files {
		rows += f.Rows
		for g := f.MinLine / pages.GroupLines; g <= f.MaxLine/pages.GroupLines; g++ {
			if s.stale[g] {
				paths = append(paths, f.Path)
				break
			}
		}
	}
	groups, _, err := s.info.Hash(s.ctx, paths, "", s.stale)
	if err != nil {
		return pages.RowsDigest{}, err
	}
	for _, g := range s.joined.Groups {
		if !s.stale[g.Group] {
			groups = append(groups, g)
		}
	}
	return pages.DigestOf(groups, rows), nil
}

// Duplicates is the number of rows that were left out because the same row, in
// every column, came before in the file. All blocks must be closed. Commit counts them as duplicates.
func (s *Stage[T, P]) Duplicates() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.twice
}

// Discard gives the batch up and removes what was staged. It is safe after
// Commit, where it does nothing.
func (s *Stage[T, P]) Discard() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return nil
	}
	s.ended = true
	var errs []error
	if s.rejects != nil {
		errs = append(errs, s.rejects.Abandon())
	}
	if s.raw != nil {
		errs = append(errs, s.raw.Abandon())
	}
	s.sync.Abandon()
	s.index.Forget()
	errs = append(errs, s.keys.Close())
	if s.move == nil {
		s.move = s.lake.catalog.NewMove(s.dir)
	}
	errs = append(errs, s.move.Tidy())
	return s.lake.fail("discard", s.batchID, errors.Join(errs...))
}
