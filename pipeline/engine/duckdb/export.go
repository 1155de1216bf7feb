package duckdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
)

// ParquetFile says what is written to one file: the rows of a table or view, in
// an order that must be total for the same rows to give the same bytes. Result
// is what errors call it.
type ParquetFile struct {
	Result, Source, Order, Path string
}

// WriteParquet writes the files side by side. Field ids are the columns' positions
// from 1. After an error some files may be there, whole or in part.
func (d *Database) WriteParquet(ctx context.Context, files []ParquetFile) error {
	return d.sideBySide(ctx, len(files), func(ctx context.Context, conn *sql.Conn, i int) error {
		f := files[i]
		ids, err := fieldIDs(ctx, conn, f.Source)
		if err == nil {
			_, err = conn.ExecContext(ctx, "copy (select * from "+Identifier(f.Source)+" order by "+f.Order+") to "+
				Literal(f.Path)+" (format parquet, compression zstd, compression_level 1, field_ids {"+ids+"})")
		}
		if err != nil {
			return fmt.Errorf("export %s: %w", f.Result, FullDisk(err))
		}
		return nil
	})
}

// InTransaction does something in a transaction of a connection, which an error
// undoes.
func InTransaction(ctx context.Context, conn *sql.Conn, do func() error) error {
	if _, err := conn.ExecContext(ctx, "begin transaction"); err != nil {
		return err
	}
	if err := do(); err != nil {
		// The context may be what ended it: the connection must be usable all the same.
		_, undone := conn.ExecContext(context.WithoutCancel(ctx), "rollback")
		return errors.Join(err, undone)
	}
	_, err := conn.ExecContext(ctx, "commit")
	return FullDisk(err)
}

// Connections are the two connections on which work that doesn't touch each
// other is done side by side. The first is the one of every other method.
func (d *Database) Connections() []*sql.Conn { return []*sql.Conn{d.conn, d.beside[0]} }

// Streams are two connections for what is read and what is appended while
// others work; one at a time may have them.
func (d *Database) Streams() (from, into *sql.Conn) { return d.beside[1], d.beside[2] }

// sideBySide does n pieces of work that don't touch each other on two
// connections, in order of their number, and gives the first error.
func (d *Database) sideBySide(ctx context.Context, n int, do func(ctx context.Context, conn *sql.Conn, i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan int, n)
	for i := range n {
		next <- i
	}
	close(next)
	var all sync.WaitGroup
	for _, conn := range d.Connections() {
		all.Go(func() {
			for i := range next {
				if ctx.Err() != nil {
					return
				}
				if err := do(ctx, conn, i); err != nil {
					cancel(err)
					return
				}
			}
		})
	}
	all.Wait()
	return context.Cause(ctx)
}

func fieldIDs(ctx context.Context, conn *sql.Conn, table string) (string, error) {
	rows, err := conn.QueryContext(ctx,
		"select name from pragma_table_info("+Literal(Identifier(table))+") order by cid")
	if err != nil {
		return "", err
	}
	names, err := scanTexts(rows)
	if err != nil {
		return "", err
	}
	var ids []string
	for i, name := range names {
		ids = append(ids, fmt.Sprintf("%s: %d", Identifier(name), i+1))
	}
	return strings.Join(ids, ", "), nil
}
