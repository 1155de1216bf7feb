package lake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"carat/pipeline"
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
	// Differences are everything that is not as the history says, in plain
	// sentences; none when the lake verifies.
	Differences []string
}

// Verify walks the hash chain from the first batch to the last, offline: the
// chain values, the files and their hashes, the rows and their hash, the
// counts, the kept source files, and the files of published runs. It fails with
// KindVerification and the first difference; the report has them all.
//
// What it can't see is a lake whose last batches were cut off cleanly: for that
// the chain value is to be kept elsewhere too, as a period's certificate does.
func (l *Lake) Verify(ctx context.Context) (Verification, error) {
	v := &verifier{lake: l, live: liveFiles{}, sums: knownSums{}}
	changed, err := v.inventory(ctx)
	if err != nil {
		return v.report, l.fail("verify lake", l.cfg.Root, err)
	}
	if err := l.refresh(ctx); err != nil {
		v.differ("the catalog or a table's metadata can't be read: %v", err)
	} else if err := v.walk(ctx); err != nil {
		return v.report, l.fail("verify lake", l.cfg.Root, err)
	}
	v.integrity(ctx)
	for _, d := range append(changed, SealBroken(l.cfg.Root)...) {
		v.differOnce(d)
	}
	if n := len(v.report.Differences); n > 0 {
		return v.report, pipeline.Errorf(pipeline.KindVerification, "verify lake", l.cfg.Root, "%s (%d in all)", v.report.Differences[0], n).
			WithHint("restore what differs from a backup, or find out who changed it")
	}
	return v.report, nil
}

type verifier struct {
	lake   *Lake
	report Verification
	live   liveFiles
	sums   knownSums
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
	CommittedBatch
	snap  table.Snapshot
	props iceberg.Properties
}

func (v *verifier) walk(ctx context.Context) error {
	batches := v.batches()
	previous, next := "", int64(1)
	rewrites, number := v.compactions(), int64(1)
	compactUntil := func(seq int64) {
		for ; len(rewrites) > 0 && rewrites[0].after < seq; rewrites = rewrites[1:] {
			v.compaction(ctx, rewrites[0], number, previous)
			previous, number = rewrites[0].chain, rewrites[0].number+1
		}
	}
	rows := map[string]int64{}
	for _, b := range batches {
		compactUntil(b.Seq)
		if err := ctx.Err(); err != nil {
			return err
		}
		if b.Seq != next {
			v.differ("batch %s follows where %s should be", b.ID, batchIDOf(next))
		}
		if b.PreviousChain != previous {
			v.differ("batch %s doesn't follow the batch before it: carat.previous-chain is %s, that batch's carat.chain is %s", b.ID, b.PreviousChain, previous)
		}
		if got := chainValue(b.props); got != b.Chain {
			v.differ("batch %s was changed: its properties give the chain value %s, carat.chain says %s", b.ID, got, b.Chain)
		}
		if b.RowsRead != b.RowsAccepted+b.RowsRejected+b.RowsDuplicate {
			v.differ("batch %s: rows read %d is not accepted %d + rejected %d + duplicate %d", b.ID, b.RowsRead, b.RowsAccepted, b.RowsRejected, b.RowsDuplicate)
		}
		v.files(ctx, b)
		v.source(b)
		rows[b.Table] += b.RowsAccepted
		previous, next = b.Chain, b.Seq+1
		v.report.Batches++
	}
	compactUntil(forever)
	v.report.Chain = previous
	v.liveRows(rows)
	v.runs()
	return ctx.Err()
}

