package certificates

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"

	"carat/pipeline"
	"carat/pipeline/certificate"
	"carat/pipeline/lake/catalog"
	"carat/pipeline/lake/store"
)

// Folder is where a lake keeps its certificates.
type Folder struct {
	disk    *store.Disk
	catalog *catalog.Catalog // whose transactions lock what a certificate names
}

// New gives the folder of a lake.
func New(d *store.Disk, cat *catalog.Catalog) *Folder { return &Folder{d, cat} }

func (l *Folder) certificatePath(period pipeline.Period, version int64, ending string) string {
	return filepath.Join(l.disk.Root, store.CertificatesFolder, string(period), strconv.FormatInt(version, 10)+ending)
}

// File is where a period's certificate lies, below the lake folder.
func File(period pipeline.Period, version int64) string {
	return store.CertificatesFolder + "/" + string(period) + "/" + strconv.FormatInt(version, 10) + ".json"
}

// SaveCertificate writes a certificate and the list of statements that it
// names, durably. It locks nothing: the state's row does that.
func (l *Folder) SaveCertificate(period pipeline.Period, version int64, certificate, statements []byte) error {
	if _, err := pipeline.ParsePeriod(string(period)); err != nil || version < 1 {
		return pipeline.Errorf(pipeline.KindInternal, "write certificate", string(period), "no period and version: %d (%w)", version, err)
	}
	for ending, text := range map[string][]byte{".statements.sha256": statements, ".json": certificate} {
		path := l.certificatePath(period, version, ending)
		if err := l.disk.Write(path, text); err != nil {
			return l.disk.Fail("write certificate", path, err)
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
func (l *Folder) StageCertificate(period pipeline.Period, version int64, tag string, certificate, statements []byte) error {
	dir, err := l.disk.StagingDir(lockFolder(period, version))
	if err != nil {
		return err
	}
	m := l.catalog.NewMove(dir)
	m.Tag = tag
	for ending, text := range map[string][]byte{".statements.sha256": statements, ".json": certificate} {
		to := l.certificatePath(period, version, ending)
		from := filepath.Join(dir, filepath.Base(to))
		if err := l.disk.Write(from, text); err != nil {
			return l.disk.Fail("write certificate", from, err)
		}
		m.Add(from, to, "")
	}
	return l.disk.Fail("write certificate", dir, m.Note())
}

// PlaceCertificate puts a staged certificate in its place, once its period is locked.
func (l *Folder) PlaceCertificate(period pipeline.Period, version int64) error {
	dir := l.disk.StagingPath(lockFolder(period, version))
	for _, ending := range []string{".statements.sha256", ".json"} {
		to := l.certificatePath(period, version, ending)
		if err := l.catalog.Place(filepath.Join(dir, filepath.Base(to)), to); err != nil {
			return l.disk.Fail("write certificate", to, err)
		}
	}
	return l.disk.Fail("write certificate", dir, l.disk.RemoveAll(dir))
}

// Certificate reads a period's certificate as it lies. A missing one is a
// verification error: whoever asks knows that the period was locked.
func (l *Folder) Certificate(period pipeline.Period, version int64) ([]byte, error) {
	return l.certified(period, version, ".json")
}

// CertifiedStatements reads the list of statements and their hashes that lies
// beside a certificate.
func (l *Folder) CertifiedStatements(period pipeline.Period, version int64) ([]byte, error) {
	return l.certified(period, version, ".statements.sha256")
}

// certified reads a file of a certificate: in its place, or where it still waits after a
// crash.
func (l *Folder) certified(period pipeline.Period, version int64, ending string) ([]byte, error) {
	path := l.certificatePath(period, version, ending)
	waiting := filepath.Join(l.disk.StagingPath(lockFolder(period, version)), filepath.Base(path))
	there, err := l.disk.Exists(path)
	if err == nil && !there {
		if there, err = l.disk.Exists(waiting); there {
			path = waiting
		}
	}
	if err != nil {
		return nil, l.disk.Fail("read certificate", path, err)
	}
	return l.readCertified(path)
}

func (l *Folder) readCertified(path string) ([]byte, error) {
	text, err := l.disk.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, pipeline.Errorf(pipeline.KindVerification, "read certificate", path, "it is missing").
			WithHint("restore the lake's folder %s from a backup", store.CertificatesFolder)
	}
	if err != nil {
		return nil, l.disk.Fail("read certificate", path, err)
	}
	return text, nil
}

// Read reads a file that lies beside the certificates, by its name below the lake. It fails
// with fs.ErrNotExist when there is none.
func (l *Folder) Read(name string) ([]byte, error) {
	return l.disk.ReadFile(filepath.Join(l.disk.Root, filepath.FromSlash(name)))
}

// Keep writes one, durably.
func (l *Folder) Keep(name string, text []byte) error {
	return l.disk.Write(filepath.Join(l.disk.Root, filepath.FromSlash(name)), text)
}

// Bring gives where a file of the lake, by its name below it, lies on this machine, where it
// brings it to if need be.
func (l *Folder) Bring(name string) (string, error) { return l.disk.Bring(name) }

// SaveSQL keeps a text of SQL under its hash, for certificates to name.
func (l *Folder) SaveSQL(text []byte) (sum string, err error) {
	sum = certificate.SHA256Text(text)
	path := l.sqlPath(sum)
	if there, err := l.disk.Exists(path); err != nil || there {
		return sum, l.disk.Fail("keep SQL", path, err)
	}
	return sum, l.disk.Fail("keep SQL", path, l.disk.Write(path, text))
}

// SQLText reads a text of SQL that a certificate names. One that is missing or
// has another hash is a verification error.
func (l *Folder) SQLText(sum string) ([]byte, error) {
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

func (l *Folder) sqlPath(sum string) string {
	return filepath.Join(l.disk.Root, store.CertificatesFolder, "sql", sum+".sql")
}
