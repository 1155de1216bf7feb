package people

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"carat/pipeline"
)

// Attachment is a file that somebody of the staff laid beside an exception.
type Attachment struct {
	No          int64 // 0: it was not kept yet
	Exception   string
	SubjectKind string // what the exception is about
	SubjectID   string
	By          string
	At          time.Time
	Name        string // "": it was erased
	Kind        string // the MIME type that its content is of
	Bytes       int64
	SHA256      string // of the content, in hex; "": it was erased
}

// Erased says whether nothing but the row is left of it.
func (a Attachment) Erased() bool { return a.SHA256 == "" }

// attachedTables are made when somebody first attaches something. The rows are chained as comments are. A content is
// kept once, by its hash, and judged by that: what the rows come to needs none of the bytes.
const attachedTables = `create table if not exists attached (attachment_no integer primary key autoincrement, exception_id text not null, subject_kind text not null, subject_id text not null,
	said_by text not null, said_at integer not null, name text not null, kind text not null, bytes integer not null, sha256 text not null);
create index if not exists attached_exception on attached (exception_id, attachment_no);
create table if not exists attached_contents (sha256 text primary key, content blob not null)`

const attachedColumns = "attachment_no, exception_id, subject_kind, subject_id, said_by, said_at, name, kind, bytes, sha256"

func hasAttached(ctx context.Context, tx *sql.Tx) (yes bool, err error) {
	err = tx.QueryRowContext(ctx, "select count(*) > 0 from sqlite_master where type = 'table' and name = 'attached'").Scan(&yes)
	return yes, err
}

func hashOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// Attach keeps a file and gives its number; size and hash are those of the content. An
// exception that has as many as there may be is a blocked error, as are a content that lies
// with it already, and more than bytesMax of contents in all.
func (c Comments) Attach(ctx context.Context, one Attachment, content []byte, most int, bytesMax int64) (no int64, err error) {
	refuse := func(hint, format string, args ...any) error {
		return pipeline.Errorf(pipeline.KindBlocked, "attach", one.Name, format, args...).WithHint("%s", hint)
	}
	one.Bytes, one.SHA256 = int64(len(content)), hashOf(content)
	err = c.Store.Write(ctx, Attached, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, attachedTables); err != nil {
			return err
		}
		list, err := attachedOf(ctx, tx, one.Exception)
		if err != nil {
			return err
		}
		if len(list) >= most {
			return refuse("lay several into one file, or say in a comment where the others are", "%d files lie with it, which is all that there may be", most)
		}
		for _, other := range list {
			if other.SHA256 == one.SHA256 {
				return refuse("nothing is left to do", "it lies there already, as number %d", other.No)
			}
		}
		var kept int64
		if err := tx.QueryRowContext(ctx, "select coalesce(sum(length(content)), 0) from attached_contents").Scan(&kept); err != nil {
			return err
		}
		if kept+one.Bytes > bytesMax {
			return refuse("keep it elsewhere, and say in a comment where", "the lake keeps %d of at most %d MB of such files already", kept>>20, bytesMax>>20)
		}
		if _, err := tx.ExecContext(ctx, "insert into attached_contents (sha256, content) values (?, ?) on conflict do nothing", one.SHA256, content); err != nil {
			return err
		}
		done, err := tx.ExecContext(ctx, "insert into attached (exception_id, subject_kind, subject_id, said_by, said_at, name, kind, bytes, sha256) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
			one.Exception, one.SubjectKind, one.SubjectID, one.By, one.At.UnixMicro(), one.Name, one.Kind, one.Bytes, one.SHA256)
		if err == nil {
			no, err = done.LastInsertId()
		}
		return err
	})
	return no, c.fail("keep a file in", err)
}

// attachedOf gives what lies with an exception, the first first; "": with any.
func attachedOf(ctx context.Context, tx *sql.Tx, exception string) (list []Attachment, err error) {
	rows, err := tx.QueryContext(ctx, "select "+attachedColumns+" from attached not indexed where exception_id = ? or ? = '' order by attachment_no", exception, exception)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var one Attachment
		var at int64
		if err := rows.Scan(&one.No, &one.Exception, &one.SubjectKind, &one.SubjectID, &one.By, &at, &one.Name, &one.Kind, &one.Bytes, &one.SHA256); err != nil {
			return nil, err
		}
		one.At = time.UnixMicro(at).UTC()
		list = append(list, one)
	}
	return list, rows.Err()
}

