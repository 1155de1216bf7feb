package verify

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"carat/pipeline/lake/catalog"
	"carat/pipeline/lake/inventory"
	"carat/pipeline/lake/pointers"
	"carat/pipeline/lake/seal"
	"carat/pipeline/lake/store"
	"carat/pipeline/lake/sweep"
)

// inventory checks every listed file, and remembers the hashes for the checks
// of batches and runs. It gives what differs, for the end of the report: which
// batch or run it belongs to says more.
func (v *verifier) inventory(ctx context.Context) ([]string, error) {
	files, complete, err := v.cat.Listed().Files(ctx, false)
	if err != nil {
		v.differ("%s: %v", store.CatalogFile, err)
		return nil, nil
	}
	if !complete {
		// A lake that was cut off while it was made lists no rows and no source yet, and
		// has no link. One of an older form is to be upgraded, which begins the list.
		if slices.ContainsFunc(files, func(f inventory.File) bool {
			return strings.HasPrefix(f.Path, "raw/") || strings.Contains(f.Path, "/data/")
		}) {
			v.differ("%s: the list of files (carat_files) lacks its first row, which says that it is complete", store.CatalogFile)
		} else if linked, err := v.hasLinks(ctx); err != nil {
			v.differ("%s: %v", store.CatalogFile, err)
		} else if linked {
			v.differ("%s: the list of files (carat_files) was emptied: a lake of this form has one from its first file on", store.CatalogFile)
		}
		return nil, nil // an older carat wrote the lake and nothing was written since
	}
	if v.gone, err = v.cat.Listed().Gone(ctx); err != nil {
		v.differ("%s: %v", store.CatalogFile, err)
	}
	var differing []string
	for _, f := range files {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		path := filepath.Join(v.cat.Disk.Root, filepath.FromSlash(f.Path))
		sum, err := v.sums.hash(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			if !strings.HasPrefix(f.Path, "people/") { // those can be erased, which is judged by its record
				differing = append(differing, fmt.Sprintf("file %s is missing", f.Path))
			}
		case err != nil:
			differing = append(differing, fmt.Sprintf("file %s can't be read: %v", f.Path, err))
		case sum != f.SHA256:
			differing = append(differing, fmt.Sprintf("file %s was changed: its SHA-256 is %s, and was %s when it was written", f.Path, sum, f.SHA256))
		default:
			if size, err := store.Size(path); err == nil && size != f.Bytes {
				differing = append(differing, fmt.Sprintf("file %s has %d bytes, and its row of carat_files says %d", f.Path, size, f.Bytes))
			}
		}
	}
	return differing, nil
}

// hasLinks says whether the lake has today's form, its rows are chained, and it has a link:
// then it has a list of its files too.
func (v *verifier) hasLinks(ctx context.Context) (bool, error) {
	if v.cat.Form() < catalog.FormNow || v.cat.Recorder.Record == nil {
		return false, nil
	}
	return pointers.HasLinks(ctx, v.cat.DB())
}

// letGo compares the list of files with what the history needs: which it lets go, and
// which it doesn't name. It gives what differs, as inventory does. The rows that let go
// were read before the catalog, and those that name after it: another carat may commit.
func (v *verifier) letGo(ctx context.Context) (differing []string) {
	sweeper := &sweep.Sweeper{Catalog: v.cat, Sources: v.sources}
	needed, err := sweeper.Needed(ctx)
	if err != nil {
		needed = nil // which file of the history can't be read is told by the checks of it
	}
	v.strangers(ctx, sweeper, needed)
	for _, name := range v.gone {
		if why := inventory.Refused(v.cat.Disk, name, needed); why != "" {
			differing = append(differing, fmt.Sprintf("file %s may go by its row of carat_files, and %s", name, why))
		}
	}
	unlisted := v.unlisted(ctx, needed)
	if slices.ContainsFunc(unlisted, func(path string) bool { return !store.Exists(path) }) {
		// Another carat may have committed since, and let go what was needed then.
		if err := v.cat.Refresh(ctx); err == nil {
			needed, err = sweeper.Needed(ctx)
			if err == nil {
				unlisted = v.unlisted(ctx, needed)
			}
		}
	}
	for _, path := range unlisted {
		name, there := v.cat.Disk.Relative(path), "and is gone"
		if store.Exists(path) {
			there = "and is there"
		}
		differing = append(differing, fmt.Sprintf("file %s has no row of carat_files any more, %s", name, there))
	}
	return differing
}

// unlisted gives the paths that the list of files should name and doesn't, in order.
func (v *verifier) unlisted(ctx context.Context, needed map[string]bool) (paths []string) {
	files, complete, err := v.cat.Listed().Files(ctx, false)
	gone, gerr := v.cat.Listed().Gone(ctx)
	if err := errors.Join(err, gerr); err != nil || !complete {
		return nil // told before; or an older carat wrote the lake and nothing was written since
	}
	listed := map[string]bool{}
	for _, f := range files {
		listed[f.Path] = true
	}
	for _, name := range gone {
		listed[name] = true
	}
	for _, path := range slices.Sorted(maps.Keys(needed)) {
		if !listed[v.cat.Disk.Relative(path)] {
			paths = append(paths, path)
		}
	}
	return paths
}

// ChangedFiles tells, of a lake that can't be opened, which files are not as
// they were written or left. It opens the catalog's database alone.
func ChangedFiles(ctx context.Context, root, dsn string) []string {
	changed := seal.Broken(root)
	cat, err := catalog.OpenListOnly(&store.Disk{Root: root}, dsn)
	if err != nil {
		return changed
	}
	defer cat.Close()
	v := &verifier{cat: cat, sums: knownSums{}}
	differing, err := v.inventory(ctx)
	if err != nil {
		return changed
	}
	return append(changed, differing...)
}

// knownSums remembers hashes, so that a file is read once.
type knownSums map[string]string

func (k knownSums) hash(path string) (string, error) {
	if sum, ok := k[path]; ok {
		return sum, nil
	}
	sum, err := store.HashFile(path)
	if err == nil {
		k[path] = sum
	}
	return sum, err
}

// integrity asks SQLite whether the catalog's database is sound.
func (v *verifier) integrity(ctx context.Context) {
	if v.cat.InPostgres() {
		return
	}
	rows, err := v.cat.DB().QueryContext(ctx, "pragma integrity_check")
	if err != nil {
		v.differ("%s: %v", store.CatalogFile, err)
		return
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil || text != "ok" {
			v.differ("%s is damaged: %s", store.CatalogFile, errors.Join(err, errors.New(text)))
			return
		}
	}
	if err := errors.Join(rows.Err(), rows.Close(), v.kinds(ctx)); err != nil {
		v.differ("%s: %v", store.CatalogFile, err)
	}
}
