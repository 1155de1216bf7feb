package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"carat/jobs/config"
	"carat/jobs/disk"
)

// ownFolders are the folders beside a carat.yaml whose files are carat's input, its
// rules, or what it signed and handed out.
var ownFolders = map[string]string{
	"inbox": "the inbox, whose files are input", "controls": "the folder of your own controls", "out": "out, where statements and close packages lie",
}

// placeOut gives the whole path of a file or folder that a person asked for. Its
// folder must be there, and it must not be one of carat's own places, whichever
// lake they belong to: the history, the inbox, controls, what was signed, carat.yaml.
func (a *app) placeOut(flag, path string, c *config.Config) (string, error) {
	full, err := filepath.Abs(path)
	if err != nil {
		return "", usage("%s: %w", flag, err)
	}
	folder, err := filepath.EvalSymlinks(filepath.Dir(full))
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return "", usage("%s: the folder %s does not exist", flag, filepath.Dir(path)).WithHint("make it first")
		}
		return "", usage("%s: %w", flag, err)
	}
	full = filepath.Join(folder, filepath.Base(full))
	if c != nil {
		if lake, err := filepath.EvalSymlinks(c.Lake); err == nil && within(full, lake) {
			return "", usage("%s: %s is inside the lake", flag, path).WithHint("choose a place outside %s", c.Lake)
		}
		if to := c.Backup.To; to != "" {
			if !filepath.IsAbs(to) {
				to = filepath.Join(c.Dir, to)
			}
			if to, err := filepath.EvalSymlinks(to); err == nil && within(full, to) {
				return "", usage("%s: %s is in the folder of backups", flag, path).WithHint("choose another place")
			}
		}
		for name, f := range c.Feeds {
			for _, glob := range f.Paths {
				if dir, err := filepath.EvalSymlinks(c.Dir); err == nil && matches(glob, dir, full) {
					return "", usage("%s: %s would be taken for a file of %s", flag, path, name).WithHint("choose a place that no feed of carat.yaml names")
				}
			}
		}
	}
	if what := ownPlace(full); what != "" {
		return "", usage("%s: %s is %s", flag, path, what).WithHint("choose another place")
	}
	return full, nil
}

func within(path, folder string) bool {
	rel, err := filepath.Rel(folder, path)
	return err == nil && (rel == "." || filepath.IsLocal(rel))
}

func matches(glob, dir, full string) bool {
	if !filepath.IsAbs(glob) { // of the folder, whose own name may look like a pattern
		rel, err := filepath.Rel(dir, full)
		if err != nil {
			return false
		}
		full, glob = rel, filepath.Clean(filepath.FromSlash(glob))
	}
	ok, err := filepath.Match(glob, full)
	return err == nil && ok
}

// ownPlace says which of carat's own places a path is or lies in, "" for none; also where
// that place isn't made yet.
func ownPlace(full string) string {
	if filepath.Base(full) == config.File {
		return "a configuration, which you write yourself"
	}
	first := filepath.Dir(full)
	if _, err := os.Lstat(full); err != nil {
		first = full // one that is there is refused for what it is
	}
	for dir := first; ; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(filepath.Join(dir, "lake.json")); err == nil {
			return "inside the lake " + dir
		}
		parent := filepath.Dir(dir)
		if what := ownFolders[strings.ToLower(filepath.Base(dir))]; what != "" {
			if _, err := os.Lstat(filepath.Join(parent, config.File)); err == nil {
				return "in " + what
			}
		}
		if parent == dir {
			return ""
		}
	}
}

// placeOutFile is placeOut of what must be a file, which takes the place of another
// only by force.
func (a *app) placeOutFile(flag, path string, c *config.Config) (string, error) {
	full, err := a.placeOut(flag, path, c)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(full)
	switch {
	case err == nil && !info.Mode().IsRegular():
		return "", usage("%s: %s is no file", flag, path).WithHint("name a file")
	case err == nil && !a.force:
		return "", usage("%s: %s is there already", flag, path).WithHint("name another file, or replace it with --force")
	}
	return full, nil
}

// fullPath gives the whole path of what need not be there, by what its nearest
// folder that is there really is.
func fullPath(path string) string { return disk.Real(path) }
