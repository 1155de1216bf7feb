package lake

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"carat/pipeline"
	icesql "github.com/apache/iceberg-go/catalog/sql"
	"github.com/klauspost/compress/zstd"
)

// namespace is the Iceberg namespace, and the catalog's name in its database.
const namespace = "carat"

// Config says where the lake is.
type Config struct {
	Root       string           // absolute path of the lake folder
	CatalogDSN string           // "": SQLite inside the lake folder; else postgres://…
	Now        func() time.Time // the clock, for the lock's notice; time.Now when nil

	// Fault is called before each step that writes, and after each commit; its
	// error stops the step. Tests alone set it, to cut the power there.
	Fault func(step, path string) error
}

// Lake is an open lake. It is safe for concurrent use; writing needs Lock.
type Lake struct {
	cfg     Config
	id      identity
	disk    *disk
	files   *tableFS
	codec   *zstdCodec
	opening *opening

	db         *sql.DB
	held       atomic.Pointer[catalogLock] // while this process is the lake's writer
	dialect    icesql.SupportedDialect
	rawInfo    map[string]rawTable
	rejects    []column
	compactors map[string]compactor // by raw table
	mu         sync.Mutex
	tables     map[string]*loadedTable // by name, as last seen
	previous   []batchHead             // batches in order of seq, as last seen
	rewrites   []compactionHead        // compactions in order, as last seen
}

// identity is lake.json: what stays the same when the lake is copied.
type identity struct {
	Format int    `json:"format"`
	ID     string `json:"id"`
	Root   string `json:"root"` // as recorded in Iceberg's metadata
}

const lakeFormat = 1

// Open opens the lake and makes what is missing of it: the folder, the
// catalog, the raw tables of every feed and the rejects table. It fails with
// KindUsage when the folder can't be written or the catalog can't be reached.
func Open(ctx context.Context, cfg Config) (*Lake, error) {
	if err := checkRoot(cfg.Root); err != nil {
		return nil, err
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	l := &Lake{cfg: cfg, disk: &disk{fault: cfg.Fault}, rawInfo: rawTables(), tables: map[string]*loadedTable{}}
	var err error
	if l.rejects, err = rejectColumns(); err != nil {
		return nil, err
	}
	l.compactors = compactors(l.rawInfo, l.rejects)
	if l.codec, err = newZstdCodec(); err != nil {
		return nil, err
	}
	if err := l.open(ctx); err != nil {
		_ = l.Close()
		return nil, l.fail("open lake", cfg.Root, scrub(err, cfg.CatalogDSN))
	}
	return l, nil
}

func checkRoot(root string) error {
	switch {
	case !filepath.IsAbs(root):
		return pipeline.Errorf(pipeline.KindUsage, "open lake", root, "the folder's path is not absolute")
	case strings.ContainsAny(root, "%?#") || strings.ContainsFunc(root, func(r rune) bool { return r < 0x20 || r == 0x7f }):
		return pipeline.Errorf(pipeline.KindUsage, "open lake", fmt.Sprintf("%q", root),
			"the path holds one of %% ? # or a control character, which Iceberg readers take for part of a URL").
			WithHint("choose another folder with `lake` in carat.yaml")
	}
	return nil
}

func (l *Lake) open(ctx context.Context) error {
	root := filepath.Clean(l.cfg.Root)
	for _, dir := range []string{root, filepath.Join(root, "staging"), filepath.Join(root, "raw"), filepath.Join(root, "people")} {
		if err := l.disk.mkdirAll(dir); err != nil {
			return err
		}
	}
	actual, err := filepath.EvalSymlinks(root)
	if err != nil {
		return err
	}
	l.cfg.Root = actual
	if l.opening, err = l.disk.enter(actual); err != nil {
		return err
	}
	if err := l.identify(actual); err != nil {
		return err
	}
	l.files = &tableFS{disk: l.disk, recorded: l.id.Root, actual: actual}
	if err := l.openCatalog(ctx); err != nil {
		return err
	}
	if err := l.ensureRawTables(ctx); err != nil {
		return err
	}
	return l.refreshRaw(ctx)
}

// identify reads lake.json or writes the first one.
func (l *Lake) identify(root string) error {
	path := filepath.Join(root, "lake.json")
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := l.found(root, path); err != nil {
			return err
		}
		content, err = os.ReadFile(path)
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(content, &l.id); err != nil || l.id.Root == "" {
		return pipeline.Errorf(pipeline.KindVerification, "open lake", path, "the file doesn't say where the lake began").
			WithHint("restore lake.json from a backup")
	}
	if l.id.Format != lakeFormat {
		return pipeline.Errorf(pipeline.KindUsage, "open lake", root, "its format is %d, this carat reads format %d", l.id.Format, lakeFormat)
	}
	return nil
}

// found gives a new lake its id. Of several carats that do so at once one is the
// first, and the others take its id.
func (l *Lake) found(root, path string) error {
	var random [8]byte
	if _, err := rand.Read(random[:]); err != nil {
		return err
	}
	id := identity{Format: lakeFormat, ID: hex.EncodeToString(random[:]), Root: root}
	content, err := json.MarshalIndent(id, "", "  ")
	if err != nil {
		return err
	}
	return l.disk.writeFirst(path, l.stagingPath("lake-"+id.ID+".json"), append(content, '\n'))
}

// Close gives back what the lake holds open.
func (l *Lake) Close() error {
	var err error
	if l.db != nil {
		err = l.db.Close()
	}
	if l.opening != nil {
		err = errors.Join(err, l.opening.leave())
		l.opening = nil
	}
	return err
}

// Root is the lake's folder.
func (l *Lake) Root() string { return l.cfg.Root }

// DB is the catalog's database, in which Publish runs its transaction.
func (l *Lake) DB() *sql.DB { return l.db }

// StagingDir makes a folder for files on their way into the lake, on its file
// system. Everything in it is swept when the lock is next taken.
func (l *Lake) StagingDir(name string) (string, error) {
	if !plainName(name) {
		return "", pipeline.Errorf(pipeline.KindInternal, "stage", fmt.Sprintf("%q", name), "not a plain name")
	}
	dir := l.stagingPath(name)
	if err := l.disk.mkdirAll(dir); err != nil {
		return "", l.fail("make folder", dir, err)
	}
	return dir, nil
}

func (l *Lake) stagingPath(name string) string { return filepath.Join(l.cfg.Root, "staging", name) }

// tableDir is where a table lies on this machine.
func (l *Lake) tableDir(table string) string {
	return filepath.Join(l.cfg.Root, namespace+".db", table)
}

// plainName says whether a name is safe as one path element.
func plainName(name string) bool {
	if name == "" || len(name) > 128 || name[0] == '.' {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.=", r))
	})
}

// newZstdCodec makes the codec of all Parquet files: zstd at its fastest, but
// with literals always entropy-coded. Ids are digits that hardly ever repeat,
// so matching finds nothing in them and entropy coding everything: on gift
// events this is smaller than the default level at two thirds of its time.
func newZstdCodec() (*zstdCodec, error) {
	enc, err := zstd.NewWriter(nil,
		zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithAllLitEntropyCompression(true),
		zstd.WithEncoderCRC(false), zstd.WithZeroFrames(true))
	if err != nil {
		return nil, err
	}
	dec, err := zstd.NewReader(nil)
	if err != nil {
		return nil, err
	}
	return &zstdCodec{enc: enc, dec: dec}, nil
}
