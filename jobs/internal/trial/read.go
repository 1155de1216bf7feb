package trial

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"carat/jobs/ask"
	"carat/reports/table"
)

// BytesBelow gives every file of a folder with its content.
func BytesBelow(t *testing.T, folder string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		rel, rerr := filepath.Rel(folder, path)
		files[filepath.ToSlash(rel)] = string(text)
		if err != nil {
			return err
		}
		return rerr
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// NoLeftovers wants nothing half-written in a folder.
func NoLeftovers(t *testing.T, folder string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			t.Errorf("%s was left", e.Name())
		}
	}
}

// kept is a RowWriter that keeps its rows.
type kept struct{ table table.Table }

func (k *kept) Write(row []any) error {
	k.table.Rows = append(k.table.Rows, slices.Clone(row))
	return nil
}

func (*kept) Close() error { return nil }

// Query is Query with all its rows.
func Query(ctx context.Context, o ask.QueryOptions) (*table.Table, error) {
	k := &kept{}
	o.Answer = func(columns []table.Column, _ []string) (table.RowWriter, error) {
		k.table.Columns = columns
		return k, nil
	}
	_, err := ask.Query(ctx, o)
	return &k.table, err
}
