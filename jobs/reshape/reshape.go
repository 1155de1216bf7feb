package reshape

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"

	"carat/jobs/disk"
	"carat/jobs/sandbox"
	"carat/pipeline"
	"carat/pipeline/feed"
	"carat/reports/table"
)

// Bounds of a layout's SQL.
const (
	mostTime = 10 * time.Minute
	mostDisk = "20GB"
)

// typePrefix stands before the name of each column in that of its type.
const typePrefix = "type of "

// fileTable is the one table that it sees.
const fileTable = "file"

// View gives how SQL of layouts is run, with so much memory; apart in a process of its
// own, else in this one, as only tests do.
func View(memory string, apart bool) feed.LayoutView {
	return func(ctx context.Context, sql string, columns []string, rows func(add func(line int64, cells []string) error) error,
		answer func(line int64, names, cells []string) error) (err error) {
		if err := Check(sql); err != nil {
			return pipeline.Errorf(pipeline.KindUsage, "run", "layout", "its sql: %w", err)
		}
		folder, err := os.MkdirTemp("", "carat-layout-")
		if err != nil {
			return pipeline.Errorf(pipeline.KindInternal, "make", "a folder for temporary files", "%w", disk.Cause(err))
		}
		defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
		file := filepath.Join(folder, "file.parquet")
		if err := write(file, columns, rows); err != nil {
			return err
		}
		t := sandbox.Task{Memory: memory, Threads: 1, Disk: mostDisk, Folders: []string{folder}, Format: "json", Tables: []sandbox.Table{{TableFiles: tableOf(file, columns)}},
			Query: "select columns(*)::varchar, typeof(columns(*)) as '" + typePrefix + "\\0' from (\n" + strings.TrimRight(strings.TrimSpace(sql), ";") + "\n) as answer order by try_cast(line as bigint)"}
		out := filepath.Join(folder, "answer.json")
		if err := run(ctx, t, folder, out, apart); err != nil {
			return named(err)
		}
		return read(out, answer)
	}
}

// named says that an error is of a layout's SQL.
func named(err error) error {
	var known *pipeline.Error
	if errors.As(err, &known) && known.Kind == pipeline.KindUsage {
		return pipeline.Errorf(pipeline.KindUsage, "run", "layout", "its sql: %w", known.Cause).WithHint("the file's rows are the table file(line, …), all of text; it gives line and the feed's columns")
	}
	return err
}

// tableOf describes the file as the engine reads it.
func tableOf(file string, columns []string) pipeline.TableFiles {
	t := pipeline.TableFiles{Name: fileTable, Snapshot: 1, Files: []string{file}, Columns: []pipeline.Column{{ID: 1, Name: "line", Type: "BIGINT"}}}
	for i, name := range columns {
		t.Columns = append(t.Columns, pipeline.Column{ID: i + 2, Name: name, Type: "VARCHAR"})
	}
	return t
}

// rowsAtOnce is how many rows are held.
const rowsAtOnce = 1_000

// write puts the rows of the file where the engine reads them. Columns are called by
// their places there: the engine knows them by their ids.
func write(file string, columns []string, rows func(add func(line int64, cells []string) error) error) (err error) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return pipeline.Errorf(pipeline.KindInternal, "write", "a temporary file", "%w", disk.Cause(err))
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	group := parquet.Group{"c00000": parquet.FieldID(parquet.Int(64), 1)}
	for i := range columns {
		group[fmt.Sprintf("c%05d", i+1)] = parquet.FieldID(parquet.String(), i+2)
	}
	w := parquet.NewWriter(f, parquet.NewSchema(fileTable, group), parquet.Compression(&parquet.Zstd))
	var some []parquet.Row
	flush := func() error {
		_, err := w.WriteRows(some)
		some = some[:0]
		return err
	}
	err = rows(func(line int64, cells []string) error {
		row := make(parquet.Row, 0, len(cells)+1)
		row = append(row, parquet.Int64Value(line).Level(0, 0, 0))
		for i, cell := range cells {
			row = append(row, parquet.ByteArrayValue([]byte(cell)).Level(0, 0, i+1))
		}
		if some = append(some, row); len(some) < rowsAtOnce {
			return nil
		}
		return flush()
	})
	if err != nil {
		return err
	}
	return errors.Join(flush(), w.Close())
}

// run does the task and leaves its answer in a file.
func run(ctx context.Context, t sandbox.Task, scratch, out string, apart bool) (err error) {
	f, err := os.OpenFile(out, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return pipeline.Errorf(pipeline.KindInternal, "write", "a temporary file", "%w", disk.Cause(err))
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	limited, cancel := context.WithTimeout(ctx, mostTime)
	defer cancel()
	if apart {
		_, _, err = sandbox.Process(limited, t, func() (io.Writer, error) { return f, nil })
	} else {
		_, _, err = t.Answer(limited, scratch, func(columns []table.Column, types []string) (table.RowWriter, error) {
			return table.NewRowWriter(f, t.Format, columns, types)
		})
	}
	if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		return pipeline.Errorf(pipeline.KindUsage, "run", "layout", "it took longer than %s and was ended", mostTime)
	}
	return err
}

// read hands the answer on, row by row: an array of objects, each key in the order of
// the columns.
func read(out string, answer func(line int64, names, cells []string) error) (err error) {
	f, err := os.Open(out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	d := json.NewDecoder(f)
	if _, err := d.Token(); err != nil {
		return fmt.Errorf("read what a layout's sql gave: %w", err)
	}
	for d.More() {
		row := map[string]*string{}
		if err := d.Decode(&row); err != nil {
			return fmt.Errorf("read what a layout's sql gave: %w", err)
		}
		var names, cells []string
		line := int64(0)
		for name, text := range row {
			switch {
			case name == "line" && text != nil:
				if line, err = strconv.ParseInt(*text, 10, 64); err != nil {
					return pipeline.Errorf(pipeline.KindUsage, "run", "layout", "its sql: line is %q, and no number of a line", pipeline.CutText(*text))
				}
			case name == "line":
			case strings.HasPrefix(name, typePrefix):
				if column := strings.TrimPrefix(name, typePrefix); text != nil && (*text == "DOUBLE" || *text == "FLOAT") {
					return pipeline.Errorf(pipeline.KindUsage, "run", "layout", "its sql: %s is a %s, which keeps no number exactly", pipeline.CutText(column), *text).
						WithHint("leave it a text, or write cast(… as decimal(18,6))")
				}
			case text != nil:
				names, cells = append(names, name), append(cells, *text)
			default:
				names, cells = append(names, name), append(cells, "")
			}
		}
		if err := answer(line, names, cells); err != nil {
			return err
		}
	}
	return nil
}
