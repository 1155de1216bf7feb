package verify

import (
	"context"
	"path/filepath"
	"sort"

	"carat/pipeline/lake/chain"
	"carat/pipeline/lake/pages"
	"github.com/apache/iceberg-go/table"
)

// compaction is a compaction with the snapshot it was read from.
type compaction struct {
	chain.Compaction
	id    string
	table string
	snap  table.Snapshot
}

// compactions lists the compactions in order.
func (v *verifier) compactions() []compaction {
	var all []compaction
	for _, name := range v.cat.RawNames() {
		t, ok := v.cat.Table(name)
		if !ok {
			continue
		}
		for _, snap := range t.Iceberg.Metadata().Snapshots() {
			if !chain.IsCompaction(&snap) {
				continue
			}
			id := snap.Summary.Properties[chain.PropCompaction]
			h, err := chain.ReadCompaction(&snap)
			if err != nil {
				v.differ("compaction %s of table %s: %v", id, name, err)
				continue
			}
			all = append(all, compaction{h, id, name, snap})
		}
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Number < all[j].Number })
	return all
}

// compaction checks one compaction: its link, its files and those that it
// replaced, and that each file holds exactly the rows of those it was made of.
// So every state after it holds the rows whose hashes the batches give.
func (v *verifier) compaction(ctx context.Context, c compaction, number int64, previous string) {
	whose := "compaction " + c.id
	p := c.snap.Summary.Properties
	if c.Number != number {
		v.differ("%s follows where %s should be", whose, chain.CompactionID(number))
	}
	if p[chain.PropPreviousChain] != previous {
		v.differ("%s doesn't follow what is before it: carat.previous-chain is %s, the chain's value %s", whose, p[chain.PropPreviousChain], previous)
	}
	if got := chain.Value(p); got != c.Chain {
		v.differ("%s was changed: its properties give the chain value %s, carat.chain says %s", whose, got, c.Chain)
	}
	v.report.Compactions++
	v.keeps(whose, p)
	added, replaced, err := v.cat.Exchanged(c.table, &c.snap)
	if err != nil {
		v.differ("%s: its list of files can't be read: %v", whose, err)
		return
	}
	v.live.exchange(c.table, added, replaced)
	if !v.hashes(whose, added, p[chain.PropFilesSHA256]) || !v.hashesAgain(whose+", of what it replaced", replaced, p[chain.PropReplacedSHA256]) {
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
		from, err := pages.ReplacedBy(path)
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
		if err := v.compactors[c.table].Equal(ctx, path, from); err != nil {
			v.differ("%s: file %s doesn't hold the rows that it was made of: %v", whose, path, err)
		}
	}
	if len(left) > 0 {
		v.differ("%s: the rows of %d files that it replaced are nowhere", whose, len(left))
	}
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
