package reshape

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"carat/jobs/disk"
	"carat/pipeline"
	"carat/pipeline/engine"
)

// Gives says what a layout's SQL gives, by its text alone: nothing is run and no file is
// there. The names are those of its columns in order; all is false where a star stands for
// some, or where they can't be told, and names are then those that can. An error says why
// no file could be read by it, as Check and the engine's parser see it.
func Gives(ctx context.Context, sql string) (names []string, all bool, err error) {
	if err := Check(sql); err != nil {
		return nil, false, err
	}
	folder, err := os.MkdirTemp("", "carat-layout-")
	if err != nil {
		return nil, false, pipeline.Errorf(pipeline.KindInternal, "make", "a folder for temporary files", "%w", disk.Cause(err))
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	db, err := engine.Open(ctx, engine.Config{MemoryLimit: "200MB", Threads: 1, TempDir: folder, Folders: []string{folder}})
	if err != nil {
		return nil, false, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	sql = strings.TrimRight(strings.TrimSpace(sql), ";")
	if err := db.ReadOnly(ctx, sql); err != nil {
		return nil, false, err
	}
	trees, err := db.Texts(ctx, "select cast(json_serialize_sql("+pipeline.SQLText(sql)+") as varchar)")
	if err != nil || len(trees) != 1 {
		return nil, false, fmt.Errorf("read its parse tree: %w", err)
	}
	var root struct {
		Statements []struct{ Node node }
	}
	if err := json.Unmarshal([]byte(trees[0]), &root); err != nil || len(root.Statements) != 1 {
		return nil, false, fmt.Errorf("read its parse tree: %w", err)
	}
	names, all = root.Statements[0].Node.columns()
	return names, all, nil
}

// Judge says what is wrong with a layout's SQL for a feed, and which of the feed's columns it
// gives; nil where that can't be told.
func Judge(ctx context.Context, sql string, f pipeline.Feed) (problems, given []string) {
	names, all, err := Gives(ctx, sql)
	if err != nil {
		return []string{err.Error()}, nil
	}
	known, line := f.ColumnNames(), false
	given = []string{}
	for _, name := range names {
		switch meant := pipeline.Closest(name, known); {
		case name == lineColumn && !line:
			line = true
			continue
		case name == lineColumn, slices.Contains(given, name):
			problems = append(problems, "it gives "+name+" twice")
		case !slices.Contains(known, name) && meant != "":
			problems = append(problems, fmt.Sprintf("it gives a column %q, which %s doesn't have; did you mean %s?", name, f.Name, meant))
		case !slices.Contains(known, name):
			problems = append(problems, fmt.Sprintf("it gives a column %q, which %s doesn't have", name, f.Name))
		}
		given = append(given, name)
	}
	if !all {
		return problems, nil
	}
	if !line {
		problems = append(problems, "it gives no line, by which each row is found again in its file: select line of file as it is")
	}
	return problems, given
}

// lineColumn is the column of a row's line.
const lineColumn = "line"

// node is a query in the parse tree.
type node struct {
	Type       string
	Left       *node // of a union and the like, whose names are its first query's
	SelectList []struct {
		Class       string
		Alias       string
		ColumnNames []string `json:"column_names"`
	} `json:"select_list"`
}

// columns gives the names of what a query gives.
func (n *node) columns() (names []string, all bool) {
	if n.Left != nil {
		return n.Left.columns()
	}
	all = n.Type == "SELECT_NODE"
	for _, c := range n.SelectList {
		switch {
		case c.Alias != "":
			names = append(names, c.Alias)
		case c.Class == "COLUMN_REF" && len(c.ColumnNames) > 0:
			names = append(names, c.ColumnNames[len(c.ColumnNames)-1])
		default: // a star, or an expression that the engine names
			all = false
		}
	}
	return names, all
}
