package database

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
)

// CopyTable copies the rows of a table into the same table of another database, whose
// placeholders bind spells.
func CopyTable(ctx context.Context, from, into *sql.Tx, bind func(query string) string, table string) error {
	rows, err := from.QueryContext(ctx, "select * from "+table)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	insert, err := into.PrepareContext(ctx, bind("insert into "+table+" ("+strings.Join(columns, ", ")+") values ("+
		strings.TrimSuffix(strings.Repeat("?, ", len(columns)), ", ")+")"))
	if err != nil {
		return err
	}
	defer insert.Close()
	for n := 1; rows.Next(); n++ {
		values := make([]any, len(columns))
		into := make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if _, err := insert.ExecContext(ctx, values...); err != nil {
			return errors.Join(errors.New("row "+strconv.Itoa(n)), err)
		}
	}
	return rows.Err()
}
