package guard

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"carat/jobs/books"
	"carat/jobs/config"
	"carat/jobs/config/differ"
	"carat/jobs/disk"
	"carat/pipeline"
	"carat/pipeline/identity"
	"carat/pipeline/lake"
	"carat/pipeline/state"
)

// RestoreOptions say from where, and to where. Config of the Setting is not
// used: it is the carat.yaml of Dir, or that of the backup when Dir has none.
type RestoreOptions struct {
	books.Setting
	From  string // a folder of backups, or one backup
	Name  string // of one backup; "": the newest
	Dir   string // the folder of carat.yaml, whose lake is made
	Check bool   // only read the backup, and restore nothing
}

// RestoreResult is what was restored, or checked.
type RestoreResult struct {
	Backup string // the folder of the backup
	Lake   string // the lake's folder; "" when only checked
	Files  int64
	Bytes  int64
	Head   books.Head
	// Differs are the keys by which the carat.yaml that is there and that of the backup
	// differ, and the files of controls/; those that are there stay.
	Differs []string
}

// Restore makes a lake from a backup. Every file's hash is compared and the
// lake is verified before it gets its place: a damaged backup is a verification
// error and leaves none. Where a lake is already it is a usage error. A
// catalog in PostgreSQL must be an empty database.
func Restore(ctx context.Context, o RestoreOptions) (result *RestoreResult, err error) {
	folder, err := o.backup()
	if err != nil {
		return nil, err
	}
	if err := onlyFiles(folder); err != nil {
		return nil, err
	}
	m, sums, err := readBackup(folder)
	if err != nil {
		return nil, err
	}
	if err := o.configure(folder); err != nil {
		return nil, err
	}
	result = &RestoreResult{Backup: folder, Files: m.Files, Bytes: m.Bytes, Differs: o.differs(folder, sums)}
	if o.Check {
		if err := checkBackup(ctx, o.Setting, folder, sums); err != nil {
			return nil, err
		}
		scratch, err := os.MkdirTemp(filepath.Dir(folder), backupScratch+"-*")
		if err != nil {
			return nil, pipeline.Errorf(pipeline.KindUsage, "check backup", folder, "%w", disk.Cause(err)).WithHint("carat needs to write beside it, to open a copy of its catalog")
		}
		defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
		v, err := verifyCopy(ctx, o.Setting, folder, scratch, books.RightRestore)
		if err != nil {
			return nil, err
		}
		result.Head = v.Head
		return result, sameHead(folder, m, v.Head)
	}
	if err := o.staysBelow(folder); err != nil {
		return nil, err
	}
	result.Lake = o.Config.Lake
	result.Head, err = o.restore(ctx, folder, m, sums)
	return result, err
}

// differs compares the configuration of a backup with what is there.
func (o RestoreOptions) differs(folder string, sums map[string]string) (names []string) {
	for _, name := range slices.Sorted(maps.Keys(sums)) {
		below, ok := strings.CutPrefix(name, backupConfig+"/")
		there, err := os.ReadFile(filepath.Join(o.Dir, filepath.FromSlash(below)))
		kept, kerr := os.ReadFile(filepath.Join(folder, filepath.FromSlash(name)))
		switch {
		case !ok || err != nil || kerr != nil || bytes.Equal(there, kept):
		case below == config.File:
			for _, key := range differ.Keys(there, kept) {
				names = append(names, config.File+" "+key)
			}
		default:
			names = append(names, below)
		}
	}
	return names
}

// backup finds the backup that is meant.
func (o RestoreOptions) backup() (string, error) {
	from, err := filepath.Abs(o.From)
	if err != nil {
		return "", err
	}
	if o.Name != "" {
		if !backupName.MatchString(o.Name) {
			return "", pipeline.Errorf(pipeline.KindUsage, "find backup", pipeline.CutText(o.Name), "that is not the name of a backup, such as 20261031T020000Z")
		}
		return filepath.Join(from, o.Name), nil
	}
	if _, err := os.Stat(filepath.Join(from, backupManifest)); err == nil {
		return from, nil
	}
	names, _, err := backups(from)
	if err != nil {
		return "", pipeline.Errorf(pipeline.KindNotFound, "find backup in", from, "%w", disk.Cause(err))
	}
	if len(names) == 0 {
		return "", pipeline.Errorf(pipeline.KindNotFound, "find backup in", from, "there is none").WithHint("name a folder that `carat backup` wrote")
	}
	newest := names[len(names)-1]
	if broken := brokenAfter(from, newest); broken != "" {
		return "", pipeline.Errorf(pipeline.KindVerification, "find the newest backup in", from, "%s is newer than %s, and what it is can't be read", broken, newest).
			WithHint("name the one that is meant: --backup %s", newest)
	}
	return filepath.Join(from, newest), nil
}

