package verify

import (
	"context"
	"encoding/json"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"carat/pipeline/lake/catalog"
	"carat/pipeline/lake/inventory"
	"carat/pipeline/lake/links"
	"carat/pipeline/lake/store"
	"carat/pipeline/lake/sweep"
)

// ownShapes are files of a lake whose contents are judged elsewhere, or which hold nothing
// of the history: what locks, seals and databases lie in, and certificates.
var ownShapes = regexp.MustCompile(`^(lake\.json|lock|scheduler|people-kept|catalog\.sqlite(-[a-z]+)?|people/people\.sqlite(-[a-z]+)?` +
	`|certificates/sql/[0-9a-f]{64}\.sql|certificates/[0-9]{4}-[0-9]{2}/[0-9]+\.[A-Za-z0-9.-]+|timestamps/certificates/[0-9]{4}-[0-9]{2}/[0-9]+\.tsr|timestamps/heads/[A-Za-z0-9-]+\.(json|tsr))$`)

// strangers names what lies in the lake's folder and nothing in the history tells of: a
// plain file is noted, since carat reads none that it doesn't know, and a link or
// whatever else is no plain file is a difference, since it leads elsewhere and no backup
// has it. What a commit that was cut short leaves is neither: the next writer sweeps it.
func (v *verifier) strangers(ctx context.Context, sweeper *sweep.Sweeper, needed map[string]bool) {
	d := v.cat.Disk
	if d.Remote != nil {
		return // nothing reads a key of the bucket by its name
	}
	var found []string
	err := filepath.WalkDir(d.Root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Relative(path)
		switch {
		case name == "staging" && e.IsDir(), name == store.TurnsFolder && e.IsDir(), name == store.KeysFolder && e.IsDir():
			return fs.SkipDir
		case e.IsDir(), path == d.Root: // the lake's folder may be a link itself
		case !e.Type().IsRegular() || strings.ContainsAny(name, "\n\r\\"):
			v.differ("file %s is no plain file, and nothing that carat made: no backup can have it", name)
		case !needed[path] && !ownShapes.MatchString(name) && !strings.HasSuffix(name, ".tmp"):
			found = append(found, path)
		}
		return nil
	})
	if err != nil {
		v.differ("the lake's folder can't be read: %v", err)
	}
	if len(found) == 0 {
		return
	}
	if found, err = v.unmoved(ctx, sweeper, found); err != nil {
		return // which file of the history can't be read is told by the checks of it
	}
	for _, path := range found {
		v.report.Notes = append(v.report.Notes, "file "+d.Relative(path)+" is none of the history's: carat doesn't read it; find out who put it there, and take it away")
	}
}

// unmoved leaves out what a commit under way, or one that was cut short, brought or is to
// bring, and what is no longer needed and stays a while.
func (v *verifier) unmoved(ctx context.Context, sweeper *sweep.Sweeper, found []string) ([]string, error) {
	d := v.cat.Disk
	known := map[string]bool{}
	staged, err := d.StagingNames()
	if err != nil {
		return nil, err
	}
	for _, name := range staged {
		var m catalog.Move
		if content, err := d.ReadFile(filepath.Join(d.StagingPath(name), catalog.MoveNote)); err == nil && json.Unmarshal(content, &m) == nil {
			for _, to := range m.To {
				known[filepath.Join(d.Root, filepath.FromSlash(to))] = true
			}
		}
	}
	needed, err := sweeper.ReferredNow(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(found, func(path string) bool {
		return known[path] || needed[path] || inventory.Removable(d.Relative(path)) ||
			filepath.Dir(path) == filepath.Join(v.cat.TableDir(links.Table), "data") && strings.HasSuffix(path, ".parquet")
	}), nil
}
