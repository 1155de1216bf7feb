package inventory

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"carat/pipeline"
	"carat/pipeline/lake/store"
)

// A row of the list is in no chain: whoever can write to the database can write
// there that a file may go. So no file goes on the word of its row alone.

// Removable says whether a path below the lake's folder is of the files that commits
// let go: metadata and manifests of a table. Rows, sources, certificates, people and
// the files that change in place are never let go by the list.
func Removable(name string) bool {
	parts := strings.Split(name, "/")
	if len(parts) != 4 || !filepath.IsLocal(filepath.FromSlash(name)) || !strings.HasSuffix(parts[0], ".db") || parts[2] != "metadata" {
		return false
	}
	return store.PlainName(parts[1]) && store.PlainName(parts[3]) &&
		(strings.HasSuffix(parts[3], ".metadata.json") || strings.HasSuffix(parts[3], ".avro"))
}

// Refused says why a file may not go whatever its row says, with the paths that the
// history needs; "" when it may.
func Refused(d *store.Disk, name string, needed map[string]bool) string {
	switch {
	case !Removable(name):
		return "only files of a table's metadata are ever let go"
	case needed[filepath.Join(d.Root, filepath.FromSlash(name))]:
		return "the history needs it"
	}
	return ""
}

// mayGo is an error when a file that is there may not go.
func (l List) mayGo(ctx context.Context, gone []File, referred func(context.Context) (map[string]bool, error)) error {
	var needed map[string]bool
	for _, f := range gone {
		if needed == nil && Removable(f.Path) && store.Exists(filepath.Join(l.Disk.Root, f.Path)) {
			var err error
			if needed, err = referred(ctx); err != nil {
				return fmt.Errorf("what the history needs isn't known, and nothing was removed: %w", err)
			}
		}
		if why := Refused(l.Disk, f.Path, needed); why != "" {
			return pipeline.Errorf(pipeline.KindVerification, "sweep lake", l.Disk.Root, "the row of carat_files with the path %q says that the file may go, and %s; nothing was removed", f.Path, why).
				WithHint("somebody changed the catalog's database: see what `carat verify` names, and restore the newest backup that verifies")
		}
	}
	return nil
}

// Gone gives the paths of the rows that let a file go, now or later, in order.
func (l List) Gone(ctx context.Context) (names []string, err error) {
	rows, err := l.DB.QueryContext(ctx, "select path from carat_files where gone <> 0 order by path")
	if err != nil {
		return nil, fmt.Errorf("read the list of files: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, fmt.Errorf("read the list of files: %w", err)
		}
		names = append(names, name)
	}
	return names, rows.Err()
}