// brokenAfter gives a folder that has the name of a backup later than one, and no manifest that can be read; "": there is none.
func brokenAfter(from, than string) string {
	entries, err := os.ReadDir(from)
	if err != nil {
		return ""
	}
	for _, e := range slices.Backward(entries) {
		if !e.IsDir() || !backupName.MatchString(e.Name()) || e.Name() <= than {
			continue
		}
		var m manifest
		if text, err := os.ReadFile(filepath.Join(from, e.Name(), backupManifest)); err != nil || json.Unmarshal(text, &m) != nil {
			return e.Name()
		}
	}
	return ""
}

// configure reads the configuration of the folder, or the backup's.
func (o *RestoreOptions) configure(folder string) (err error) {
	o.Config, err = config.Load(o.Dir)
	if err == nil {
		return o.Config.FillSecrets(o.Variable)
	}
	if pipeline.KindOf(err) != pipeline.KindNotFound {
		return err
	}
	file := filepath.Join(folder, backupConfig, config.File)
	text, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return pipeline.Errorf(pipeline.KindVerification, "read", file, "%w", disk.Cause(err))
	}
	if o.Config, err = config.Parse(text, o.Dir, file); err != nil {
		return err
	}
	return o.Config.FillSecrets(o.Variable)
}

// staysBelow refuses the lake of a backup's own carat.yaml that isn't below the folder to
// which is restored: nobody but who restores says what else is written.
func (o RestoreOptions) staysBelow(folder string) error {
	rel, err := filepath.Rel(disk.Real(o.Dir), disk.Real(o.Config.Lake))
	if _, own := os.Stat(filepath.Join(o.Dir, config.File)); own == nil || err == nil && rel != "." && filepath.IsLocal(rel) {
		return nil
	}
	return pipeline.Errorf(pipeline.KindUsage, "restore from", folder, "its carat.yaml has the lake at %s, which is not below %s", o.Config.Lake, o.Dir).
		WithHint("copy %s to %s and set its `lake`, then restore again", filepath.Join(folder, backupConfig, config.File), filepath.Join(o.Dir, config.File))
}

// onlyFiles refuses a backup in which something is neither a file nor a folder: a backup
// has no links, and what one leads to is no part of it.
func onlyFiles(folder string) error {
	real, err := filepath.EvalSymlinks(folder)
	if err != nil {
		return nil // told when it is read
	}
	return filepath.WalkDir(real, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !d.Type().IsRegular() {
			return pipeline.Errorf(pipeline.KindVerification, "read backup", path, "it is no file, and a backup holds nothing else").WithHint("use another backup; nothing was restored")
		}
		return nil
	})
}

// checkBackup compares the hash of every file.
func checkBackup(ctx context.Context, s books.Setting, folder string, sums map[string]string) error {
	for i, name := range slices.Sorted(maps.Keys(sums)) {
		if err := ctx.Err(); err != nil {
			return err
		}
		s.Tell(books.Event{Step: "check", Object: "backup", Done: int64(i), Total: int64(len(sums)), Unit: "files"})
		got, _, err := disk.SHA256(filepath.Join(folder, filepath.FromSlash(name)))
		if err != nil || got != sums[name] {
			return damaged(folder, name, got, sums[name], err)
		}
	}
	s.Tell(books.Event{Step: "check", Object: "backup", Finished: true})
	return nil
}

