package people

import (
	"context"
	"database/sql"

	"carat/pipeline"
)

// View is a filter that somebody of the staff saved under a name.
type View struct{ Person, Name, Query string }

// viewsTable is made when somebody first saves one. What is kept here leads nobody but its
// person anywhere, and what it comes to is chained with the rest.
const viewsTable = `create table if not exists views (person text not null, name text not null, query text not null, primary key (person, name))`

func hasViews(ctx context.Context, tx *sql.Tx) (yes bool, err error) {
	err = tx.QueryRowContext(ctx, "select count(*) > 0 from sqlite_master where type = 'table' and name = 'views'").Scan(&yes)
	return yes, err
}

// SaveView keeps a filter in the place of that of the same name. Who has as many as there
// may be is told so, a blocked error.
func (c Comments) SaveView(ctx context.Context, person, name, query string, most int) error {
	return c.fail("keep a filter in", c.Store.Write(ctx, Saved, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, viewsTable); err != nil {
			return err
		}
		var others int
		if err := tx.QueryRowContext(ctx, "select count(*) from views where person = ? and name <> ?", person, name).Scan(&others); err != nil {
			return err
		}
		if others >= most {
			return pipeline.Errorf(pipeline.KindBlocked, "save", "the filter", "you have saved %d, which is all that there may be", others).WithHint("remove one")
		}
		_, err := tx.ExecContext(ctx, "insert or replace into views (person, name, query) values (?, ?, ?)", person, name, query)
		return err
	}))
}

// RemoveView takes a person's filter of a name away.
func (c Comments) RemoveView(ctx context.Context, person, name string) error {
	return c.fail("remove a filter of", c.Store.Write(ctx, Saved, func(tx *sql.Tx) error {
		if has, err := hasViews(ctx, tx); err != nil || !has {
			return err
		}
		_, err := tx.ExecContext(ctx, "delete from views where person = ? and name = ?", person, name)
		return err
	}))
}

// Views gives a person's filters, by name.
func (c Comments) Views(ctx context.Context, person string) (list []View, err error) {
	there, err := c.Store.present(ctx)
	if err != nil || !there {
		return nil, err
	}
	err = c.Store.With(ctx, func(tx *sql.Tx) error { // they are spelled anew when they are followed
		list = nil
		if has, err := hasViews(ctx, tx); err != nil || !has {
			return err
		}
		rows, err := tx.QueryContext(ctx, "select person, name, query from views where person = ? order by name", person)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var one View
			if err := rows.Scan(&one.Person, &one.Name, &one.Query); err != nil {
				return err
			}
			list = append(list, one)
		}
		return rows.Err()
	})
	return list, c.fail("read the filters of", err)
}
