package guard

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"carat/jobs/books"
	"carat/jobs/disk"
	"carat/pipeline"
	"carat/pipeline/lake"
	"carat/pipeline/state"
)

// A folder of backups holds a folder for each, named by the time at which it
// was begun. Their order is that of their numbers: a clock may be wrong. In it are lake/ and config/, the list SHA256SUMS of every file (as
// sha256sum reads it) and the manifest. Files that didn't change share their
// bytes with the backup before, by hard links. What is in the making lies in
// .partial, and is gone on with by the next backup.
const (
	backupFormat   = 1
	backupMark     = "carat-backups.json"
	backupManifest = "manifest.json"
	backupSums     = "SHA256SUMS"
	backupPartial  = ".partial"
	backupScratch  = ".verify"
	backupLake     = "lake"
	backupConfig   = "config"
	backupNameForm = "20060102T150405Z"
)

var backupName = regexp.MustCompile(`^[0-9]{8}T[0-9]{6}Z(-[0-9]+)?$`)

// BackupOptions say where to.
type BackupOptions struct {
	books.Setting
	Out  string // a folder of backups; "": backup.to of carat.yaml
	Keep int    // how many to keep; below 0: backup.keep of carat.yaml; 0: all
}

// BackupResult is what was copied.
type BackupResult struct {
	Name        string
	Folder      string
	Files       int64 // in the backup
	Bytes       int64
	Copied      int64 // of these; the others share their bytes with the backup before
	CopiedBytes int64
	Mended      []string // files of the backup before that were damaged, copied anew
	Removed     []string // older backups
	Head        books.Head
}

// manifest says what a backup is.
type manifest struct {
	Format  int        `json:"format"`
	Lake    string     `json:"lake"`
	Number  int64      `json:"number"` // from 1; an older carat's have none
	At      time.Time  `json:"at"`
	Build   string     `json:"build"`
	Catalog string     `json:"catalog"` // where it was: sqlite or postgresql; in the backup it is SQLite
	Files   int64      `json:"files"`
	Bytes   int64      `json:"bytes"`
	Sums    string     `json:"sha256sums_sha256"`
	Head    books.Head `json:"head"`
}

// Backup copies the lake, its state, carat.yaml and the user's controls, under
// the lake's lock, then reads the copy again: the hash of every file, and all
// that `carat verify` looks at. Only then it gets its name; a lake that doesn't
// verify gives no backup but a verification error, and no older backup is
// removed. A backup that is broken off is gone on with by the next.
func Backup(ctx context.Context, o BackupOptions) (result *BackupResult, err error) {
	out, err := o.out()
	if err != nil {
		return nil, err
	}
	if err := books.WantLake(o.Setting); err != nil {
		return nil, err
	}
	p, err := books.OpenLocked(ctx, o.Setting, books.RightBackup)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	unlock, err := claimBackups(out, p.Lake.ID())
	if err != nil {
		return nil, err
	}
	defer unlock()
	job, err := p.Begin(ctx, o.Setting, "backup", "")
	if err != nil {
		return nil, err
	}
	defer func() { err = job.End(ctx, err) }()
	c := &copier{setting: o.Setting, ctx: ctx, folder: filepath.Join(out, backupPartial), sums: map[string]string{}}
	if err := c.lookAtBefore(out); err != nil {
		return nil, backupError(out, err)
	}
	if c.last.At.After(o.Now) {
		o.Tell(books.Event{Step: "backup", Object: "lake", Note: "the clock says " + o.Now.UTC().Format(time.RFC3339) + ", and the backup before is of " +
			c.last.At.UTC().Format(time.RFC3339) + ": set the clock right; backups keep their order by their number"})
	}
	if err := copyLake(ctx, p, o.Setting, c); err != nil {
		return nil, backupError(out, err)
	}
	// All that is left is to read the copy: others may write to the lake.
	p.Release()
	if err := c.checkCopied(); err != nil {
		return nil, backupError(out, err)
	}
	v, err := verifyCopy(ctx, o.Setting, c.folder, filepath.Join(out, backupScratch), books.RightBackup)
	if err != nil {
		return nil, err
	}
	result = &BackupResult{Name: freeName(out, o.Now), Files: int64(len(c.sums)), Bytes: c.bytes, Copied: c.copied,
		CopiedBytes: c.copiedBytes, Mended: c.mended, Head: v.Head}
	m := manifest{Format: backupFormat, Lake: p.Lake.ID(), Number: c.last.Number + 1, At: o.Now.UTC(), Build: o.Build, Catalog: "sqlite", Files: result.Files, Bytes: result.Bytes, Head: v.Head}
	if p.State.Postgres() {
		m.Catalog = "postgresql"
	}
	if result.Folder, err = c.finish(out, result.Name, m); err != nil {
		return nil, backupError(out, err)
	}
	job.Took(madeBackup + result.Folder) // for when somebody is erased
	result.Removed, err = removeOlder(out, o.keep())
	return result, backupError(out, err)
}