func damaged(folder, name, got, want string, err error) error {
	file := filepath.Join(folder, filepath.FromSlash(name))
	e := pipeline.Errorf(pipeline.KindVerification, "read backup", file, "its SHA-256 is %s, the list says %s", got, want)
	if err != nil {
		e = pipeline.Errorf(pipeline.KindVerification, "read backup", file, "%w", disk.Cause(err))
	}
	return e.WithHint("use another backup; nothing was restored")
}

func sameHead(folder string, m manifest, got books.Head) error {
	if m.Head.Records == "" {
		got.Records = "" // an older carat's backup knows of no records
	}
	if got == m.Head {
		return nil
	}
	if got.Chain == m.Head.Chain && got.Batch == m.Head.Batch {
		return pipeline.Errorf(pipeline.KindVerification, "verify backup", folder, "its records end with %q, the manifest says %q", got.Records, m.Head.Records).
			WithHint("use another backup")
	}
	return pipeline.Errorf(pipeline.KindVerification, "verify backup", folder, "its history ends with batch %q and chain %s, the manifest says %q and %s",
		got.Batch, got.Chain, m.Head.Batch, m.Head.Chain).WithHint("use another backup")
}

// restore copies, verifies, and then gives the lake its place.
func (o RestoreOptions) restore(ctx context.Context, folder string, m manifest, sums map[string]string) (head books.Head, err error) {
	if o.Config.Bucket != "" {
		return head, pipeline.Errorf(pipeline.KindUsage, "restore to", o.Config.Bucket, "a backup is restored into a folder").
			WithHint("put a carat.yaml whose `lake` is a folder into %s, restore, and then bring the lake into a bucket with `carat copy`", config.Shown(o.Dir))
	}
	root := o.Config.Lake
	if err := lake.CheckRoot(root); err != nil {
		return head, err
	}
	if entries, err := os.ReadDir(root); err == nil && len(entries) > 0 || err != nil && !errors.Is(err, fs.ErrNotExist) {
		return head, pipeline.Errorf(pipeline.KindUsage, "restore to", root, "there is something already").
			WithHint("restore into another folder with --dir, or move the lake away")
	}
	temp := root + ".restoring"
	if err := o.copyBack(ctx, folder, temp, sums); err != nil {
		return head, err
	}
	config := *o.Config
	config.Lake, config.Catalog, config.Dir = temp, "", temp // without the statements of another lake
	setting := o.Setting
	setting.Config = &config
	v, err := Verify(ctx, VerifyOptions{Setting: setting, right: books.RightRestore})
	if pipeline.KindOf(err) == pipeline.KindUsage { // nothing is left to whoever may not
		return head, errors.Join(err, os.RemoveAll(temp))
	}
	if err != nil {
		return head, err
	}
	if err := sameHead(folder, m, v.Head); err != nil {
		return head, err
	}
	if o.Config.Catalog != "" {
		if err := LoadCatalog(ctx, o.Config.Catalog.Reveal(), filepath.Join(temp, lake.CatalogFile), root, v.Head.Records); err != nil {
			return head, err
		}
	}
	if err := o.restoreConfig(folder, sums); err != nil {
		return head, restoreError(o.Dir, err)
	}
	if err := disk.IgnoreMissing(os.Remove(root)); err != nil { // an empty folder
		return head, restoreError(root, err)
	}
	if err := errors.Join(disk.SyncFolders(temp), os.Rename(temp, root), lake.SyncFolder(filepath.Dir(root))); err != nil {
		return head, restoreError(root, err)
	}
	p, err := books.Open(ctx, o.Setting)
	if err != nil {
		return head, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	job, err := p.Begin(ctx, o.Setting, "restore", "")
	if err != nil {
		return head, err
	}
	job.Took(folder)
	return v.Head, job.End(ctx, recordRestore(ctx, p, o.Setting, filepath.Base(folder), v.Head))
}

// recordRestore writes that the lake was brought back, by which account and from what:
// nobody's key is asked, since whoever restores owns the files; but it is seen.
func recordRestore(ctx context.Context, p *books.Books, s books.Setting, backup string, head books.Head) error {
	old := head.Records
	if old == "" {
		old = head.Chain
	}
	proof, err := p.Prove(ctx, s, identity.KindRestore, "", identity.Field{Name: "backup", Value: backup}, identity.Field{Name: "old-head", Value: old})
	if err != nil {
		return err
	}
	return p.State.Prove(ctx, proof)
}

func restoreError(root string, err error) error {
	return pipeline.Errorf(pipeline.KindInternal, "restore to", root, "%w", err).WithHint("run again: it goes on where it stopped")
}

// copyBack copies the lake's files, each of which must have the hash of the
// list. Those that an attempt before copied are read again, not copied.
func (o RestoreOptions) copyBack(ctx context.Context, folder, temp string, sums map[string]string) error {
	// An attempt before may have opened the databases; a log of theirs beside a
	// new copy would be taken for its own.
	for _, file := range []string{lake.CatalogFile, lake.PeopleFile} {
		for _, ending := range []string{"", "-wal", "-shm", "-journal", "-head"} {
			if err := disk.IgnoreMissing(os.Remove(filepath.Join(temp, filepath.FromSlash(file)) + ending)); err != nil {
				return restoreError(temp, err)
			}
		}
	}
	names := slices.Sorted(maps.Keys(sums))
	for i, name := range names {
		below, ok := strings.CutPrefix(name, backupLake+"/")
		if !ok {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		o.Tell(books.Event{Step: "restore", Object: "lake", Done: int64(i), Total: int64(len(names)), Unit: "files"})
		to := filepath.Join(temp, filepath.FromSlash(below))
		if got, _, err := disk.SHA256(to); err == nil && got == sums[name] {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return restoreError(temp, err)
		}
		from := filepath.Join(folder, filepath.FromSlash(name))
		if _, err := os.Stat(from); err != nil {
			return damaged(folder, name, "", sums[name], err)
		}
		got, err := disk.Copy(from, to)
		if err != nil {
			return restoreError(temp, err)
		}
		if got != sums[name] {
			return errors.Join(damaged(folder, name, got, sums[name], nil), os.Remove(to))
		}
	}
	o.Tell(books.Event{Step: "restore", Object: "lake", Finished: true})
	return nil
}

// restoreConfig puts carat.yaml and the user's controls where there are none.
func (o RestoreOptions) restoreConfig(folder string, sums map[string]string) error {
	for name := range sums {
		below, ok := strings.CutPrefix(name, backupConfig+"/")
		to := filepath.Join(o.Dir, filepath.FromSlash(below))
		if _, err := os.Lstat(to); !ok || err == nil {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return err
		}
		if got, err := disk.Copy(filepath.Join(folder, filepath.FromSlash(name)), to); err != nil || got != sums[name] {
			return errors.Join(err, damaged(folder, name, got, sums[name], err), disk.IgnoreMissing(os.Remove(to)))
		}
	}
	return nil
}

// LoadCatalog writes catalog and state from the file of a backup into an empty
// PostgreSQL database, as those of the lake at root.
func LoadCatalog(ctx context.Context, dsn, file, root, head string) (err error) {
	if err := lake.MakeCatalog(ctx, dsn); err != nil {
		return err
	}
	if loaded, err := isLoaded(ctx, dsn, head); err != nil || loaded {
		return errors.Join(err, dropFile(file, root))
	}
	from, err := state.Open(ctx, file, state.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	to, err := state.Open(ctx, dsn, state.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	err = from.CopyTo(ctx, to, lake.CatalogTables, func(tx *sql.Tx) error { return lake.MoveCatalog(ctx, tx, root) })
	if err != nil {
		return err
	}
	return dropFile(file, root)
}

// isLoaded says whether a database holds what the backup does, to the last record:
// a restore that was killed had loaded it.
func isLoaded(ctx context.Context, dsn, head string) (loaded bool, err error) {
	s, err := state.Open(ctx, dsn, state.Options{})
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	have, err := s.Head(ctx)
	return err == nil && head != "" && have.String() == head, err
}

// dropFile removes the file that a catalog came in. It was only on its way, and so
// is what seals it: the catalog is the database.
func dropFile(file, root string) error {
	for _, ending := range []string{"", "-wal", "-shm", "-seal", "-open", "-head"} {
		if err := disk.IgnoreMissing(os.Remove(file + ending)); err != nil {
			return restoreError(root, err)
		}
	}
	return nil
}
