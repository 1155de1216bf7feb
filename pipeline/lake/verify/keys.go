package verify

import (
	"path/filepath"

	"carat/pipeline/lake/chain"
	"carat/pipeline/lake/keyindex"
	"carat/pipeline/lake/store"
)

// keyIndexes compares the indexes of keys on this machine with the batches: one that
// lacks a key lets its row come in twice. One that is damaged says so to whoever asks it
// there, and is then filled again.
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
		folder := store.KeysFolder + "/" + name
		filled, counts, changed := keyindex.Check(filepath.Join(v.cat.Disk.Root, store.KeysFolder, name))
		if len(changed) > 0 { // a batch that came just now may have merged its files
			filled, counts, changed = keyindex.Check(filepath.Join(v.cat.Disk.Root, store.KeysFolder, name))
		}
		for _, file := range changed {
			v.differ("file %s/%s was changed, which has hashes of keys: take the folder %[1]s away, and the next file of %[3]s fills it again from the rows", folder, file, name)
		}
		if len(changed) > 0 || values[filled.BatchNo] != filled.Chain {
			continue // it is of another history, or of a batch that came since: it isn't asked
		}
		for _, b := range batches[name] {
			if b.Seq <= filled.BatchNo && counts[b.Seq] < b.RowsAccepted {
				v.differ("the index of keys in %s has %d of the %d keys of %s: take the folder away, and the next file of %s fills it again from the rows",
					folder, counts[b.Seq], b.RowsAccepted, b.ID, name)
			}
		}
	}
}