func (o BackupOptions) keep() int {
	if o.Keep < 0 {
		return o.Config.Backup.Keep
	}
	return o.Keep
}

// out gives the folder of backups, which may not lie in the lake nor around it.
func (o BackupOptions) out() (string, error) {
	out := o.Out
	if out == "" && o.Config.Backup.To != "" {
		out = o.Config.Backup.To
		if !filepath.IsAbs(out) {
			out = filepath.Join(o.Config.Dir, out)
		}
	}
	if out == "" {
		return "", pipeline.Errorf(pipeline.KindUsage, "back up", "lake", "no folder is named").
			WithHint("name one with --out, or as backup: {to: …} in carat.yaml")
	}
	out, err := filepath.Abs(out)
	if err != nil {
		return "", pipeline.Errorf(pipeline.KindUsage, "back up to", o.Out, "%w", err)
	}
	inside := func(dir, of string) bool {
		rel, err := filepath.Rel(of, dir)
		return err == nil && (rel == "." || filepath.IsLocal(rel))
	}
	if real, lake := disk.Real(out), disk.Real(o.Config.Lake); inside(real, lake) || inside(lake, real) {
		return "", pipeline.Errorf(pipeline.KindUsage, "back up to", out, "it and the lake %s lie in each other", o.Config.Lake).
			WithHint("name a folder elsewhere, best on another disk")
	}
	return out, nil
}

func backupError(out string, err error) error {
	var known *pipeline.Error
	if err == nil || errors.As(err, &known) || errors.Is(err, context.Canceled) {
		return err
	}
	e := pipeline.Errorf(pipeline.KindInternal, "back up to", out, "%w", err)
	if full := lake.DiskFull(err); full != nil {
		// Which of the many files happened to be written says nothing.
		e.Cause = full
		return e.WithHint("free space there, or keep fewer with --keep, and run again: it goes on where it stopped")
	}
	return e.WithHint("run again: it goes on where it stopped")
}

// claimBackups makes the folder of backups, or checks that it is this lake's,
// and keeps other backups out until unlock.
func claimBackups(out, id string) (unlock func(), err error) {
	if err := os.MkdirAll(out, 0o700); err != nil {
		return nil, pipeline.Errorf(pipeline.KindUsage, "back up to", out, "%w", disk.Cause(err)).WithHint("carat needs to write there")
	}
	mark := filepath.Join(out, backupMark)
	text, err := os.ReadFile(mark)
	var m manifest
	switch {
	case err == nil:
		if json.Unmarshal(text, &m) != nil || m.Lake != id {
			return nil, pipeline.Errorf(pipeline.KindUsage, "back up to", out, "it holds backups of another lake, %s", m.Lake).WithHint("name a folder of its own for each lake")
		}
	case errors.Is(err, fs.ErrNotExist):
		entries, err := os.ReadDir(out)
		entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return e.Name() == "lost+found" }) // the root of a disk
		if err != nil || len(entries) > 0 {
			return nil, pipeline.Errorf(pipeline.KindUsage, "back up to", out, "it holds something else than backups").WithHint("name a new or empty folder")
		}
		if err := disk.WriteText(mark, 0o600, []byte(fmt.Sprintf("{\"format\": %d, \"lake\": %q}\n", backupFormat, id))); err != nil {
			return nil, pipeline.Errorf(pipeline.KindUsage, "back up to", out, "%w", disk.Cause(err)).WithHint("carat needs to write there")
		}
	default:
		return nil, pipeline.Errorf(pipeline.KindUsage, "back up to", out, "%w", disk.Cause(err))
	}
	if err := disk.Private(out); err != nil {
		return nil, pipeline.Errorf(pipeline.KindUsage, "back up to", out, "other accounts of this machine can read it, and its rights can't be changed: %w", disk.Cause(err)).
			WithHint("name a folder that belongs to the account which runs carat")
	}
	f, err := os.Open(mark)
	if err != nil {
		return nil, pipeline.Errorf(pipeline.KindUsage, "back up to", out, "%w", disk.Cause(err))
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, pipeline.Errorf(pipeline.KindBusy, "back up to", out, "another backup is being written there").WithHint("wait until it has ended")
	}
	return func() { _ = f.Close() }, nil
}

// copyLake copies everything. The lake is locked.
func copyLake(ctx context.Context, p *books.Books, s books.Setting, c *copier) error {
	names, err := p.Lake.Files()
	if err != nil {
		return err
	}
	if err := c.begin(names); err != nil {
		return err
	}
	catalog, people := filepath.Join(c.folder, backupLake, lake.CatalogFile), filepath.Join(c.folder, backupLake, filepath.FromSlash(lake.PeopleFile))
	for _, file := range []string{catalog, people} {
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			return err
		}
		if err := disk.IgnoreMissing(os.Remove(file)); err != nil {
			return err
		}
	}
	if p.State.Postgres() {
		err = DumpCatalog(ctx, p, catalog)
	} else {
		err = p.State.SaveTo(ctx, catalog)
	}
	if err != nil {
		return err
	}
	if err := c.took(backupLake + "/" + lake.CatalogFile); err != nil {
		return err
	}
	saved, err := p.Lake.SavePeople(ctx, people)
	if err != nil {
		return err
	}
	if saved {
		if err := c.took(backupLake + "/" + lake.PeopleFile); err != nil {
			return err
		}
	}
	for i, name := range names {
		s.Tell(books.Event{Step: "backup", Object: "lake", Done: int64(i), Total: int64(len(names)), Unit: "files"})
		path, err := p.Lake.Bring(name)
		if err != nil {
			return err
		}
		if err := c.file(path, backupLake+"/"+name); err != nil {
			return err
		}
	}
	s.Tell(books.Event{Step: "backup", Object: "lake", Finished: true})
	return c.config(s.Config.Dir)
}

