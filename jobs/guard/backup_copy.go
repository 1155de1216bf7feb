package guard

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"carat/jobs/books"
	"carat/jobs/config"
	"carat/jobs/config/literal"
	"carat/jobs/disk"
	"carat/pipeline"
	"carat/pipeline/certificate"
	"carat/pipeline/lake"
)

// copier fills the folder of a backup.
type copier struct {
	setting books.Setting
	ctx     context.Context
	folder  string
	last    manifest          // of the newest backup, zero when there is none
	before  string            // folder of the backup before; "" when there is none
	had     map[string]string // its list
	sums    map[string]string // SHA-256 by path
	linked  map[string]string // path -> source, of files that share the bytes of the backup before
	fresh   []string          // copied now or by the attempt before: to be read again
	mended  []string

	bytes, copied, copiedBytes int64
}

// lookAtBefore finds the newest backup, whose files need no copying again.
func (c *copier) lookAtBefore(out string) error {
	names, last, err := backups(out)
	c.last = last
	if err != nil || len(names) == 0 {
		return err
	}
	c.before = filepath.Join(out, names[len(names)-1])
	if _, c.had, err = readBackup(c.before); err != nil {
		c.before, c.had = "", nil // a damaged list is no help; everything is copied
	}
	return nil
}

// begin makes the folder, and takes away what an attempt before left that the
// lake no longer has.
func (c *copier) begin(names []string) error {
	c.linked = map[string]string{}
	wanted := map[string]bool{}
	for _, name := range names {
		wanted[backupLake+"/"+name] = true
	}
	return filepath.WalkDir(c.folder, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(c.folder, path)
		if err != nil || wanted[filepath.ToSlash(rel)] {
			return err
		}
		return os.Remove(path)
	})
}

func (c *copier) path(name string) string { return filepath.Join(c.folder, filepath.FromSlash(name)) }

