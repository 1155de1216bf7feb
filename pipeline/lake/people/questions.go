package people

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"carat/pipeline"
)

// Question is what a creator asked about a line of a statement, and what was answered.
type Question struct {
	No               int64 // 0: it was not asked yet
	Creator          string
	Period           pipeline.Period
	Entity, Currency string
	Line             int64
	AskedBy          string
	AskedAt          time.Time
	Text             string
	AnsweredBy       string // "": nobody has answered yet
	AnsweredAt       time.Time
	Answer           string
}

// Questions are what creators asked. They lie with names and addresses, so that they go
// when a person is erased; what they come to is chained as those are.
type Questions struct{ Store *Store }

// questionsTable is made when somebody first asks: a store that lies where nothing can be
// written is read without it.
const questionsTable = `create table if not exists questions (question_no integer primary key autoincrement, creator_id text not null, period text not null, entity text not null,
	currency text not null, line_no integer not null, asked_by text not null, asked_at integer not null, question text not null,
	answered_by text not null default '', answered_at integer not null default 0, answer text not null default '');
create index if not exists questions_creator on questions (creator_id, question_no)`

// asked says whether anybody ever asked.
func asked(ctx context.Context, tx *sql.Tx) (yes bool, err error) {
	err = tx.QueryRowContext(ctx, "select count(*) > 0 from sqlite_master where type = 'table' and name = 'questions'").Scan(&yes)
	return yes, err
}

// Ask keeps a question and gives its number. Who has as many without an answer as there
// may be is told to wait, a blocked error; of whom was erased nothing is kept.
func (q Questions) Ask(ctx context.Context, one Question, most int) (no int64, err error) {
	err = q.Store.Write(ctx, Asked|Forgotten, func(tx *sql.Tx) error {
		forgotten, err := forgottenIn(ctx, tx)
		if err != nil {
			return err
		}
		if forgottenPerson(forgotten, pipeline.Person{CreatorID: one.Creator}) {
			return pipeline.Errorf(pipeline.KindBlocked, "ask", "", "who this creator is was erased, and nothing is kept of them")
		}
		if _, err := tx.ExecContext(ctx, questionsTable); err != nil {
			return err
		}
		var open int
		if err := tx.QueryRowContext(ctx, "select count(*) from questions not indexed where creator_id = ? and answered_by = ''", one.Creator).Scan(&open); err != nil {
			return err
		}
		if open >= most {
			return pipeline.Errorf(pipeline.KindBlocked, "ask", "", "%d questions of yours wait for an answer", open).WithHint("ask again when one of them has it")
		}
		done, err := tx.ExecContext(ctx, "insert into questions (creator_id, period, entity, currency, line_no, asked_by, asked_at, question) values (?, ?, ?, ?, ?, ?, ?, ?)",
			one.Creator, string(one.Period), one.Entity, one.Currency, one.Line, one.AskedBy, one.AskedAt.UnixMicro(), one.Text)
		if err == nil {
			no, err = done.LastInsertId()
		}
		return err
	})
	return no, q.fail("ask", err)
}

// Answer keeps an answer. A question that there is not is a not-found error, one that
// somebody else has answered a blocked one.
func (q Questions) Answer(ctx context.Context, one Question) error {
	return q.fail("answer", q.Store.Write(ctx, Asked, func(tx *sql.Tx) error {
		if asked, err := asked(ctx, tx); err != nil || !asked {
			return errors.Join(err, missing())
		}
		var by string
		err := tx.QueryRowContext(ctx, "select answered_by from questions where question_no = ?", one.No).Scan(&by)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return missing()
		case err != nil:
			return err
		case by != "":
			return pipeline.Errorf(pipeline.KindBlocked, "answer", fmt.Sprintf("question %d", one.No), "%s has answered it meanwhile", by)
		}
		_, err = tx.ExecContext(ctx, "update questions set answered_by = ?, answered_at = ?, answer = ? where question_no = ?", one.AnsweredBy, one.AnsweredAt.UnixMicro(), one.Answer, one.No)
		return err
	}))
}

func missing() error {
	return pipeline.Misnamed("find", "the question", "", nil, "nobody asked it")
}

// List gives questions, those without an answer first and oldest first, then the others,
// newest first; of one creator, or of all ("").
func (q Questions) List(ctx context.Context, creator string, most int) (list []Question, err error) {
	there, err := q.Store.present(ctx)
	if err != nil || !there {
		return nil, err
	}
	err = q.Store.read(ctx, Asked, func(tx *sql.Tx) error {
		list = nil
		if asked, err := asked(ctx, tx); err != nil || !asked {
			return err
		}
		query, args := "", []any{}
		if creator != "" {
			query, args = " where creator_id = ?", []any{creator}
		}
		rows, err := tx.QueryContext(ctx, "select question_no, creator_id, period, entity, currency, line_no, asked_by, asked_at, question, answered_by, answered_at, answer from questions not indexed"+query+
			" order by answered_by <> '', case when answered_by = '' then question_no else -question_no end limit ?", append(args, most)...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var one Question
			var period string
			var askedAt, answeredAt int64
			if err := rows.Scan(&one.No, &one.Creator, &period, &one.Entity, &one.Currency, &one.Line, &one.AskedBy, &askedAt, &one.Text, &one.AnsweredBy, &answeredAt, &one.Answer); err != nil {
				return err
			}
			one.Period, one.AskedAt = pipeline.Period(period), time.UnixMicro(askedAt).UTC()
			if one.AnsweredBy != "" {
				one.AnsweredAt = time.UnixMicro(answeredAt).UTC()
			}
			list = append(list, one)
		}
		return rows.Err()
	})
	return list, q.fail("read the questions of", err)
}

// fail names where it was, unless the error says what a person did.
func (q Questions) fail(action string, err error) error {
	if pipeline.KindOf(err) != pipeline.KindInternal {
		return err
	}
	return q.Store.Disk.Fail(action, q.Store.Disk.Root, err)
}
