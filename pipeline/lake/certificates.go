package lake

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strconv"

	"carat/pipeline"
	"carat/pipeline/certificate"
	"carat/pipeline/lake/catalog"
	"carat/pipeline/lake/chain"
	"carat/pipeline/lake/store"

	"github.com/apache/iceberg-go/table"
)

// ID is the lake's own id, which a copy shares.
func (l *Lake) ID() string { return l.catalog.LakeID() }

func (l *Lake) certificatePath(period pipeline.Period, version int64, ending string) string {
	return filepath.Join(l.cfg.Root, store.CertificatesFolder, string(period), strconv.FormatInt(version, 10)+ending)
}

// CertificateFile is where a period's certificate lies, below the lake folder.
func CertificateFile(period pipeline.Period, version int64) string {
	return store.CertificatesFolder + "/" + string(period) + "/" + strconv.FormatInt(version, 10) + ".json"
}

// SaveCertificate writes a certificate and the list of statements that it
// names, durably. It locks nothing: the state's row does that.
func (l *Lake) SaveCertificate(period pipeline.Period, version int64, certificate, statements []byte) error {
	if _, err := pipeline.ParsePeriod(string(period)); err != nil || version < 1 {
		return pipeline.Errorf(pipeline.KindInternal, "write certificate", string(period), "no period and version: %d (%w)", version, err)
	}
	for ending, text := range map[string][]byte{".statements.sha256": statements, ".json": certificate} {
		path := l.certificatePath(period, version, ending)
		if err := l.disk.Write(path, text); err != nil {
			return l.fail("write certificate", path, err)
		}
	}
	return nil
}

// lockFolder is where a certificate waits for its lock, below the staging folder.
func lockFolder(period pipeline.Period, version int64) string {
	return "lock-" + string(period) + "-v" + strconv.FormatInt(version, 10)
}

// StageCertificate writes a certificate and the list of statements that it names,
// durably, where they wait for the lock: the transaction that gives the tables the
// tag. PlaceCertificate puts them in place then; after a crash in between the next
// lock of the lake does, and before the tag it takes them away. So no certificate
// lies in its place that locks nothing.
func (l *Lake) StageCertificate(period pipeline.Period, version int64, tag string, certificate, statements []byte) error {
	dir, err := l.StagingDir(lockFolder(period, version))
	if err != nil {
		return err
	}
	m := l.catalog.NewMove(dir)
	m.Tag = tag
	for ending, text := range map[string][]byte{".statements.sha256": statements, ".json": certificate} {
		to := l.certificatePath(period, version, ending)
		from := filepath.Join(dir, filepath.Base(to))
		if err := l.disk.Write(from, text); err != nil {
			return l.fail("write certificate", from, err)
		}
		m.Add(from, to, "")
	}
	return l.fail("write certificate", dir, m.Note())
}

// PlaceCertificate puts a staged certificate in its place, once its period is locked.
func (l *Lake) PlaceCertificate(period pipeline.Period, version int64) error {
	dir := l.disk.StagingPath(lockFolder(period, version))
	for _, ending := range []string{".statements.sha256", ".json"} {
		to := l.certificatePath(period, version, ending)
		if err := l.catalog.Place(filepath.Join(dir, filepath.Base(to)), to); err != nil {
			return l.fail("write certificate", to, err)
		}
	}
	return l.fail("write certificate", dir, l.disk.RemoveAll(dir))
}

// Certificate reads a period's certificate as it lies. A missing one is a
// verification error: whoever asks knows that the period was locked.
func (l *Lake) Certificate(period pipeline.Period, version int64) ([]byte, error) {
	return l.readCertified(l.certified(period, version, ".json"))
}

// CertifiedStatements reads the list of statements and their hashes that lies
// beside a certificate.
func (l *Lake) CertifiedStatements(period pipeline.Period, version int64) ([]byte, error) {
	return l.readCertified(l.certified(period, version, ".statements.sha256"))
}

// certified is where a file of a certificate lies: in its place, or where it still
// waits after a crash.
func (l *Lake) certified(period pipeline.Period, version int64, ending string) string {
	path := l.certificatePath(period, version, ending)
	waiting := filepath.Join(l.disk.StagingPath(lockFolder(period, version)), filepath.Base(path))
	if !store.Exists(path) && store.Exists(waiting) {
		return waiting
	}
	return path
}

func (l *Lake) readCertified(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, pipeline.Errorf(pipeline.KindVerification, "read certificate", path, "it is missing").
			WithHint("restore the lake's folder %s from a backup", store.CertificatesFolder)
	}
	if err != nil {
		return nil, l.fail("read certificate", path, err)
	}
	return text, nil
}

// SaveSQL keeps a text of SQL under its hash, for certificates to name.
func (l *Lake) SaveSQL(text []byte) (sum string, err error) {
	sum = certificate.SHA256Text(text)
	path := l.sqlPath(sum)
	if store.Exists(path) {
		return sum, nil
	}
	return sum, l.fail("keep SQL", path, l.disk.Write(path, text))
}

// SQLText reads a text of SQL that a certificate names. One that is missing or
// has another hash is a verification error.
func (l *Lake) SQLText(sum string) ([]byte, error) {
	if raw, err := hex.DecodeString(sum); err != nil || len(raw) != 32 {
		return nil, pipeline.Errorf(pipeline.KindVerification, "read SQL", fmt.Sprintf("%q", sum), "not a SHA-256")
	}
	text, err := l.readCertified(l.sqlPath(sum))
	if err != nil {
		return nil, err
	}
	if got := certificate.SHA256Text(text); got != sum {
		return nil, pipeline.Errorf(pipeline.KindVerification, "read SQL", l.sqlPath(sum), "it was changed: its SHA-256 is %s", got)
	}
	return text, nil
}