// batches lists the batches by seq. Rejects are found with their batch.
func (v *verifier) batches() []chained {
	var all []chained
	for name := range v.lake.rawInfo {
		t, ok := v.lake.tableCalled(name)
		if !ok {
			v.differ("table %s is missing", name)
			continue
		}
		for _, snap := range t.tbl.Metadata().Snapshots() {
			if !isBatch(&snap) {
				continue
			}
			b, err := readBatch(name, &snap)
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
	rows, err := v.lake.addedFiles(&b.snap)
	if err != nil {
		v.differ("batch %s: its list of files can't be read: %v", b.ID, err)
		return
	}
	all := rows
	v.live.exchange(b.Table, rows, nil)
	if t, ok := v.lake.tableCalled(rejectsTable); ok {
		for _, snap := range t.tbl.Metadata().Snapshots() {
			if snap.Summary == nil || snap.Summary.Properties[propRejectsOf] != b.ID {
				continue
			}
			rejects, err := v.lake.addedFiles(&snap)
			if err != nil {
				v.differ("batch %s: its list of rejects can't be read: %v", b.ID, err)
				return
			}
			v.live.exchange(rejectsTable, rejects, nil)
			all = append(all[:len(all):len(all)], rejects...)
		}
	}
	if !v.hashes("batch "+b.ID, all, b.FilesSHA256) {
		return
	}
	groups, n, err := v.lake.rawInfo[b.Table].hash(ctx, rows, b.ID, nil)
	d := digestOf(groups, n)
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
	var sums []fileHash
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
		sums = append(sums, fileHash{name: v.lake.relative(p), sha256: sum})
	}
	got := filesSHA256(sums)
	if got == want {
		return true
	}
	for _, p := range paths {
		if err := readPages(p); err != nil {
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

// source checks the kept source file. Those of creators may have been erased.
func (v *verifier) source(b chained) {
	r, err := v.lake.RawFile(b.Feed, b.SourceSHA256)
	if errors.Is(err, os.ErrNotExist) {
		if b.Feed != "creators" {
			v.differ("batch %s: its source file %s is not under raw/ any more", b.ID, b.SourceSHA256)
		}
		return
	}
	if err != nil {
		v.differ("batch %s: its source file can't be read: %v", b.ID, err)
		return
	}
	defer r.Close()
	h := newSHA256()
	n, err := io.Copy(h, r)
	if err != nil || hexSum(h) != b.SourceSHA256 || n != b.SourceBytes {
		v.differ("batch %s: the source file kept under raw/%s/%s was changed", b.ID, b.SourceSHA256[:2], b.SourceSHA256)
	}
}

// liveRows checks that the tables now read the files of all batches and
// compactions, and hold their rows, no more and no fewer.
func (v *verifier) liveRows(want map[string]int64) {
	for _, name := range v.lake.rawNames() {
		t, ok := v.lake.tableCalled(name)
		if !ok {
			continue
		}
		if snap := t.tbl.CurrentSnapshot(); snap != nil {
			v.liveFiles(name, snap)
		}
		if name == rejectsTable {
			continue
		}
		got, err := v.lake.countRows(t.tbl.CurrentSnapshot())
		if err != nil {
			v.differ("table %s: its list of files can't be read: %v", name, err)
		} else if got != want[name] {
			v.differ("table %s holds %d rows, its batches have %d", name, got, want[name])
		}
	}
}

// liveFiles checks which files a table reads now.
func (v *verifier) liveFiles(name string, snap *table.Snapshot) {
	have, err := v.lake.snapshotFiles(snap)
	if err != nil {
		v.differ("table %s: its list of files can't be read: %v", name, err)
		return
	}
	want := slices.Sorted(maps.Keys(v.live[name]))
	for _, path := range without(have, want) {
		v.differ("table %s reads %s, which no batch added", name, path)
	}
	for _, path := range without(want, have) {
		v.differ("table %s doesn't read %s any more", name, path)
	}
}

func (l *Lake) countRows(snap *table.Snapshot) (int64, error) {
	if snap == nil {
		return 0, nil
	}
	var n int64
	err := l.eachEntryOf(snap, func(e iceberg.ManifestEntry) error {
		n += e.DataFile().Count()
		return nil
	})
	return n, err
}

// runs checks the files of published runs.
func (v *verifier) runs() {
	runs := map[string]bool{}
	v.lake.mu.Lock()
	tables := map[string]*loadedTable{}
	var names []string
	for name, t := range v.lake.tables {
		if _, raw := v.lake.rawInfo[name]; !raw && name != rejectsTable {
			tables[name] = t
			names = append(names, name)
		}
	}
	v.lake.mu.Unlock()
	sort.Strings(names)
	for _, name := range names {
		for _, snap := range tables[name].tbl.Metadata().Snapshots() {
			if snap.Summary == nil || snap.Summary.Properties[propRun] == "" {
				continue
			}
			run := snap.Summary.Properties[propRun]
			runs[run] = true
			paths, err := v.lake.addedFiles(&snap)
			if err != nil {
				v.differ("run %s: the list of files of %s can't be read: %v", run, name, err)
				continue
			}
			v.hashes("run "+run+" in "+name, paths, snap.Summary.Properties[propFilesSHA256])
		}
	}
	v.report.Runs = len(runs)
}

// addedFiles lists the data files that a snapshot added.
func (l *Lake) addedFiles(snap *table.Snapshot) ([]string, error) {
	manifests, err := l.manifests(snap)
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, m := range manifests {
		if m.SnapshotID() != snap.SnapshotID {
			continue // written by an earlier one, which can't name what came later
		}
		err := l.eachEntry(m, func(e iceberg.ManifestEntry) error {
			if e.SnapshotID() != snap.SnapshotID {
				return nil
			}
			path, err := l.files.here(e.DataFile().FilePath())
			paths = append(paths, path)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	sort.Strings(paths)
	return paths, nil
}
