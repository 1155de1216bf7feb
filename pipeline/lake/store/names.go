package store

import (
	"context"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"carat/pipeline"
	"carat/pipeline/lake/store/object"
)

// TurnsFolder holds empty files that those lock who run SQL of their own. No copy of the
// lake has it.
const TurnsFolder = "queries"

// KeysFolder holds the indexes of keys, which can be made anew of the rows at any time. No
// copy of the lake has it.
const KeysFolder = "keys"

// Names lists what a copy of the lake consists of besides its databases, by path below the
// lake's folder: names only, in order. Something that is no plain file is a verification
// error: no job of carat's makes one.
func (d *Disk) Names() (names []string, err error) {
	if d.Remote != nil {
		err := d.Remote.Objects.List(context.Background(), "", func(i object.Info) error {
			if _, shared := d.key(filepath.Join(d.Root, filepath.FromSlash(i.Key))); shared && !strings.HasPrefix(i.Key, "staging/") {
				names = append(names, i.Key)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		err = d.Walk(filepath.Join(d.Root, "people", "raw"), func(path string) error {
			names = append(names, d.Relative(path))
			return nil
		})
		slices.Sort(names)
		return names, err
	}
	err = filepath.WalkDir(d.Root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(d.Root, path)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(rel)
		switch {
		case e.IsDir() && (name == "staging" || name == TurnsFolder || name == KeysFolder):
			return filepath.SkipDir
		case e.IsDir():
			return nil
		case !e.Type().IsRegular() || strings.ContainsAny(name, "\n\r\\"):
			return pipeline.Errorf(pipeline.KindVerification, "read lake", path, "it is no plain file, and nothing that carat made").
				WithHint("find out who put it there, and take it away")
		case name == "lock", name == "scheduler", strings.HasSuffix(name, ".tmp"), strings.HasPrefix(name, CatalogFile), strings.HasPrefix(name, PeopleFile):
			return nil
		}
		names = append(names, name)
		return nil
	})
	slices.Sort(names)
	return names, err
}

// accessWrite asks whether a folder may be written to (unistd.h's W_OK).
const accessWrite = 2

// IsReadOnly says whether a lake lies in a folder, and can't be written to.
func IsReadOnly(root string) bool {
	if !Exists(filepath.Join(root, IdentityFile)) {
		return false
	}
	err := syscall.Access(root, accessWrite)
	return err == syscall.EROFS || err == syscall.EACCES
}
