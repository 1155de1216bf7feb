package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"carat/pipeline"
)

// Files of a lake that change in place, below its folder. All others are
// written once.
const (
	CatalogFile = "catalog.sqlite"
	// IdentityFile says which lake it is, and where it began.
	IdentityFile = "lake.json"
	PeopleFile   = "people/people.sqlite"
	// HeadFile keeps the head of the chain of records beside the database that it is in.
	HeadFile = CatalogFile + "-head"
)

// CertificatesFolder holds what locks periods: PERIOD/VERSION.json, beside it
// VERSION.statements.sha256, and the SQL that was in force under sql/. It is
// part of the history: a copy of the lake has it too.
const CertificatesFolder = "certificates"

// Relative gives a path of this machine as one below the lake's folder, with
// slashes.
func (d *Disk) Relative(path string) string {
	rel, err := filepath.Rel(d.Root, path)
	if err != nil {
		return path
	}
	return filepath.ToSlash(rel)
}

// Database is where a database of the lake is opened: in its place, or a copy.
func (d *Disk) Database(name string) string {
	root := d.Root
	if d.Databases != "" {
		root = d.Databases
	}
	return filepath.Join(root, filepath.FromSlash(name))
}

// HoldsTables says whether tables of Iceberg lie below the lake's folder: a catalog that
// names none is then not a new lake's, but another than theirs. A new lake's catalog is
// made before its first table.
func (d *Disk) HoldsTables() bool {
	if d.Remote != nil {
		there := errors.New("there are")
		err := d.Walk(filepath.Join(d.Root, "carat.db"), func(path string) error {
			if strings.HasSuffix(path, ".metadata.json") {
				return there
			}
			return nil
		})
		return err != nil // also when it can't be known
	}
	folders, err := fs.Glob(os.DirFS(d.Root), "*.db/*/metadata")
	return err == nil && slices.ContainsFunc(folders, func(folder string) bool { return holdsMetadata(filepath.Join(d.Root, filepath.FromSlash(folder))) })
}

// holdsMetadata looks for the first file of metadata alone: a folder gets one with each commit.
func holdsMetadata(folder string) bool {
	f, err := os.Open(folder)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }()
	const some = 32
	for {
		names, err := f.Readdirnames(some)
		if slices.ContainsFunc(names, func(name string) bool { return strings.HasSuffix(name, ".metadata.json") }) {
			return true
		}
		if err != nil {
			return false
		}
	}
}

// StagingDir makes a folder for files on their way into the lake.
func (d *Disk) StagingDir(name string) (string, error) {
	if !PlainName(name) {
		return "", pipeline.Errorf(pipeline.KindInternal, "stage", fmt.Sprintf("%q", name), "not a plain name")
	}
	dir := d.StagingPath(name)
	if err := d.MkdirAll(dir); err != nil {
		return "", d.Fail("make folder", dir, err)
	}
	return dir, nil
}

// StagingPath is where something lies on its way into the lake.
func (d *Disk) StagingPath(name string) string { return filepath.Join(d.Root, "staging", name) }

// PlainName says whether a name is safe as one path element.
func PlainName(name string) bool {
	if name == "" || len(name) > 128 || name[0] == '.' {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.=", r))
	})
}
