package verify

import (
	"context"
	"errors"
	"path/filepath"

	"carat/pipeline/lake/chain"
	"carat/pipeline/lake/pages"
)

// compaction checks one compaction: its link, its files and those that it
// replaced, and that each file holds exactly the rows of those it was made of.
// So every state after it holds the rows whose hashes the batches give.
func (v *verifier) compaction(ctx context.Context, c chain.Link, previous string, next map[string]int64) {
	whose := "compaction " + c.ID
	number, err := chain.CompactionNumber(c.ID)
	if want := next[chain.KindCompaction] + 1; err != nil || number != want {
		v.differ("%s follows where %s should be", whose, chain.CompactionID(want))
	}
	next[chain.KindCompaction] = number
	p, ok := v.linked(whose, c, previous)
	if !ok {
		return
	}
	v.present(whose, c)
	v.report.Compactions++
	added, err := v.cat.PathsOf(c.Files)
	replaced, rerr := v.cat.PathsOf(c.Replaced)
	if err := errors.Join(err, rerr); err != nil {
		v.differ("%s: its list of files can't be read: %v", whose, err)
		return
	}
	v.live.exchange(c.Table, added, replaced)
	if !v.hashes(whose, added, p[chain.PropFilesSHA256], c.Files) || !v.hashesAgain(whose+", of what it replaced", replaced, p[chain.PropReplacedSHA256], c.Replaced) {
		return
	}
	if chain.Hash(c.Files) != p[chain.PropFilesSHA256] || chain.Hash(c.Replaced) != p[chain.PropReplacedSHA256] {
		v.differ("%s: its lists of files were changed: they don't give what carat.files-sha256 and carat.replaced-sha256 say", whose)
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
		if err := v.compactors[c.Table].Equal(ctx, path, from); err != nil {
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
