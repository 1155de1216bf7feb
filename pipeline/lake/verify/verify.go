package verify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"carat/pipeline"
	"carat/pipeline/lake/catalog"
	"carat/pipeline/lake/chain"
	"carat/pipeline/lake/pages"
	"carat/pipeline/lake/raw"
	"carat/pipeline/lake/seal"
	"github.com/apache/iceberg-go"
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
	} else {
		changed = append(changed, v.letGo(ctx)...)
	}
	v.catalogRows(ctx)
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
	gone       []string // the files that the list of files lets go
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

// chained is a batch with its link.
type chained struct {
	chain.CommittedBatch
	link  chain.Link
	props iceberg.Properties
}

func (v *verifier) walk(ctx context.Context) error {
	all, err := v.links(ctx)
	if err != nil {
		return err
	}
	v.snapshots(all)
	previous, next := "", map[string]int64{}
	rows := map[string]int64{}
	for i, l := range all {
		if err := ctx.Err(); err != nil {
			return err
		}
		if l.No != int64(i)+1 {
			v.differ("link %d (%s) follows where %d should be", l.No, l.ID, i+1)
		}
		switch l.Kind {
		case chain.KindBatch, chain.KindUndo:
			v.batch(ctx, l, previous, next, rows)
		case chain.KindCompaction:
			v.compaction(ctx, l, previous, next)
		case chain.KindUpgrade:
			v.upgrade(l, previous, all[:i])
		default:
			v.differ("link %d (%s) is of the kind %q, which there is none of", l.No, l.ID, l.Kind)
		}
		previous = l.Value
	}
	v.keyIndexes(all)
	v.report.Chain = previous
	v.mirrored(ctx, all)
	v.runs(ctx)
	v.liveRows(rows)
	v.foreign(ctx)
	return ctx.Err()
}

// linked checks a link's text against its value and the link before. It gives the
// properties; false when they can't be read.
func (v *verifier) linked(whose string, l chain.Link, previous string) (iceberg.Properties, bool) {
	props, err := l.Properties()
	if err != nil {
		v.differ("%s: %v", whose, err)
		return nil, false
	}
	if props[chain.PropPreviousChain] != previous {
		v.differ("%s doesn't follow what is before it: carat.previous-chain is %s, the chain's value %s", whose, props[chain.PropPreviousChain], previous)
	}
	if got := chain.Hash(l.Text); got != l.Value {
		if name := chain.LostName(props); name != "" {
			v.report.Notes = append(v.report.Notes, whose+": the name of its file was no UTF-8 and is kept in part; by the chain it was "+name)
		} else {
			v.differ("%s was changed: its properties give the chain value %s, carat.chain says %s", whose, got, l.Value)
		}
	}
	if said, err := chain.LinkFrom(props); err != nil || said.ID != l.ID || said.Kind != l.Kind || said.BatchNo != l.BatchNo {
		v.differ("%s was changed: its row names it %s %s after batch %d, its text says %s %s after %d", whose, l.Kind, l.ID, l.BatchNo, said.Kind, said.ID, said.BatchNo)
	}
	v.keeps(whose, props)
	return props, true
}

// batch checks one batch: its link, its files and rows, its source.
func (v *verifier) batch(ctx context.Context, l chain.Link, previous string, next, rows map[string]int64) {
	whose := "batch " + l.ID
	if want := next[chain.KindBatch] + 1; l.BatchNo != want {
		v.differ("%s follows where %s should be", whose, chain.BatchID(want))
	}
	next[chain.KindBatch] = l.BatchNo
	props, ok := v.linked(whose, l, previous)
	if !ok {
		return
	}
	v.present(whose, l)
	committed, err := chain.ReadBatch(l)
	if err != nil {
		v.differ("%v", err)
	}
	b := chained{committed, l, props}
	if b.RowsRead != b.RowsAccepted+b.RowsRejected+b.RowsDuplicate+b.RowsLeftOut {
		v.differ("batch %s: rows read %d is not accepted %d + rejected %d + duplicate %d + left out %d", b.ID, b.RowsRead, b.RowsAccepted, b.RowsRejected, b.RowsDuplicate, b.RowsLeftOut)
	}
	v.files(ctx, b)
	v.source(b)
	rows[b.Table] += b.RowsAccepted
	v.report.Batches++
}

// files checks the files that a batch added, and its rows.
func (v *verifier) files(ctx context.Context, b chained) {
	all, err := v.cat.PathsOf(b.link.Files)
	if err != nil {
		v.differ("batch %s: its list of files can't be read: %v", b.ID, err)
		return
	}
	var rows, rejects []string
	for _, path := range all {
		switch {
		case strings.HasPrefix(path, v.cat.TableDir(b.Table)+"/"):
			rows = append(rows, path)
		case strings.HasPrefix(path, v.cat.TableDir(pages.RejectsTable)+"/"):
			rejects = append(rejects, path)
		default:
			v.differ("batch %s: it names the file %s, which is of another table", b.ID, path)
		}
	}
	v.live.exchange(b.Table, rows, nil)
	v.live.exchange(pages.RejectsTable, rejects, nil)
	if !v.hashes("batch "+b.ID, all, b.FilesSHA256, b.link.Files) {
		return
	}
	if chain.Hash(b.link.Files) != b.FilesSHA256 {
		v.differ("batch %s: its list of files was changed: it gives %s, carat.files-sha256 says %s", b.ID, chain.Hash(b.link.Files), b.FilesSHA256)
	}
	t, known := v.cat.RawTable(b.Table)
	if !known {
		v.differ("batch %s: it is of the table %q, which there is none of", b.ID, b.Table)
		return
	}
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
// Parquet's page checksums mostly do, and a link's list of them, "" for none.
func (v *verifier) hashes(whose string, paths []string, want, listed string) bool {
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
	known, _ := chain.ParseFiles(listed)
	for _, p := range paths {
		sum, err := v.sums.hash(p)
		if len(known) == len(paths) && err == nil && !slices.Contains(known, chain.FileHash{Name: v.cat.Disk.Relative(p), SHA256: sum}) {
			v.differ("%s: file %s was changed or added: the files give %s, carat.files-sha256 says %s", whose, p, got, want)
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
func (v *verifier) hashesAgain(whose string, paths []string, want, listed string) bool {
	counted := v.report.Files
	defer func() { v.report.Files = counted }()
	return v.hashes(whose, paths, want, listed)
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
