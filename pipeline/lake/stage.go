package lake

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io/fs"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"

	"carat/pipeline"
)

// Stage takes the rows of one batch. Nothing of it is in the lake until
// Commit; Discard, or a crash, leaves no trace. It is a pipeline.Sink.
type Stage[T any, P rowPointer[T]] struct {
	lake    *Lake
	ctx     context.Context
	feed    pipeline.Feed
	info    rawTable
	batchID string
	dir     string
	day     column // the event column; zero for reference feeds
	rowForm rowEncoder
	layout  *tableLayout
	keys    *keyHashes
	// contentSeed is for hashes of whole rows.
	contentSeed maphash.Seed
	sync        *syncer

	turn     sync.Mutex // held while blocks are decided
	nextTurn int
	parked   map[int]*block[T, P]

	mu      sync.Mutex
	blocks  []*block[T, P]
	files   []stagedFile
	waiting map[int]*blockDigest // closed blocks before which one is still open
	next    int                  // the block that joins next
	joined  joinedDigest
	people  map[int][]pipeline.Person
	rejects *fileWriter[pipeline.Reject]
	refused int64
	twice   int64          // rows left out by the blocks
	stale   map[int64]bool // groups that lost rows since their digest was taken
	raw     *rawWriter
	move    *move // once a commit was tried
	ended   bool
}

var _ pipeline.Sink[pipeline.GiftEvent] = (*Stage[pipeline.GiftEvent, *pipeline.GiftEvent])(nil)

// NewStage begins a batch of a feed. The lake must be locked, and batchID must
// be NextBatchID.
func NewStage[T any, P rowPointer[T]](ctx context.Context, l *Lake, feed pipeline.Feed, batchID string) (*Stage[T, P], error) {
	info, ok := l.rawInfo[feed.Name]
	if !ok {
		return nil, pipeline.Errorf(pipeline.KindInternal, "stage", feed.Name, "no such table")
	}
	s := &Stage[T, P]{lake: l, ctx: ctx, feed: feed, info: info, batchID: batchID, rowForm: newRowEncoder(info.columns),
		waiting: map[int]*blockDigest{}, people: map[int][]pipeline.Person{}, sync: newSyncer(l.disk),
		stale: map[int64]bool{}, parked: map[int]*block[T, P]{}, contentSeed: maphash.MakeSeed()}
	if feed.EventColumn != "" {
		var err error
		if s.day, err = findColumn(info.columns, feed.EventColumn); err != nil {
			return nil, pipeline.Errorf(pipeline.KindInternal, "stage", feed.Name, "%w", err)
		}
	}
	var err error
	if s.layout, err = newTableLayout[T](l.codec, bloomColumns(feed), noBounds(feed.Name), info.columns); err != nil {
		return nil, pipeline.Errorf(pipeline.KindInternal, "stage", feed.Name, "%w", err)
	}
	if _, err := batchSeq(batchID); err != nil {
		return nil, pipeline.Errorf(pipeline.KindInternal, "stage", batchID, "%w", err)
	}
	dir, err := l.StagingDir(batchID)
	if err != nil {
		return nil, err
	}
	s.dir = dir
	s.keys = &keyHashes{seed: maphash.MakeSeed(), limit: keyMemory, folder: dir}
	return s, nil
}

