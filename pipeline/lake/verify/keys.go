package verify

import (
	"path/filepath"

	"carat/pipeline/lake/chain"
	"carat/pipeline/lake/keyindex"
	"carat/pipeline/lake/store"
)

// keyIndexes compares the indexes of keys on this machine with the batches: one that
// lacks a key lets its row come in twice. One that is damaged says so to whoever asks it,
// and is then filled again: that is only noted.
func (v *verifier) keyIndexes(all []chain.Link) {
	batches := map[string][]chain.CommittedBatch{}
	values := map[int64]string{}
	for _, l := range all {
		if l.Kind != chain.KindBatch && l.Kind != chain.KindUndo {
			continue
		}
		if b, err := chain.ReadBatch(l); err == nil { // else it was told before
			batches[l.Table] = append(batches[l.Table], b)
			values[l.BatchNo] = l.Value
		}
	}
	for _, name := range v.cat.RawNames() {
		x := keyindex.Open(filepath.Join(v.cat.Disk.Root, store.KeysFolder, name))
		filled := x.Filled()
		if filled.BatchNo == 0 || values[filled.BatchNo] != filled.Chain {
			continue // it is of another history, or of a batch that came since: it isn't asked
		}
		counts, err := x.Check()
		if err != nil { // a batch that came just now may have merged its files
			x = keyindex.Open(filepath.Join(v.cat.Disk.Root, store.KeysFolder, name))
			counts, err = x.Check()
		}
		if err != nil {
			v.report.Notes = append(v.report.Notes, "folder "+store.KeysFolder+"/"+name+" is damaged: the next file of "+name+" fills it again from the rows")
			continue
		}
		for _, b := range batches[name] {
			if b.Seq <= filled.BatchNo && counts[b.Seq] < b.RowsAccepted {
				v.differ("the index of keys in %s/%s has %d of the %d keys of %s: take the folder away, and the next file of %s fills it again from the rows",
					store.KeysFolder, name, counts[b.Seq], b.RowsAccepted, b.ID, name)
			}
		}
	}
}
