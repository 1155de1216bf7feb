package lake

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/apache/iceberg-go/table"
)

// A compaction is a link of the one hash chain, between the batches: its
// snapshot's properties hold the hash of the files that it replaced, the hash
// of those that it wrote, and the chain value before it; the next batch, or
// compaction, continues from its value. It adds no row, so it has no seq.

// compactionHead is what finding and chaining compactions needs of each.
type compactionHead struct {
	number int64
	after  int64 // seq of the last batch before
	chain  string
}

func compactionIDOf(number int64) string { return fmt.Sprintf("c%06d", number) }

func compactionNumber(id string) (int64, error) {
	digits, ok := strings.CutPrefix(id, "c")
	number, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil || number < 1 || compactionIDOf(number) != id {
		return 0, fmt.Errorf("%q is not a compaction's id like c000007", id)
	}
	return number, nil
}

func isCompaction(snap *table.Snapshot) bool {
	return snap.Summary != nil && snap.Summary.Properties[propCompaction] != ""
}

func readCompaction(snap *table.Snapshot) (compactionHead, error) {
	p := snap.Summary.Properties
	number, err := compactionNumber(p[propCompaction])
	if err != nil {
		return compactionHead{}, err
	}
	after, err := batchSeq(p[propAfter])
	return compactionHead{number, after, p[propChain]}, err
}

// compactionHeads lists the compactions of the loaded tables. l.mu is held.
func (l *Lake) compactionHeads() []compactionHead {
	var heads []compactionHead
	for _, name := range l.rawNames() {
		t, ok := l.tables[name]
		if !ok {
			continue
		}
		for _, snap := range t.tbl.Metadata().Snapshots() {
			if !isCompaction(&snap) {
				continue
			}
			if h, err := readCompaction(&snap); err == nil {
				heads = append(heads, h)
			}
		}
	}
	sort.Slice(heads, func(i, j int) bool { return heads[i].number < heads[j].number })
	return heads
}

// lastCompaction gives the number of the last compaction, 0 when there is none.
func (l *Lake) lastCompaction() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := len(l.rewrites); n > 0 {
		return l.rewrites[n-1].number
	}
	return 0
}

// lastChain gives the value of the chain's last link, "" when there is none.
func (l *Lake) lastChain() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var last batchHead
	if n := len(l.previous); n > 0 {
		last = l.previous[n-1]
	}
	if n := len(l.rewrites); n > 0 && l.rewrites[n-1].after >= last.seq {
		return l.rewrites[n-1].chain
	}
	return last.chain
}

// compaction is a compaction with the snapshot it was read from.
type compaction struct {
	compactionHead
	id    string
	table string
	snap  table.Snapshot
}

// compactions lists the compactions in order.
func (v *verifier) compactions() []compaction {
	var all []compaction
	for _, name := range v.lake.rawNames() {
		t, ok := v.lake.tableCalled(name)
		if !ok {
			continue
		}
		for _, snap := range t.tbl.Metadata().Snapshots() {
			if !isCompaction(&snap) {
				continue
			}
			id := snap.Summary.Properties[propCompaction]
			h, err := readCompaction(&snap)
			if err != nil {
				v.differ("compaction %s of table %s: %v", id, name, err)
				continue
			}
			all = append(all, compaction{h, id, name, snap})
		}
	}
	sort.Slice(all, func(i, j int) bool { return all[i].number < all[j].number })
	return all
}

// compaction checks one compaction: its link, its files and those that it
// replaced, and that each file holds exactly the rows of those it was made of.
// So every state after it holds the rows whose hashes the batches give.
func (v *verifier) compaction(ctx context.Context, c compaction, number int64, previous string) {
	whose := "compaction " + c.id
	p := c.snap.Summary.Properties
	if c.number != number {
		v.differ("%s follows where %s should be", whose, compactionIDOf(number))
	}
	if p[propPreviousChain] != previous {
		v.differ("%s doesn't follow what is before it: carat.previous-chain is %s, the chain's value %s", whose, p[propPreviousChain], previous)
	}
	if got := chainValue(p); got != c.chain {
		v.differ("%s was changed: its properties give the chain value %s, carat.chain says %s", whose, got, c.chain)
	}
	v.report.Compactions++
	added, replaced, err := v.lake.exchanged(c.table, &c.snap)
	if err != nil {
		v.differ("%s: its list of files can't be read: %v", whose, err)
		return
	}
	v.live.exchange(c.table, added, replaced)
	if !v.hashes(whose, added, p[propFilesSHA256]) || !v.hashesAgain(whose+", of what it replaced", replaced, p[propReplacedSHA256]) {
		return
	}
	left := map[string]bool{}
	for _, path := range replaced {
		left[path] = true
	}
	for _, path := range added {
		if err := ctx.Err(); err != nil {
			return // walk tells it
		}
		from, err := replacedBy(path)
		if err != nil {
			v.differ("%s: file %s: %v", whose, path, err)
			return
		}
		for _, old := range from {
			if !left[old] {
				v.differ("%s: file %s was made of %s, which the compaction didn't replace", whose, path, filepath.Base(old))
				return
			}
			delete(left, old)
		}
		if err := v.lake.compactors[c.table].equal(ctx, path, from); err != nil {
			v.differ("%s: file %s doesn't hold the rows that it was made of: %v", whose, path, err)
		}
	}
	if len(left) > 0 {
		v.differ("%s: the rows of %d files that it replaced are nowhere", whose, len(left))
	}
}

// exchanged gives the files that a snapshot added to those of its parent, and
// those that it took away.
func (l *Lake) exchanged(name string, snap *table.Snapshot) (added, gone []string, err error) {
	t, ok := l.tableCalled(name)
	if !ok || snap.ParentSnapshotID == nil {
		return nil, nil, errors.New("it has no snapshot before it")
	}
	parent := t.tbl.SnapshotByID(*snap.ParentSnapshotID)
	if parent == nil {
		return nil, nil, errors.New("the snapshot before it is gone")
	}
	before, err := l.snapshotFiles(parent)
	if err != nil {
		return nil, nil, err
	}
	after, err := l.snapshotFiles(snap)
	if err != nil {
		return nil, nil, err
	}
	return without(after, before), without(before, after), nil
}

// without gives the elements of one sorted list that another lacks.
func without(list, other []string) []string {
	var rest []string
	for _, s := range list {
		if _, there := slices.BinarySearch(other, s); !there {
			rest = append(rest, s)
		}
	}
	return rest
}

// liveFiles is what the tables should read, by the history.
type liveFiles map[string]map[string]bool

func (f liveFiles) exchange(name string, added, gone []string) {
	if f[name] == nil {
		f[name] = map[string]bool{}
	}
	for _, path := range gone {
		delete(f[name], path)
	}
	for _, path := range added {
		f[name][path] = true
	}
}

func fileSize(path string) (int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
