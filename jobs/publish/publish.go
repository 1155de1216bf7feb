package publish

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"carat/jobs/books"
	"carat/jobs/disk"
	"carat/pipeline"
	"carat/pipeline/engine"
)

// Options say where the file of views is to lie.
type Options struct {
	books.Setting
	SQL   fs.FS  // the models, whose headers say what a table holds
	Out   string // the file; outside the lake
	Force bool   // a file that is there already is replaced
}

// Result says what was written.
type Result struct {
	File      string
	Views     int // of the tables of the lake
	LastBatch string
	Chain     string
}

// schemaAllRuns holds the result tables with the rows of every run; those of
// the runs in force are in main.
const schemaAllRuns = "all_runs"

// tablePublished says of a published file what it was made from.
const tablePublished = "published"

const publishedColumns = "lake_id varchar, published_at timestamptz, published_by varchar, carat varchar, last_batch varchar, chain varchar"

var publishedMeanings = map[string]string{
	"lake_id": "the lake's own id, which a copy shares", "published_at": "when this file was written", "published_by": "who wrote it",
	"carat": "the version of carat that wrote it", "last_batch": "the last batch that the views show", "chain": "the chain value of that batch",
}

// Write writes a DuckDB file of views over every raw, reference and result
// table, as they are now, which any DuckDB client opens without carat. Its paths
// are relative to where it lies. The access is recorded. A file that is there
// already is a usage error unless it may be replaced; after an error nothing
// is left, and the old file is as it was.
func Write(ctx context.Context, o Options) (result *Result, err error) {
	p, err := books.OpenExisting(ctx, o.Setting, books.RightPublish)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	if _, err := os.Lstat(o.Out); err == nil && !o.Force {
		return nil, pipeline.Errorf(pipeline.KindUsage, "publish", o.Out, "the file is there already").
			WithHint("name another with --out, or replace it with --force")
	}
	if err := p.Lake.CheckOwn(ctx); err != nil {
		return nil, err
	}
	_, err = p.Recorded(ctx, o.Setting, "publish", o.Out, func() (int64, error) {
		result, err = publish(ctx, p, o)
		if err != nil {
			return 0, err
		}
		return int64(result.Views), nil
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// publish writes the file in a folder of its own beside its place, since DuckDB
// keeps files beside the one that it writes, and then renames it.
func publish(ctx context.Context, p *books.Books, o Options) (result *Result, err error) {
	out, err := filepath.Abs(o.Out)
	if err != nil {
		return nil, publishError(o.Out, err)
	}
	catalog, result, err := catalogFile(ctx, p, o, filepath.Dir(out))
	if err != nil {
		return nil, err
	}
	work, err := os.MkdirTemp(filepath.Dir(out), ".carat-*")
	if err != nil {
		return nil, publishError(o.Out, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	made := filepath.Join(work, "catalog.duckdb")
	if err := engine.WriteCatalogFile(ctx, made, catalog); err != nil {
		return nil, err
	}
	if err := disk.Place(made, out, 0o600); err != nil {
		return nil, publishError(o.Out, err)
	}
	result.File = o.Out
	return result, nil
}

// catalogFile gathers what the file is to hold.
func catalogFile(ctx context.Context, p *books.Books, o Options, folder string) (c engine.CatalogFile, result *Result, err error) {
	register, err := readRegister(o.SQL)
	if err != nil {
		return c, nil, err
	}
	if folder, err = filepath.EvalSymlinks(folder); err != nil {
		return c, nil, publishError(o.Out, err)
	}
	if p.Lake.InBucket() {
		return c, nil, pipeline.Errorf(pipeline.KindUsage, "publish", o.Out, "its views name files of the lake's folder, and this lake lies in a bucket").
			WithHint("read the tables there with any reader of Iceberg: docs/auditors.md shows how")
	}
	root, err := filepath.EvalSymlinks(p.Lake.Root())
	if err != nil {
		return c, nil, publishError(o.Out, err)
	}
	rel, err := filepath.Rel(folder, root)
	if err != nil {
		return c, nil, publishError(o.Out, err)
	}
	c.Lake, c.LakeFromFile = p.Lake.Root(), filepath.ToSlash(rel)
	result = &Result{}
	if err := addCatalogTables(ctx, p, o, register, &c, result); err != nil {
		return c, nil, err
	}
	current, err := currentRunsCondition(ctx, p)
	if err != nil {
		return c, nil, err
	}
	tables, err := p.Lake.Tables(ctx, books.Latest)
	if err != nil {
		return c, nil, err
	}
	for _, t := range tables {
		v := engine.CatalogView{Table: t, Meaning: tableMeaning(register, t.Name), Columns: columnMeanings(register, t.Name, t.Columns)}
		if _, raw := pipeline.FeedByName(t.Name); !raw && t.Name != books.TableRejects {
			all := v
			all.Schema, all.Meaning = schemaAllRuns, strings.TrimSpace(v.Meaning+" Of every run, also those that were superseded.")
			c.Views = append(c.Views, all)
			v.Where, v.Meaning = current, strings.TrimSpace(v.Meaning+" Of the runs in force when this file was written.")
		}
		c.Views = append(c.Views, v)
		result.Views++
		if v.Where == "" {
			c.Views = append(c.Views, currentView(v))
		}
	}
	return c, result, nil
}

// currentView shows a raw table as of a batch, whose number a client sets as a variable:
// `set variable as_of = 42`. It is a constant within a query, so that two tables that are
// read one after the other are of one state.
func currentView(v engine.CatalogView) engine.CatalogView {
	const upTo = "coalesce(cast(getvariable('as_of') as bigint), 9223372036854775807)"
	v.Meaning = strings.TrimSpace(v.Meaning + " As of the batch whose number the variable as_of has (set variable as_of = 42); of now without it.")
	v.Table.Name, v.Table.Without = "current_"+v.Table.Name, nil
	v.Where = "batch_no <= " + upTo + " and batch_id not in (select undone.undoes from " + books.TableBatches +
		" as undone where undone.undoes <> '' and cast(substr(undone.batch_id, 2) as bigint) <= " + upTo + ")"
	return v
}

// addCatalogTables adds what the lake keeps outside its tables.
func addCatalogTables(ctx context.Context, p *books.Books, o Options, register *engine.Register, c *engine.CatalogFile, result *Result) error {
	batches, err := p.BatchRows(ctx, books.Latest)
	if err != nil {
		return err
	}
	runs, err := p.RunRows(ctx, books.Latest)
	if err != nil {
		return err
	}
	fetched, err := p.FetchedRows(ctx, books.Latest)
	if err != nil {
		return err
	}
	committed, err := p.Lake.Batches(ctx, books.Latest)
	if err != nil {
		return err
	}
	if n := len(committed); n > 0 {
		result.LastBatch, result.Chain = committed[n-1].ID, committed[n-1].Chain
	}
	c.Tables = []engine.CatalogTable{
		{Name: books.TableBatches, Columns: books.BatchColumns, Rows: batches},
		{Name: books.TableRuns, Columns: books.RunColumns, Rows: runs},
		{Name: books.TableFetched, Columns: books.FetchedColumns, Rows: fetched},
	}
	for i, t := range c.Tables {
		c.Tables[i].Meaning = tableMeaning(register, t.Name)
		c.Tables[i].Meanings = columnMeanings(register, t.Name, declaredColumns(t.Columns))
	}
	c.Tables = append(c.Tables, engine.CatalogTable{Name: tablePublished, Columns: publishedColumns, Meanings: publishedMeanings,
		Meaning: "One row says what this file was made from. Views show the history up to its last batch.",
		Rows:    [][]any{{p.Lake.ID(), o.Now.UTC(), o.By.User, o.Build, result.LastBatch, result.Chain}}})
	return nil
}

// currentRunsCondition leaves the rows of the runs in force.
func currentRunsCondition(ctx context.Context, p *books.Books) (string, error) {
	runs, err := p.RunsAt(ctx, books.Latest)
	if err != nil {
		return "", err
	}
	return "run_id in (" + books.CurrentRuns(runs) + ")", nil
}

func columnMeanings(register *engine.Register, table string, columns []pipeline.Column) map[string]string {
	meanings := map[string]string{}
	for _, c := range columns {
		meanings[c.Name] = register.Column(table, c.Name)
	}
	return meanings
}

func publishError(object string, err error) error {
	e := pipeline.Errorf(pipeline.KindUsage, "publish", object, "%w", disk.Cause(err))
	if errors.Is(err, fs.ErrPermission) {
		return e.WithHint("carat needs to write to that folder: check its owner and permissions")
	}
	return e
}
