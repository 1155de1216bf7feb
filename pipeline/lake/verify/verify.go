package verify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"carat/pipeline"
	"carat/pipeline/lake/catalog"
	"carat/pipeline/lake/chain"
	"carat/pipeline/lake/pages"
	"carat/pipeline/lake/raw"
	"carat/pipeline/lake/seal"
	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
)

// Verification is what Verify went through.
type Verification struct {
	Batches     int
	Compactions int
	Runs        int
	Files       int    // Parquet files hashed
	Rows        int64  // rows of raw tables hashed
	Chain       string // value of the last link; compare it with one kept elsewhere
	// Heads are the ends of the chain of records that batches, compactions and runs keep.
	Heads []KeptHead
	// Differences are everything that is not as the history says, in plain
	// sentences; none when the lake verifies.
	Differences []string
	// Notes are what is as it was, and not as it would be written now.
	Notes []string
}

// History walks the hash chain from the first batch to the last, offline: the
// chain values, the files and their hashes, the rows and their hash, the
// counts, the kept source files, and the files of published runs. It fails with
// KindVerification and the first difference; the report has them all.
//
// What it can't see is a lake whose last batches were cut off cleanly: for that
// the chain value is to be kept elsewhere too, as a period's certificate does.
func History(ctx context.Context, cat *catalog.Catalog, sources *raw.Files, compactors map[string]pages.Compactor) (Verification, error) {
	v := &verifier{cat: cat, sources: sources, compactors: compactors, live: liveFiles{}, sums: knownSums{}}
	changed, err := v.inventory(ctx)
	if err != nil {
		return v.report, cat.Disk.Fail("verify lake", cat.Disk.Root, err)
	}
	if err := cat.Refresh(ctx); err != nil {
		v.differ("the catalog or a table's metadata can't be read: %v", err)
	} else if err := v.walk(ctx); err != nil {
		return v.report, cat.Disk.Fail("verify lake", cat.Disk.Root, err)
	}
	v.integrity(ctx)
	for _, d := range append(changed, seal.Broken(cat.Disk.Root)...) {
		v.differOnce(d)
	}
	if n := len(v.report.Differences); n > 0 {
		return v.report, pipeline.Errorf(pipeline.KindVerification, "verify lake", cat.Disk.Root, "%s (%d in all)", v.report.Differences[0], n).
			WithHint("restore what differs from a backup, or find out who changed it")
	}
	return v.report, nil
}

// KeptHead is the end of the chain of records as the history has it, and where.
type KeptHead struct{ Where, Head string }

type verifier struct {
	cat        *catalog.Catalog
	sources    *raw.Files
	compactors map[string]pages.Compactor // by raw table
	report     Verification
	live       liveFiles
	sums       knownSums
}

func (v *verifier) differ(format string, args ...any) {
	v.report.Differences = append(v.report.Differences, fmt.Sprintf(format, args...))
}

// differOnce tells that a file differs, `file PATH …`, unless it was named before.
func (v *verifier) differOnce(text string) {
	path := strings.Fields(text)[1]
	if dir, base := filepath.Split(path); strings.HasPrefix(path, "raw/") || strings.HasPrefix(path, "people/raw/") {
		base, _, _ = strings.Cut(base, ".")
		path = dir + base
	}
	for _, d := range v.report.Differences {
		if strings.Contains(d, path) {
			return
		}
	}
	v.differ("%s", text)
}

// chained is a batch with the snapshot it was read from.
type chained struct {
	chain.CommittedBatch
	snap  table.Snapshot
	props iceberg.Properties
}

func (v *verifier) walk(ctx context.Context) error {
	batches := v.batches()
	previous, next := "", int64(1)
	rewrites, number := v.compactions(), int64(1)
	compactUntil := func(seq int64) {
		for ; len(rewrites) > 0 && rewrites[0].After < seq; rewrites = rewrites[1:] {
			v.compaction(ctx, rewrites[0], number, previous)
			previous, number = rewrites[0].Chain, rewrites[0].Number+1
		}
	}
	rows := map[string]int64{}
	for _, b := range batches {
		compactUntil(b.Seq)
		if err := ctx.Err(); err != nil {
			return err
		}
		if b.Seq != next {
			v.differ("batch %s follows where %s should be", b.ID, chain.BatchID(next))
		}
		if b.PreviousChain != previous {
			v.differ("batch %s doesn't follow the batch before it: carat.previous-chain is %s, that batch's carat.chain is %s", b.ID, b.PreviousChain, previous)
		}
		if got := chain.Value(b.props); got != b.Chain {
			if name := chain.LostName(b.props); name != "" {
				v.report.Notes = append(v.report.Notes, "batch "+b.ID+": the name of its file was no UTF-8 and is kept in part; by the chain it was "+name)
			} else {
				v.differ("batch %s was changed: its properties give the chain value %s, carat.chain says %s", b.ID, got, b.Chain)
			}
		}
		if b.RowsRead != b.RowsAccepted+b.RowsRejected+b.RowsDuplicate+b.RowsLeftOut {
			v.differ("batch %s: rows read %d is not accepted %d + rejected %d + duplicate %d + left out %d", b.ID, b.RowsRead, b.RowsAccepted, b.RowsRejected, b.RowsDuplicate, b.RowsLeftOut)
		}
		v.keeps("batch "+b.ID, b.props)
		v.files(ctx, b)
		v.source(b)
		rows[b.Table] += b.RowsAccepted
		previous, next = b.Chain, b.Seq+1
		v.report.Batches++
	}
	compactUntil(math.MaxInt64)
	v.report.Chain = previous
	v.runs()
	v.liveRows(rows)
	v.foreign(ctx)
	return ctx.Err()
}

