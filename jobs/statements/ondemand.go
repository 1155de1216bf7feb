package statements

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"carat/jobs/books"
	"carat/jobs/config"
	"carat/pipeline"
	"carat/pipeline/certificate"
	"carat/pipeline/state"
	"carat/reports/statement"
)

// OnDemand says whether files of statements are made only when somebody asks for
// them: statements are rows, which a run's tables hold.
func OnDemand(c *config.Config) bool { return c.StatementFiles == config.StatementsOnDemand }

// countQuery counts the statements of a run.
const countQuery = `select count(*) from statement_summaries where run_id = {run}`

// Count gives the number of creators' statements of a run.
func Count(ctx context.Context, p *books.Books, c *config.Config, run state.Run) (int64, error) {
	found, err := p.Query(ctx, c, books.Latest, strings.ReplaceAll(countQuery, "{run}", pipeline.SQLText(run.ID)), TableSummaries)
	if err != nil {
		return 0, err
	}
	n, ok := found.Rows[0][0].(int64)
	if !ok {
		return 0, pipeline.Errorf(pipeline.KindInternal, "count", "statements of "+run.ID, "the count is %v", found.Rows[0][0])
	}
	return n, nil
}

// FinalInto prepares the folder of final statements that waits for the lock, and
// gives their number: with all their files, or, where these are made on demand,
// with none.
func FinalInto(ctx context.Context, p *books.Books, run state.Run, o Options, next string) (int64, error) {
	if !OnDemand(o.Config) {
		return RenderInto(ctx, p, run, o, next)
	}
	if err := errors.Join(os.RemoveAll(next), os.MkdirAll(next, 0o700)); err != nil {
		return 0, WriteError(next, err)
	}
	return Count(ctx, p, o.Config, run)
}

// finalOnDemand makes files of the final statements of a month whose certificate
// lists none, from the rows that it signs.
func finalOnDemand(ctx context.Context, p *books.Books, o Options, closed books.Closures, l state.Lock) (*Result, error) {
	run, o, err := ofLock(ctx, p, o, closed, l)
	if err != nil {
		return nil, err
	}
	r, err := WriteIn(ctx, p, run, o)
	if err != nil {
		return nil, err
	}
	// The certificate lists what moved, which is one file.
	return r, WriteMoved(ctx, p, o.Setting, o.SQL, closed, o.Period, run.ID, r.Folder)
}

// ofLock gives the run that a month was closed with, and the options for its final
// statements, when the rows that they are made of are those that were signed.
func ofLock(ctx context.Context, p *books.Books, o Options, closed books.Closures, l state.Lock) (state.Run, Options, error) {
	c, err := p.ReadCertificate(l)
	if err != nil {
		return state.Run{}, o, err
	}
	run, found, err := p.State.Run(ctx, l.RunID)
	if err != nil || !found {
		return run, o, pipeline.Errorf(pipeline.KindVerification, "write statements of", string(o.Period), "the locked run %s is not in the state database (%w)", l.RunID, err)
	}
	if err := signedRows(ctx, p, c); err != nil {
		return run, o, err
	}
	standing, err := p.Standing(ctx, o.Setting, closed, run)
	o.Final, o.Says = true, standing.Words()
	return run, o, err
}

// signedRows refuses rows of statements that lie in other files than those which
// the certificate names.
func signedRows(ctx context.Context, p *books.Books, c *certificate.Certificate) error {
	tables, err := p.Lake.RunTables(ctx, c.RunID)
	if err != nil {
		return err
	}
	for _, want := range c.Results {
		if !slices.Contains(statementTables, want.Table) && want.Table != TableAgencies && want.Table != TableAgencyLines {
			continue
		}
		same := false
		for _, have := range tables {
			if have.Table == want.Table {
				files, err := p.Lake.CertifiedFiles(have)
				same = err == nil && fmt.Sprint(files) == fmt.Sprint(want.Files)
			}
		}
		if !same {
			return pipeline.Errorf(pipeline.KindVerification, "write statements of", string(c.Period), "the files of %s are not those that were signed", want.Table).
				WithHint("`carat verify` names what differs; restore it from a backup")
		}
	}
	return nil
}

// ForMail makes the papers of a month's statements in an empty folder, with their
// index, for letters: of a closed month the final ones, else those of its current
// run. One creator, or one agency and then no creator, can be named. The books are open and locked.
func ForMail(ctx context.Context, p *books.Books, o Options, into string) error {
	closed, err := p.Closures(ctx, o.Config)
	if err != nil {
		return err
	}
	var run state.Run
	if l, ok := closed.Lock(o.Period); ok {
		run, o, err = ofLock(ctx, p, o, closed, l)
	} else {
		run, err = p.CurrentRun(ctx, o.Period)
	}
	if err != nil {
		return err
	}
	o.Formats = []string{"pdf"}
	if o.History, err = HistoryOf(ctx, p, o.Setting, run); err != nil {
		return err
	}
	if o.Agency != "" {
		_, err = writeAgencies(ctx, p, run, o, into)
		return err
	}
	return allStatements(ctx, p, run, o, &Result{Folder: into})
}

// One gives a creator's statement of a closed month as bytes, in one form, from the rows
// that its certificate signs, and the name of its file. Nothing is written. A month that
// isn't closed, a form that there is not and a creator without a statement in that entity
// and currency are misnamed errors. Whose it may be is the caller's to judge.
func One(ctx context.Context, p *books.Books, o Options, entity, currency, format string) (name string, text []byte, err error) {
	missing := pipeline.Misnamed("find", "the statement", "", nil, "there is no final one of that month, entity and currency")
	closed, err := p.Closures(ctx, o.Config)
	if err != nil {
		return "", nil, err
	}
	l, final := closed.Lock(o.Period)
	if !final || o.Creator == "" || !slices.Contains(Formats, format) {
		return "", nil, missing
	}
	run, o, err := ofLock(ctx, p, o, closed, l)
	if err != nil {
		return "", nil, err
	}
	if o.History, err = HistoryOf(ctx, p, o.Setting, run); err != nil {
		return "", nil, err
	}
	err = eachStatement(ctx, p, run, o, func(s *statement.Statement) error {
		if s.Summary.Entity == entity && s.Summary.Currency == currency && s.Summary.CreatorID == o.Creator && text == nil {
			name = string(o.Period) + "~" + statement.FileName(o.Creator, entity, currency, format)
			text, err = renderAs(&renderings{}, s, format)
		}
		return err
	})
	if err == nil && text == nil {
		err = missing
	}
	return name, text, err
}
