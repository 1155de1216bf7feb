// Package compact rewrites small files of the raw tables as few larger ones.
//
// It promises to change no row, and that each table's compaction is one commit and
// one link of the hash chain. What it may not know: batches, feeds and results.
//
// It may import catalog, chain, pages and store.
package compact