func (l *Lake) sqlPath(sum string) string {
	return filepath.Join(l.cfg.Root, store.CertificatesFolder, "sql", sum+".sql")
}

// RunTable is what one result table holds of one run.
type RunTable struct {
	Table         string
	Snapshot      int64
	Rows          int64
	NumbersSHA256 string   // over every column but run_id
	Paths         []string // of its files, on this machine
}

// RunTables gives the result tables of a published run, by name: none when
// there is no such run.
func (l *Lake) RunTables(ctx context.Context, run string) ([]RunTable, error) {
	if err := l.catalog.Refresh(ctx); err != nil {
		return nil, l.fail("read run", run, err)
	}
	var list []RunTable
	for name, t := range l.catalog.Results() {
		for _, snap := range t.Iceberg.Metadata().Snapshots() {
			if snap.Summary == nil || snap.Summary.Properties[chain.PropRun] != run {
				continue
			}
			one, err := l.runTable(name, &snap)
			if err != nil {
				return nil, l.fail("read run", run, err)
			}
			list = append(list, one)
		}
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Table < list[j].Table })
	return list, nil
}

func (l *Lake) runTable(name string, snap *table.Snapshot) (RunTable, error) {
	one := RunTable{Table: name, Snapshot: snap.SnapshotID, NumbersSHA256: snap.Summary.Properties[chain.PropNumbersSHA256]}
	var err error
	if one.Rows, err = strconv.ParseInt(snap.Summary.Properties[chain.PropRows], 10, 64); err != nil {
		return one, fmt.Errorf("table %s: %s: %w", name, chain.PropRows, err)
	}
	if one.Paths, err = l.catalog.AddedFiles(snap); err != nil {
		return one, fmt.Errorf("table %s: %w", name, err)
	}
	return one, nil
}

// CertifiedFiles hashes the files of a run's table as they lie.
func (l *Lake) CertifiedFiles(t RunTable) ([]certificate.CertifiedFile, error) {
	files := []certificate.CertifiedFile{}
	for _, path := range t.Paths {
		sum, err := store.HashFile(path)
		if err != nil {
			return nil, l.fail("hash", path, err)
		}
		files = append(files, certificate.CertifiedFile{Path: l.disk.Relative(path), SHA256: sum})
	}
	return files, nil
}

// Tag names a snapshot of each table, so that nothing expires it, and does
// inTx: all in one transaction of the catalog's database. A table that has the
// tag already is left alone. The lake must be locked.
func (l *Lake) Tag(ctx context.Context, name string, snapshots map[string]int64, inTx func(*sql.Tx) error) error {
	if !store.PlainName(name) {
		return pipeline.Errorf(pipeline.KindInternal, "tag", fmt.Sprintf("%q", name), "not a plain name")
	}
	if err := l.catalog.Refresh(ctx); err != nil {
		return l.fail("tag", name, err)
	}
	var names []string
	for table := range snapshots {
		names = append(names, table)
	}
	sort.Strings(names)
	var changes []catalog.Change
	for _, one := range names {
		c, needed, err := l.tagChange(one, name, snapshots[one])
		if err != nil {
			return l.fail("tag", name, err)
		}
		if needed {
			changes = append(changes, c)
		}
	}
	if err := l.catalog.Apply(ctx, changes, inTx); err != nil {
		// Metadata that no catalog row names does no harm; taking it away when
		// the outcome is unknown could.
		l.catalog.KeepCreated()
		return l.fail("tag", name, err)
	}
	return l.fail("tag", name, l.catalog.Refresh(ctx))
}

func (l *Lake) tagChange(name, tag string, snapshot int64) (c catalog.Change, needed bool, err error) {
	base, ok := l.catalog.Table(name)
	if !ok {
		return c, false, fmt.Errorf("table %s: no such table", name)
	}
	meta := base.Iceberg.Metadata()
	for ref, at := range meta.Refs() {
		if ref == tag && at.SnapshotID == snapshot {
			return c, false, nil
		}
	}
	if meta.SnapshotByID(snapshot) == nil {
		return c, false, fmt.Errorf("table %s: no snapshot %d", name, snapshot)
	}
	c = catalog.Change{Name: name, Base: base}
	update := table.NewSetSnapshotRefUpdate(tag, snapshot, table.TagRef, 0, 0, 0)
	if c.Meta, err = chain.Updated(meta, []table.Update{update}, base.Location); err != nil {
		return c, false, fmt.Errorf("table %s: %w", name, err)
	}
	return c, true, nil
}

// Tags gives the tags of a table and the snapshots that they name.
func (l *Lake) Tags(ctx context.Context, name string) (map[string]int64, error) {
	if err := l.catalog.Refresh(ctx); err != nil {
		return nil, l.fail("read tags of", name, err)
	}
	t, ok := l.catalog.Table(name)
	if !ok {
		return nil, pipeline.Errorf(pipeline.KindNotFound, "read tags of", name, "the lake has no such table")
	}
	tags := map[string]int64{}
	for ref, at := range t.Iceberg.Metadata().Refs() {
		if at.SnapshotRefType == table.TagRef {
			tags[ref] = at.SnapshotID
		}
	}
	return tags, nil
}