// batches lists the batches by seq. Rejects are found with their batch.
func (v *verifier) batches() []chained {
	var all []chained
	for _, name := range v.cat.RawNames() {
		if name == pages.RejectsTable {
			continue // found with their batches
		}
		t, ok := v.cat.Table(name)
		if !ok {
			v.differ("table %s is missing", name)
			continue
		}
		for _, snap := range t.Iceberg.Metadata().Snapshots() {
			if !chain.IsBatch(&snap) {
				continue
			}
			b, err := chain.ReadBatch(name, &snap)
			if err != nil {
				v.differ("%v", err)
			}
			all = append(all, chained{b, snap, snap.Summary.Properties})
		}
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Seq < all[j].Seq })
	return all
}

// files checks the files that a batch added, and its rows.
func (v *verifier) files(ctx context.Context, b chained) {
	rows, err := v.cat.AddedFiles(&b.snap)
	if err != nil {
		v.differ("batch %s: its list of files can't be read: %v", b.ID, err)
		return
	}
	all := rows
	v.live.exchange(b.Table, rows, nil)
	if t, ok := v.cat.Table(pages.RejectsTable); ok {
		for _, snap := range t.Iceberg.Metadata().Snapshots() {
			if snap.Summary == nil || snap.Summary.Properties[chain.PropRejectsOf] != b.ID {
				continue
			}
			rejects, err := v.cat.AddedFiles(&snap)
			if err != nil {
				v.differ("batch %s: its list of rejects can't be read: %v", b.ID, err)
				return
			}
			v.live.exchange(pages.RejectsTable, rejects, nil)
			all = append(all[:len(all):len(all)], rejects...)
		}
	}
	if !v.hashes("batch "+b.ID, all, b.FilesSHA256) {
		return
	}
	t, _ := v.cat.RawTable(b.Table)
	groups, n, err := t.Hash(ctx, rows, b.ID, nil)
	d := pages.DigestOf(groups, n)
	switch {
	case err != nil:
		v.differ("batch %s: its rows can't be read: %v", b.ID, err)
	case d.Rows != b.RowsAccepted:
		v.differ("batch %s: its files hold %d rows, carat.rows-accepted says %d", b.ID, d.Rows, b.RowsAccepted)
	case d.SHA256 != b.RowsSHA256:
		v.differ("batch %s: its rows have the hash %s, carat.rows-sha256 says %s", b.ID, d.SHA256, b.RowsSHA256)
	}
	v.report.Rows += d.Rows
}

// hashes checks files against a files-sha256, and says whether they are there
// and right. A digest of several files doesn't tell which one was changed, but
// Parquet's page checksums mostly do.
func (v *verifier) hashes(whose string, paths []string, want string) bool {
	var sums []chain.FileHash
	for _, p := range paths {
		sum, err := v.sums.hash(p)
		if errors.Is(err, fs.ErrNotExist) {
			v.differ("%s: file %s is missing", whose, p)
			return false
		}
		if err != nil {
			v.differ("%s: file %s can't be read: %v", whose, p, err)
			return false
		}
		v.report.Files++
		sums = append(sums, chain.FileHash{Name: v.cat.Disk.Relative(p), SHA256: sum})
	}
	got := chain.FilesSHA256(sums)
	if got == want {
		return true
	}
	for _, p := range paths {
		if err := pages.ReadPages(p); err != nil {
			v.differ("%s: file %s was changed: %v", whose, p, err)
			return false
		}
	}
	what := fmt.Sprintf("one of %d files was changed or added", len(paths))
	if len(paths) == 1 {
		what = "file " + paths[0] + " was changed"
	}
	v.differ("%s: %s: the files give %s, carat.files-sha256 says %s", whose, what, got, want)
	return false
}

// hashesAgain is hashes of files that were counted before.
func (v *verifier) hashesAgain(whose string, paths []string, want string) bool {
	counted := v.report.Files
	defer func() { v.report.Files = counted }()
	return v.hashes(whose, paths, want)
}

// source checks the kept source file. Those that name persons may have been erased.
func (v *verifier) source(b chained) {
	r, err := v.sources.Open(b.Feed, b.SourceSHA256)
	if errors.Is(err, os.ErrNotExist) {
		if !raw.PersonalFeeds[b.Feed] {
			v.differ("batch %s: its source file %s is not under raw/ any more", b.ID, b.SourceSHA256)
		}
		return
	}
	if err != nil {
		v.differ("batch %s: its source file can't be read: %v", b.ID, err)
		return
	}
	defer r.Close()
	h := sha256.New()
	n, err := io.Copy(h, r)
	if err != nil || hex.EncodeToString(h.Sum(nil)) != b.SourceSHA256 || n != b.SourceBytes {
		v.differ("batch %s: the source file kept under raw/%s/%s was changed", b.ID, b.SourceSHA256[:2], b.SourceSHA256)
	}
}
