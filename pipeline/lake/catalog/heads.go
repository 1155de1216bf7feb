package catalog

import (
	"sort"

	"carat/pipeline/lake/chain"
	"carat/pipeline/lake/pages"
)

// batchHead is what finding and chaining batches needs of each.
type batchHead struct {
	Seq       int64
	ID        string
	Feed      string
	SHA256    string
	Size      int64
	chain     string
	Committed int64  // milliseconds since the epoch
	Undoes    string // the batch that it takes out; "" for none
}

// batchHeads lists the batches of the loaded tables by seq. cat.mu is held.
func (cat *Catalog) batchHeads() []batchHead {
	var heads []batchHead
	for name, t := range cat.tables {
		if _, raw := cat.raw[name]; !raw {
			continue
		}
		for _, snap := range t.Iceberg.Metadata().Snapshots() {
			if !chain.IsBatch(&snap) {
				continue
			}
			if b, err := chain.ReadBatch(name, &snap); err == nil {
				undoes := ""
				if b.Undo != nil {
					undoes = b.Undo.Batch
				}
				heads = append(heads, batchHead{b.Seq, b.ID, b.Feed, b.SourceSHA256, b.SourceBytes, b.Chain, snap.TimestampMs, undoes})
			}
		}
	}
	sort.Slice(heads, func(i, j int) bool { return heads[i].Seq < heads[j].Seq })
	return heads
}

// Heads lists the batches as last seen, by seq.
func (cat *Catalog) Heads() []batchHead {
	cat.mu.Lock()
	defer cat.mu.Unlock()
	return cat.previous
}

// UndoneBy gives the batches that were taken out up to a batch, and by which.
func (cat *Catalog) UndoneBy(seq int64) map[string]string {
	undone := map[string]string{}
	for _, h := range cat.Heads() {
		if h.Undoes != "" && h.Seq <= seq && undone[h.Undoes] == "" {
			undone[h.Undoes] = h.ID
		}
	}
	return undone
}

// LastHead gives the last batch, zero when there is none.
func (cat *Catalog) LastHead() batchHead {
	if h := cat.Heads(); len(h) > 0 {
		return h[len(h)-1]
	}
	return batchHead{}
}

// compactionHeads lists the compactions of the loaded tables. cat.mu is held.
func (cat *Catalog) compactionHeads() []chain.Compaction {
	var heads []chain.Compaction
	for _, name := range cat.RawNames() {
		t, ok := cat.tables[name]
		if !ok {
			continue
		}
		for _, snap := range t.Iceberg.Metadata().Snapshots() {
			if !chain.IsCompaction(&snap) {
				continue
			}
			if h, err := chain.ReadCompaction(&snap); err == nil {
				heads = append(heads, h)
			}
		}
	}
	sort.Slice(heads, func(i, j int) bool { return heads[i].Number < heads[j].Number })
	return heads
}

// LastCompaction gives the number of the last compaction, 0 when there is none.
func (cat *Catalog) LastCompaction() int64 {
	cat.mu.Lock()
	defer cat.mu.Unlock()
	if n := len(cat.rewrites); n > 0 {
		return cat.rewrites[n-1].Number
	}
	return 0
}

// LastChain gives the value of the chain's last link, "" when there is none.
func (cat *Catalog) LastChain() string {
	cat.mu.Lock()
	defer cat.mu.Unlock()
	var last batchHead
	if n := len(cat.previous); n > 0 {
		last = cat.previous[n-1]
	}
	if n := len(cat.rewrites); n > 0 && cat.rewrites[n-1].After >= last.Seq {
		return cat.rewrites[n-1].Chain
	}
	return last.chain
}

// HasRun says whether a run is in the result tables as last seen.
func (cat *Catalog) HasRun(id string) bool {
	for _, t := range cat.Results() {
		for _, snap := range t.Iceberg.Metadata().Snapshots() {
			if snap.Summary != nil && snap.Summary.Properties[chain.PropRun] == id {
				return true
			}
		}
	}
	return false
}

// RawNames lists the raw tables, rejects included.
func (cat *Catalog) RawNames() []string {
	names := []string{pages.RejectsTable}
	for name := range cat.raw {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}
