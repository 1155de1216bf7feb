package lake

import (
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"carat/pipeline"
)

// TurnsFolder holds empty files that those lock who run SQL of their own. No copy of the
// lake has it.
const TurnsFolder = "queries"

// Files lists what a copy of the lake consists of besides its databases, by
// path below the lake's folder: names only, in order. Something that is no
// plain file is a verification error: no job of carat's makes one. The lake
// must be locked.
func (l *Lake) Files() ([]string, error) {
	var names []string
	err := filepath.WalkDir(l.cfg.Root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(l.cfg.Root, path)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(rel)
		switch {
		case name == "staging", name == TurnsFolder:
			return filepath.SkipDir
		case d.IsDir(), name == "lock", name == "scheduler", strings.HasSuffix(name, ".tmp"),
			strings.HasPrefix(name, CatalogFile), strings.HasPrefix(name, PeopleFile):
			return nil
		case !d.Type().IsRegular() || strings.ContainsAny(name, "\n\r\\"):
			return pipeline.Errorf(pipeline.KindVerification, "read lake", path, "it is no plain file, and nothing that carat made").
				WithHint("find out who put it there, and take it away")
		}
		names = append(names, name)
		return nil
	})
	slices.Sort(names)
	return names, l.fail("read lake", l.cfg.Root, err)
}
