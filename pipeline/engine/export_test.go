package engine

import "context"

// ExecForTest runs a statement, so that tests can make and tamper with tables.
func (e *Engine) ExecForTest(query string) error { return e.Exec(context.Background(), query) }

// TextsForTest gives the first column of a query as texts.
func (e *Engine) TextsForTest(query string) ([]string, error) {
	return e.Texts(context.Background(), query)
}

// OnOneConnection makes the engine build in the transaction that is open on its
// own connection.
func (e *Engine) OnOneConnection() { e.inTransaction = true }

// TablesReadForTest is tablesRead.
var TablesReadForTest = tablesRead

// OrderForTest orders models as a run does and says what each reads.
func (e *Engine) OrderForTest(ctx context.Context, models []Model) (ordered []Model, reads map[string][]string, err error) {
	ordered, err = e.order(ctx, models)
	reads = map[string][]string{}
	for _, m := range ordered {
		reads[m.Name] = m.reads
	}
	return ordered, reads, err
}