// DumpCatalog writes catalog and state from PostgreSQL into a SQLite file,
// which every carat reads.
func DumpCatalog(ctx context.Context, p *books.Books, file string) (err error) {
	if err := lake.MakeCatalog(ctx, file); err != nil {
		return err
	}
	to, err := state.Open(ctx, file, state.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	return p.State.CopyTo(ctx, to, lake.CatalogTables, nil)
}

// backups gives the names of the whole backups in a folder, oldest first, in the
// order of their numbers; those of an older carat, which have none, come first, by
// name.
func backups(out string) (names []string, last manifest, err error) {
	entries, err := os.ReadDir(out)
	if err != nil {
		return nil, last, err
	}
	numbers := map[string]int64{}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(out, e.Name(), backupManifest))
		if err != nil || !e.IsDir() || !backupName.MatchString(e.Name()) {
			continue
		}
		var m manifest
		if json.Unmarshal(text, &m) != nil {
			m = manifest{} // a damaged one is the first to go
		}
		if names = append(names, e.Name()); m.Number > last.Number || m.Number == last.Number && m.At.After(last.At) {
			last = m
		}
		numbers[e.Name()] = m.Number
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(numbers[a], numbers[b]), cmp.Compare(a, b))
	})
	return names, last, nil
}

// freeName gives the name of a backup of that time that no other has.
func freeName(out string, at time.Time) string {
	name := at.UTC().Format(backupNameForm)
	for n := 2; ; n++ {
		if _, err := os.Lstat(filepath.Join(out, name)); err != nil {
			return name
		}
		name = at.UTC().Format(backupNameForm) + "-" + strconv.Itoa(n)
	}
}

// removeLeft takes away what is left of backups whose removal was broken off: they
// have no manifest any more.
func removeLeft(out string) error {
	entries, err := os.ReadDir(out)
	if err != nil {
		return err
	}
	for _, e := range entries {
		folder := filepath.Join(out, e.Name())
		if _, err := os.Stat(filepath.Join(folder, backupManifest)); !e.IsDir() || !backupName.MatchString(e.Name()) || err == nil {
			continue
		}
		if err := os.RemoveAll(folder); err != nil {
			return err
		}
	}
	return nil
}

// removeOlder leaves the newest backups.
func removeOlder(out string, keep int) (removed []string, err error) {
	if err := removeLeft(out); err != nil {
		return nil, err
	}
	names, _, err := backups(out)
	if err != nil || keep <= 0 || len(names) <= keep {
		return nil, err
	}
	for _, name := range names[:len(names)-keep] {
		// Without its manifest it is no backup any more, whatever happens then.
		if err := os.Remove(filepath.Join(out, name, backupManifest)); err != nil {
			return removed, err
		}
		if err := os.RemoveAll(filepath.Join(out, name)); err != nil {
			return removed, err
		}
		removed = append(removed, name)
	}
	return removed, lake.SyncFolder(out)
}

// verifyCopy verifies a copy in a scratch folder, because opening a lake
// writes to its catalog.
func verifyCopy(ctx context.Context, s books.Setting, folder, scratch string, right books.Right) (*Verification, error) {
	if err := os.RemoveAll(scratch); err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	from := filepath.Join(folder, backupLake)
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		to := filepath.Join(scratch, backupLake, rel)
		if d.IsDir() {
			return os.MkdirAll(to, 0o700)
		}
		if !strings.HasSuffix(path, ".sqlite") && os.Link(path, to) == nil {
			return nil
		}
		_, err = disk.Copy(path, to)
		return err
	})
	if err != nil {
		return nil, err
	}
	config := *s.Config
	config.Dir, config.Lake, config.Bucket, config.Catalog = scratch, filepath.Join(scratch, backupLake), "", ""
	s.Config = &config
	v, err := Verify(ctx, VerifyOptions{Setting: s, right: right})
	var known *pipeline.Error
	if errors.As(err, &known) && known.Kind == pipeline.KindVerification {
		return v, pipeline.Errorf(pipeline.KindVerification, "verify the copy in", folder, "%w", known.Cause).
			WithHint("`carat verify` says whether the lake itself was changed; if it verifies, the copy's disk is at fault")
	}
	return v, err
}