// OpenBlock begins block seq.
func (s *Stage[T, P]) OpenBlock(seq int) (pipeline.BlockSink[T], error) {
	b := &block[T, P]{stage: s, seq: seq, open: map[partition]*stagedColumns{}, parts: map[partition]int{}}
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
		s.sync.add(f.Path)
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
		s.joined.join(d)
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
		w, err := newFileWriter[pipeline.Reject](s.lake, filepath.Join(s.dir, rejectsTable, name), name, pageBytesMany, nil, nil)
		if err != nil {
			return s.lake.fail("write rejects of", s.batchID, err)
		}
		s.rejects = w
	}
	rejects = slices.Clone(rejects)
	for i := range rejects {
		rejects[i].BatchID = s.batchID
	}
	s.refused += int64(len(rejects))
	for part := range slices.Chunk(rejects, pipeline.BatchRows) {
		if err := s.rejects.write(part); err != nil {
			return s.lake.fail("write rejects of", s.batchID, err)
		}
	}
	return nil
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
	slices.SortFunc(s.files, func(a, b stagedFile) int {
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
	may, err := s.keys.mayRepeat()
	return may, s.lake.fail("look for repeated keys in", s.batchID, err)
}

// rowsDigest gives rows-sha256 and the number of the rows staged now.
func (s *Stage[T, P]) rowsDigest() (rowsDigest, error) {
	if len(s.waiting) > 0 || s.next < len(s.blocks) {
		return rowsDigest{}, fmt.Errorf("block %d was never closed", s.next)
	}
	s.sortFiles()
	if s.joined.unordered {
		var paths []string
		for _, f := range s.files {
			paths = append(paths, f.Path)
		}
		groups, rows, err := s.info.hash(s.ctx, paths, "", nil)
		return digestOf(groups, rows), err
	}
	s.joined.end()
	if len(s.stale) == 0 {
		return digestOf(s.joined.groups, s.joined.rows), nil
	}
	return s.freshDigest()
}

// freshDigest takes the digests of groups that lost rows from the files anew.
func (s *Stage[T, P]) freshDigest() (rowsDigest, error) {
	var paths []string
	var rows int64
	for _, f := range s.files {
		rows += f.Rows
		for g := f.minLine / groupLines; g <= f.maxLine/groupLines; g++ {
			if s.stale[g] {
				paths = append(paths, f.Path)
				break
			}
		}
	}
	groups, _, err := s.info.hash(s.ctx, paths, "", s.stale)
	if err != nil {
		return rowsDigest{}, err
	}
	for _, g := range s.joined.groups {
		if !s.stale[g.group] {
			groups = append(groups, g)
		}
	}
	return digestOf(groups, rows), nil
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
		errs = append(errs, s.rejects.f.Close())
	}
	if s.raw != nil {
		errs = append(errs, s.raw.abandon())
	}
	s.sync.giveUp.Store(true)
	_ = s.sync.wait() // the files go away all the same
	errs = append(errs, s.keys.close())
	if s.move == nil {
		s.move = &move{lake: s.lake, dir: s.dir}
	}
	errs = append(errs, s.move.tidy())
	return s.lake.fail("discard", s.batchID, errors.Join(errs...))
}

// noBounds are the columns whose page bounds would prune nothing: ids that are
// spread over every file. Finding them costs a tenth of the writer's time.
func noBounds(feed string) []string {
	if feed == "gift_events" {
		return []string{"original_event_id", "stream_id", "viewer_id", "creator_id"}
	}
	return nil
}

// syncer makes staged files durable beside the writing, so that the commit
// finds them on disk and doesn't wait for all of them at once.
type syncer struct {
	disk   *disk
	queue  chan string
	done   chan struct{}
	once   sync.Once
	giveUp atomic.Bool
	err    error
}

func newSyncer(d *disk) *syncer {
	s := &syncer{disk: d, queue: make(chan string, 1024), done: make(chan struct{})}
	go func() {
		defer close(s.done)
		for path := range s.queue {
			if s.giveUp.Load() {
				continue
			}
			err := d.syncFile(path)
			if errors.Is(err, fs.ErrNotExist) {
				continue // Drop took it; a file that is missed shows when it is moved
			}
			if err != nil && s.err == nil {
				s.err = err
			}
		}
	}()
	return s
}

func (s *syncer) add(path string) { s.queue <- path }

// wait ends the syncer and gives its first error.
func (s *syncer) wait() error {
	s.once.Do(func() { close(s.queue) })
	<-s.done
	return s.err
}