// file takes one file of the lake: one that lies in the backup before, or that
// an attempt before copied, with the same size and time is the same, since
// carat writes each file once.
func (c *copier) file(from, name string) error {
	if err := c.ctx.Err(); err != nil {
		return err
	}
	to := c.path(name)
	source, err := os.Stat(from)
	if err != nil {
		return err
	}
	if same(source, to) {
		return c.took(name)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	if err := disk.IgnoreMissing(os.Remove(to)); err != nil {
		return err
	}
	if sum := c.had[name]; sum != "" {
		old := filepath.Join(c.before, filepath.FromSlash(name))
		if same(source, old) && os.Link(old, to) == nil {
			c.sums[name], c.linked[name] = sum, from
			c.bytes += source.Size()
			return nil
		}
	}
	return c.copy(from, name)
}

func (c *copier) copy(from, name string) error {
	sum, err := disk.Copy(from, c.path(name))
	if err != nil {
		return err
	}
	info, err := os.Stat(c.path(name))
	if err != nil {
		return err
	}
	c.sums[name] = sum
	c.fresh = append(c.fresh, name)
	c.bytes, c.copied, c.copiedBytes = c.bytes+info.Size(), c.copied+1, c.copiedBytes+info.Size()
	return nil
}

// took counts a file that was put there already.
func (c *copier) took(name string) error {
	sum, size, err := disk.SHA256(c.path(name))
	if err != nil {
		return err
	}
	c.sums[name] = sum
	c.bytes, c.copied, c.copiedBytes = c.bytes+size, c.copied+1, c.copiedBytes+size
	return nil
}

// config takes carat.yaml and the user's own controls.
func (c *copier) config(dir string) error {
	files := []string{config.File}
	controls, err := fs.Glob(os.DirFS(dir), "controls/*.sql")
	if err != nil {
		return err
	}
	for _, name := range append(files, controls...) {
		from := filepath.Join(dir, filepath.FromSlash(name))
		if info, err := os.Lstat(from); err != nil || !info.Mode().IsRegular() {
			continue // a lake of defaults has no carat.yaml
		}
		to := c.path(backupConfig + "/" + name)
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return err
		}
		if err := disk.IgnoreMissing(os.Remove(to)); err != nil {
			return err
		}
		if name == config.File {
			err = c.copyConfig(from, to, backupConfig+"/"+name)
		} else {
			err = c.copy(from, backupConfig+"/"+name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// copyConfig copies carat.yaml without the passwords in it: the copy lies on other
// disks, with other people.
func (c *copier) copyConfig(from, to, name string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	plain := literal.WithoutPasswords(text)
	if bytes.Equal(plain, text) {
		return c.copy(from, name)
	}
	if err := disk.WriteText(to, 0o600, plain); err != nil {
		return err
	}
	return c.took(name)
}

// checkCopied reads what was written, and what the backup before lent, and
// compares it with its hash. A lent file that has rotted is copied anew.
func (c *copier) checkCopied() error {
	for _, name := range c.fresh {
		if got, _, err := disk.SHA256(c.path(name)); err != nil || got != c.sums[name] {
			return errors.Join(err, fmt.Errorf("%s was written and reads differently; is the disk at fault?", name))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.linked)) {
		if err := c.ctx.Err(); err != nil {
			return err
		}
		got, _, err := disk.SHA256(c.path(name))
		if err != nil {
			return err
		}
		if got == c.sums[name] {
			continue
		}
		if err := os.Remove(c.path(name)); err != nil {
			return err
		}
		if got, err = disk.Copy(c.linked[name], c.path(name)); err != nil {
			return err
		}
		if got != c.sums[name] {
			return pipeline.Errorf(pipeline.KindVerification, "back up", name, "the lake and the backup before %s have other bytes, and neither what was first copied", c.before).
				WithHint("`carat verify` says whether the lake was changed")
		}
		c.mended = append(c.mended, name)
		c.copied++
	}
	return nil
}

// finish writes the list and the manifest, and gives the backup its name.
func (c *copier) finish(out, name string, m manifest) (folder string, err error) {
	var list strings.Builder
	for _, name := range slices.Sorted(maps.Keys(c.sums)) {
		fmt.Fprintf(&list, "%s  %s\n", c.sums[name], name)
	}
	m.Sums = certificate.SHA256Text([]byte(list.String()))
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return "", err
	}
	if err := disk.WriteText(filepath.Join(c.folder, backupSums), 0o600, []byte(list.String())); err != nil {
		return "", err
	}
	if err := disk.WriteText(filepath.Join(c.folder, backupManifest), 0o600, append(text, '\n')); err != nil {
		return "", err
	}
	if err := disk.SyncFolders(c.folder); err != nil {
		return "", err
	}
	folder = filepath.Join(out, name)
	if err := os.Rename(c.folder, folder); err != nil {
		return "", err
	}
	return folder, lake.SyncFolder(out)
}

// same says whether a file has the size and time of another.
func same(source fs.FileInfo, path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode().IsRegular() && info.Size() == source.Size() && info.ModTime().Equal(source.ModTime())
}

// readBackup reads the manifest and the list of a backup.
func readBackup(folder string) (m manifest, sums map[string]string, err error) {
	text, err := os.ReadFile(filepath.Join(folder, backupManifest))
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil, pipeline.Errorf(pipeline.KindNotFound, "read backup", folder, "it has no %s, so it is no backup, or one that was broken off", backupManifest).
			WithHint("name a folder that `carat backup` wrote")
	}
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	if err != nil {
		return m, nil, pipeline.Errorf(pipeline.KindVerification, "read backup", filepath.Join(folder, backupManifest), "%w", disk.Cause(err))
	}
	if m.Format != backupFormat {
		return m, nil, pipeline.Errorf(pipeline.KindUsage, "read backup", folder, "its format is %d, this carat reads format %d", m.Format, backupFormat)
	}
	list, err := os.ReadFile(filepath.Join(folder, backupSums))
	if err != nil || certificate.SHA256Text(list) != m.Sums {
		return m, nil, pipeline.Errorf(pipeline.KindVerification, "read backup", filepath.Join(folder, backupSums), "it is not the list that the manifest names").
			WithHint("use another backup")
	}
	sums = map[string]string{}
	scan := bufio.NewScanner(strings.NewReader(string(list)))
	for scan.Scan() {
		sum, name, ok := strings.Cut(scan.Text(), "  ")
		if raw, err := hex.DecodeString(sum); !ok || err != nil || len(raw) != sha256.Size || !filepath.IsLocal(filepath.FromSlash(name)) || sums[name] != "" {
			return m, nil, pipeline.Errorf(pipeline.KindVerification, "read backup", filepath.Join(folder, backupSums), "%q is no line of a list", pipeline.CutText(scan.Text()))
		}
		sums[name] = sum
	}
	return m, sums, scan.Err()
}
