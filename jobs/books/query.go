package books

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"carat/jobs/config"
	"carat/jobs/sandbox"
	"carat/pipeline/lake"
	"carat/reports/table"
)

// TextOrNil gives a text as a cell: nil for "".
func TextOrNil(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// TableFolders are where SQL that a person wrote may read: the tables, and not
// the people.
func (p *Books) TableFolders() []string { return []string{filepath.Join(p.Lake.Root(), "carat.db")} }

// Turn takes one of the turns of the one who runs SQL that a person wrote, where the
// lake isn't locked for it: a busy error when that person runs as many as they may. Of
// a lake on read-only media the turns lie among the machine's temporary files.
func (p *Books) Turn(s Setting) (release func(), err error) {
	folder := filepath.Join(p.Lake.Root(), lake.TurnsFolder)
	if p.Lake.ReadOnly() {
		folder = filepath.Join(os.TempDir(), fmt.Sprintf("carat-%s-%d-%s", lake.TurnsFolder, os.Geteuid(), p.Lake.ID()))
	}
	return sandbox.Turn(folder, s.By.User, s.clock())
}

// Query runs a query of carat's own over the named tables, all if none is
// named, and takes all its rows.
func (p *Books) Query(ctx context.Context, c *config.Config, at lake.AsOf, query string, tables ...string) (t *table.Table, err error) {
	eng, err := p.OpenReader(ctx, c, at, p.TableFolders(), tables...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, eng.Close()) }()
	rows, err := eng.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	return ReadTable(rows)
}

// ReadTable takes all rows of an answer.
func ReadTable(rows *sql.Rows) (*table.Table, error) {
	columns, _, err := sandbox.AnswerColumns(rows)
	if err != nil {
		return nil, err
	}
	t := &table.Table{Columns: columns}
	for rows.Next() {
		row := make([]any, len(columns))
		if err := sandbox.ScanRow(rows, row); err != nil {
			return nil, err
		}
		t.Rows = append(t.Rows, row)
	}
	if err := rows.Err(); err != nil {
		return nil, sandbox.QueryError(err)
	}
	return t, nil
}
