package duckdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	client "github.com/duckdb/duckdb-go/v2"
)

// inexactTypes are those that cannot hold money exactly, or not as the lake does.
var inexactTypes = map[client.Type]string{
	client.TYPE_DOUBLE: "DOUBLE", client.TYPE_FLOAT: "FLOAT", client.TYPE_HUGEINT: "HUGEINT", client.TYPE_UHUGEINT: "UHUGEINT", client.TYPE_BIGNUM: "BIGNUM",
}

// Inexact gives the columns of a table or view whose type cannot hold money
// exactly, with the type: "amount DOUBLE". It prepares a
// query and runs none: asking the catalog takes three times as long.
func Inexact(ctx context.Context, conn *sql.Conn, model string) (list []string, err error) {
	err = conn.Raw(func(raw any) (err error) {
		c, ok := raw.(*client.Conn)
		if !ok {
			return fmt.Errorf("a connection is a %T", raw)
		}
		prepared, err := c.PrepareContext(ctx, "select * from "+Identifier(model))
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, prepared.Close()) }()
		s, ok := prepared.(*client.Stmt)
		if !ok {
			return fmt.Errorf("a statement is a %T", prepared)
		}
		n, err := s.ColumnCount()
		if err != nil {
			return err
		}
		for i := range n {
			t, err := s.ColumnType(i)
			if err != nil {
				return err
			}
			if of, bad := inexactTypes[t]; bad {
				name, err := s.ColumnName(i)
				if err != nil {
					return err
				}
				list = append(list, name+" "+of)
			}
		}
		return nil
	})
	return list, err
}

func scanTexts(rows *sql.Rows) ([]string, error) {
	defer rows.Close()
	var list []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, rows.Err()
}

// Texts gives the first column of a query as texts.
func (d *Database) Texts(ctx context.Context, query string) ([]string, error) {
	rows, err := d.conn.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	return scanTexts(rows)
}