// Attachments gives the files that lie with an exception, the first first; "": with any.
func (c Comments) Attachments(ctx context.Context, exception string) (list []Attachment, err error) {
	there, err := c.Store.present(ctx)
	if err != nil || !there {
		return nil, err
	}
	err = c.Store.read(ctx, Attached, func(tx *sql.Tx) error {
		list = nil
		has, err := hasAttached(ctx, tx)
		if err == nil && has {
			list, err = attachedOf(ctx, tx, exception)
		}
		return err
	})
	return list, c.fail("read the files of", err)
}

// Content gives the bytes of an attachment: a verification error when they are not those
// that were kept, a not-found one when it was erased.
func (c Comments) Content(ctx context.Context, one Attachment) (content []byte, err error) {
	if one.Erased() {
		return nil, pipeline.Errorf(pipeline.KindNotFound, "read", fmt.Sprintf("file %d of exception %s", one.No, one.Exception), "it was erased")
	}
	err = c.Store.With(ctx, func(tx *sql.Tx) error {
		content, err = contentOf(ctx, tx, one.SHA256)
		return err
	})
	if err == nil && hashOf(content) != one.SHA256 {
		content, err = nil, c.Store.changed(fmt.Sprintf("file %d of exception %s is not the one that was attached", one.No, one.Exception))
	}
	return content, c.fail("read a file of", err)
}

func contentOf(ctx context.Context, tx *sql.Tx, hash string) (content []byte, err error) {
	err = tx.QueryRowContext(ctx, "select content from attached_contents where sha256 = ?", hash).Scan(&content)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return content, err
}

// EraseAttachment overwrites a file and its name, and leaves that there was one. A number
// that there is not is a not-found error; of what was erased before nothing is left to do.
func (c Comments) EraseAttachment(ctx context.Context, no int64) error {
	return c.fail("erase a file of", c.Store.Write(ctx, Attached, func(tx *sql.Tx) error {
		missing := pipeline.Misnamed("erase", "attachment", "", nil, "there is no attachment %d", no)
		if has, err := hasAttached(ctx, tx); err != nil || !has {
			return errors.Join(err, missing)
		}
		erased, err := eraseAttached(ctx, tx, "attachment_no = ?", no)
		if err == nil && erased == 0 {
			err = missing
		}
		return err
	}))
}

// forgetAttached erases the files that lie with exceptions about somebody.
func forgetAttached(ctx context.Context, tx *sql.Tx, id string) (erased int64, err error) {
	if has, err := hasAttached(ctx, tx); err != nil || !has {
		return 0, err
	}
	return eraseAttached(ctx, tx, "subject_kind in ('creator', 'agency') and subject_id = ? and sha256 <> ''", id)
}

func eraseAttached(ctx context.Context, tx *sql.Tx, where string, arg any) (erased int64, err error) {
	done, err := tx.ExecContext(ctx, "update attached set name = '', kind = '', bytes = 0, sha256 = '' where "+where, arg)
	if err != nil {
		return 0, err
	}
	if _, err := tx.ExecContext(ctx, "delete from attached_contents where sha256 not in (select sha256 from attached)"); err != nil {
		return 0, err
	}
	return done.RowsAffected()
}

// checkAttached is a verification error when a content is not as it was attached, is gone,
// or is one that nobody attached.
func (p *Store) checkAttached(ctx context.Context, tx *sql.Tx) error {
	if has, err := hasAttached(ctx, tx); err != nil || !has {
		return err
	}
	var strange string
	err := tx.QueryRowContext(ctx, `select sha256 from (select sha256 from attached_contents not indexed where sha256 not in (select sha256 from attached not indexed)
		union all select sha256 from attached where sha256 <> '' and sha256 not in (select sha256 from attached_contents)
		union all select sha256 from attached_contents where typeof(content) <> 'blob') order by sha256 limit 1`).Scan(&strange)
	if err == nil {
		return p.changed("of the file with the hash " + pipeline.CutText(strange) + " either the content is gone or nobody attached it")
	} else if !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	list, err := attachedOf(ctx, tx, "")
	if err != nil {
		return err
	}
	seen := map[string]bool{"": true}
	for _, one := range list {
		if seen[one.SHA256] {
			continue
		}
		seen[one.SHA256] = true
		content, err := contentOf(ctx, tx, one.SHA256)
		if err != nil {
			return err
		}
		if hashOf(content) != one.SHA256 {
			return p.changed(fmt.Sprintf("file %d of exception %s is not the one that was attached", one.No, one.Exception))
		}
	}
	return nil
}
