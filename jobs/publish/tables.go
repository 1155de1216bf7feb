package publish

import (
	"context"
	"errors"
	"io/fs"
	"strings"

	"carat/jobs/books"
	"carat/pipeline"
	"carat/pipeline/engine"
	"carat/reports/table"
)

// TablesOptions say of which lake the tables are listed.
type TablesOptions struct {
	books.Setting
	SQL fs.FS // the models, whose headers say what a table holds
}

// Tables lists every table that a query finds, with its columns, their types
// and what they mean. The row of a table has no column.
func Tables(ctx context.Context, o TablesOptions) (t *table.Table, err error) {
	p, err := books.OpenExisting(ctx, o.Setting, books.RightQuery)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	register, err := readRegister(o.SQL)
	if err != nil {
		return nil, err
	}
	tables, err := allTables(ctx, p)
	if err != nil {
		return nil, err
	}
	return describeTables(register, tables), nil
}

func readRegister(models fs.FS) (*engine.Register, error) {
	list, err := engine.ParseModels(models, false)
	if err != nil {
		return nil, err
	}
	return engine.ReadRegister(models, list)
}

// allTables gives the tables of the lake and those made of its records.
func allTables(ctx context.Context, p *books.Books) ([]pipeline.TableFiles, error) {
	tables, err := p.Lake.Tables(ctx, books.Latest)
	if err != nil {
		return nil, err
	}
	for _, r := range [][2]string{{books.TableBatches, books.BatchColumns}, {books.TableRuns, books.RunColumns}, {books.TableAccess, books.AccessColumns}, {books.TableFetched, books.FetchedColumns}} {
		tables = append(tables, pipeline.TableFiles{Name: r[0], Columns: declaredColumns(r[1])})
	}
	return tables, nil
}

// declaredColumns takes a list of columns apart: "batch_id varchar, feed varchar".
func declaredColumns(declared string) (columns []pipeline.Column) {
	for column := range strings.SplitSeq(declared, ",") {
		name, sqlType, _ := strings.Cut(strings.TrimSpace(column), " ")
		columns = append(columns, pipeline.Column{Name: name, Type: strings.ToUpper(sqlType)})
	}
	return columns
}

func describeTables(register *engine.Register, tables []pipeline.TableFiles) *table.Table {
	t := &table.Table{CellWidth: 120, Columns: []table.Column{{Name: "table"}, {Name: "column"}, {Name: "type"}, {Name: "meaning"}}}
	for _, one := range tables {
		t.Rows = append(t.Rows, []any{one.Name, nil, nil, tableMeaning(register, one.Name)})
		for _, c := range one.Columns {
			t.Rows = append(t.Rows, []any{one.Name, c.Name, strings.ToLower(c.Type), register.Column(one.Name, c.Name)})
		}
	}
	return t
}

// tableMeaning says what one row of a table is. The headers of models speak of
// the latest versions of reference data; the tables hold every one.
func tableMeaning(register *engine.Register, table string) string {
	text := register.Table(table)
	if feed, ok := pipeline.FeedByName(table); ok && feed.Reference {
		return strings.Replace(text, ", in its latest version", "", 1) + " Every version is here; of a key the latest ingested one holds."
	}
	return text
}
