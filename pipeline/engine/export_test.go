package engine

import (
	"context"
	"database/sql"
)

// ExecForTest runs a statement, so that tests can make and tamper with tables.
func (e *Engine) ExecForTest(query string) error { return e.Exec(context.Background(), query) }

// TextsForTest gives the first column of a query as texts.
func (e *Engine) TextsForTest(query string) ([]string, error) {
	return e.Texts(context.Background(), query)
}

// BeginForTest opens a transaction in which all is built that follows, and
// RollbackForTest undoes it.
func (e *Engine) BeginForTest() error {
	e.inTransaction = true
	return e.ExecForTest("begin")
}

// RollbackForTest ends what BeginForTest began.
func (e *Engine) RollbackForTest() error {
	e.inTransaction = false
	return e.ExecForTest("rollback")
}

// ReadDialectForTest reads the macros, so that no transaction need do so.
func (e *Engine) ReadDialectForTest(dialect string) error {
	return e.readDialect(context.Background(), dialect)
}

// OrderForTest orders models as a run does and says what each reads.
func (e *Engine) OrderForTest(ctx context.Context, models []Model) (ordered []Model, reads map[string][]string, err error) {
	ordered, err = e.order(ctx, models)
	reads = map[string][]string{}
	for _, m := range ordered {
		reads[m.Name] = m.reads
	}
	return ordered, reads, err
}

// TamperForTest spoils what passes made: a pass that computes wrongly.
func (e *Engine) TamperForTest(spoil func(conn *sql.Conn, lead string) error) { e.tamper = spoil }
