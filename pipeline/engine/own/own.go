package own

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"carat/pipeline"
	"carat/pipeline/engine/duckdb"
)

// Control is a control that a user wrote, with all that it takes to run it in
// another process.
type Control struct {
	Name    string
	SQL     string
	Dialect string    // the macros that it may call
	Tables  []Source  // what it reads, as Parquet files
	Views   []Source  // and as queries, each after what it reads
	Judging []Judging // what counts for how it came out, besides its rows
	Rows    string    // the Parquet file that its rows are written to
}

// Source is a table that a control reads: its name, and a path or a query.
type Source struct{ Name, From string }

// Judging is a query of a control's header, by its key: it gives a number, or texts.
type Judging struct {
	Key, Query string
	IsText     bool
}

// Judgement is how a control came out: what the queries of its header give.
type Judgement struct {
	Numbers map[string]int64 // by key
	Reason  string           // why something was not compared
}

// Judge runs a control of a user's own over what it is given, and writes its
// rows. What is wrong with its SQL is a usage error.
func Judge(ctx context.Context, d *duckdb.Database, c Control) (*Judgement, error) {
	if err := d.Exec(ctx, c.Dialect); err != nil {
		return nil, err
	}
	for _, t := range c.Tables {
		if err := d.Exec(ctx, "create view "+duckdb.Identifier(t.Name)+" as select * from read_parquet("+duckdb.Literal(t.From)+", hive_partitioning = false)"); err != nil {
			return nil, err
		}
	}
	for _, v := range c.Views {
		if err := d.Exec(ctx, "create view "+duckdb.Identifier(v.Name)+" as\n"+v.From); err != nil {
			return nil, err
		}
	}
	judged, err := judge(ctx, d, c)
	if err != nil && ctx.Err() == nil {
		err = pipeline.Errorf(pipeline.KindUsage, "run", "control", "%w", duckdb.FullDisk(err))
	}
	return judged, err
}

func judge(ctx context.Context, d *duckdb.Database, c Control) (*Judgement, error) {
	if err := d.ReadOnly(ctx, c.SQL); err != nil {
		return nil, err
	}
	if err := d.Exec(ctx, "create table "+duckdb.Identifier(c.Name)+" as\n"+c.SQL); err != nil {
		return nil, err
	}
	if err := refuseInexact(ctx, d.Connections()[0], c.Name); err != nil {
		return nil, err
	}
	if err := d.Exec(ctx, "copy "+duckdb.Identifier(c.Name)+" to "+duckdb.Literal(c.Rows)+" (format parquet)"); err != nil {
		return nil, err
	}
	judged := &Judgement{Numbers: map[string]int64{}}
	for _, j := range c.Judging {
		err := d.ReadOnly(ctx, j.Query)
		switch {
		case err != nil:
		case j.IsText:
			var texts []string
			texts, err = d.Texts(ctx, j.Query)
			judged.Reason = strings.Join(texts, "; ")
		default:
			judged.Numbers[j.Key], err = d.Number(ctx, j.Query)
		}
		if err != nil {
			return nil, fmt.Errorf("`%s:` %w", j.Key, err)
		}
	}
	return judged, nil
}

// refuseInexact refuses columns that can't hold money exactly.
func refuseInexact(ctx context.Context, conn *sql.Conn, model string) error {
	bad, err := duckdb.Inexact(ctx, conn, model)
	if err != nil {
		return fmt.Errorf("describe it: %w", err)
	}
	if len(bad) > 0 {
		return fmt.Errorf("its columns are not exact: %s", strings.Join(bad, ", "))
	}
	return nil
}
