package people

import (
	"context"
	"database/sql"
	"time"

	"carat/pipeline"
)

// Comment is what somebody of the staff said about an exception, and to whom they gave it.
type Comment struct {
	No        int64 // 0: it was not said yet
	Exception string
	By        string
	At        time.Time
	Text      string
	Given     string // who has the exception from then on; "": nothing changed
}

// Comments are what the staff says about exceptions. They may name anybody, so that they lie
// with names and addresses; what they come to is chained as those are. None is ever changed.
type Comments struct{ Store *Store }

// commentsTable is made when somebody first says something.
const commentsTable = `create table if not exists comments (comment_no integer primary key autoincrement, exception_id text not null, said_by text not null, said_at integer not null,
	comment text not null, given_to text not null);
create index if not exists comments_exception on comments (exception_id, comment_no)`

func hasComments(ctx context.Context, tx *sql.Tx) (yes bool, err error) {
	err = tx.QueryRowContext(ctx, "select count(*) > 0 from sqlite_master where type = 'table' and name = 'comments'").Scan(&yes)
	return yes, err
}

// Say keeps a comment and gives its number. An exception that has as many as there may be is
// a blocked error; so is one that is given to somebody while somebody else gave it away since
// the comment seen (0: none was there).
func (c Comments) Say(ctx context.Context, one Comment, seen int64, most int) (no int64, err error) {
	err = c.Store.Write(ctx, Said, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, commentsTable); err != nil {
			return err
		}
		list, err := commentsOf(ctx, tx, one.Exception, most)
		if err != nil {
			return err
		}
		if len(list) >= most {
			return pipeline.Errorf(pipeline.KindBlocked, "say", "", "%d comments stand with it, which is all that there may be", most).WithHint("say it in the note of a decision")
		}
		for _, l := range list {
			if one.Given != "" && l.Given != "" && l.No > seen {
				return pipeline.Errorf(pipeline.KindBlocked, "give", "the exception", "%s gave it to %s meanwhile", l.By, l.Given).WithHint("look again, and give it away if you still mean to")
			}
		}
		done, err := tx.ExecContext(ctx, "insert into comments (exception_id, said_by, said_at, comment, given_to) values (?, ?, ?, ?, ?)", one.Exception, one.By, one.At.UnixMicro(), one.Text, one.Given)
		if err == nil {
			no, err = done.LastInsertId()
		}
		return err
	})
	return no, c.fail("keep a comment in", err)
}

func commentsOf(ctx context.Context, tx *sql.Tx, exception string, most int) (list []Comment, err error) {
	rows, err := tx.QueryContext(ctx, "select comment_no, exception_id, said_by, said_at, comment, given_to from comments not indexed where exception_id = ? order by comment_no limit ?", exception, most)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var one Comment
		var at int64
		if err := rows.Scan(&one.No, &one.Exception, &one.By, &at, &one.Text, &one.Given); err != nil {
			return nil, err
		}
		one.At = time.UnixMicro(at).UTC()
		list = append(list, one)
	}
	return list, rows.Err()
}

// Of gives what was said about an exception, the first first.
func (c Comments) Of(ctx context.Context, exception string, most int) (list []Comment, err error) {
	there, err := c.Store.present(ctx)
	if err != nil || !there {
		return nil, err
	}
	err = c.Store.read(ctx, Said, func(tx *sql.Tx) error {
		list = nil
		has, err := hasComments(ctx, tx)
		if err == nil && has {
			list, err = commentsOf(ctx, tx, exception, most)
		}
		return err
	})
	return list, c.fail("read the comments of", err)
}

// With gives the exceptions that somebody was given last, newest first. It is asked for with
// each list, so that nothing else is read for it: whether the rows are as carat left them is
// judged where what was said is shown.
func (c Comments) With(ctx context.Context, person string, most int) (exceptions []string, err error) {
	there, err := c.Store.present(ctx)
	if err != nil || !there {
		return nil, err
	}
	err = c.Store.With(ctx, func(tx *sql.Tx) error {
		exceptions = nil
		if has, err := hasComments(ctx, tx); err != nil || !has {
			return err
		}
		rows, err := tx.QueryContext(ctx, `select exception_id from comments as given not indexed where given_to = ? and not exists
			(select 1 from comments as later where later.exception_id = given.exception_id and later.given_to <> '' and later.comment_no > given.comment_no) order by comment_no desc limit ?`, person, most)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var one string
			if err := rows.Scan(&one); err != nil {
				return err
			}
			exceptions = append(exceptions, one)
		}
		return rows.Err()
	})
	return exceptions, c.fail("read the comments of", err)
}

// fail names where it was, unless the error says what a person did.
func (c Comments) fail(action string, err error) error {
	if pipeline.KindOf(err) != pipeline.KindInternal {
		return err
	}
	return c.Store.Disk.Fail(action, c.Store.Disk.Root, err)
}
