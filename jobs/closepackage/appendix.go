package closepackage

import (
	"fmt"
	"slices"
	"strings"

	"carat/jobs/books"
	"carat/jobs/reconcile"
	"carat/pipeline"
	"carat/reports/closepackage"
	"carat/reports/table"
)

// textRows is a section whose rows are few and at hand.
func textRows(rows [][]any) func(func([]any) error) error {
	return func(add func([]any) error) error {
		for _, row := range rows {
			if err := add(row); err != nil {
				return err
			}
		}
		return nil
	}
}

// evidence are the sections by which an auditor finds the way back: input files, snapshots and queries with their hashes.
func (b *packageBuilder) evidence(m reconcile.Models) ([]closepackage.Section, error) {
	batches, err := b.books.Lake.Batches(b.ctx, books.Latest)
	if err != nil {
		return nil, err
	}
	var files, left, undone, snapshots, queries [][]any
	for _, f := range batches {
		var totals []string
		for column, sum := range f.ControlTotals {
			totals = append(totals, column+" "+sum)
		}
		slices.Sort(totals)
		files = append(files, []any{f.ID, f.Feed, f.Source, f.SourceBytes, f.SourceSHA256, f.RowsRead, f.RowsAccepted, f.RowsRejected, f.RowsDuplicate, f.RowsLeftOut,
			strings.Join(totals, "; "), f.RowsSHA256, f.IngestedAt})
	}
	for _, f := range batches {
		if u := f.Undo; u != nil {
			undone = append(undone, []any{f.ID, f.Feed, u.Batch, u.Reason, u.By, u.Reads, f.RowsAccepted, f.IngestedAt})
		}
		for _, l := range f.LeftOut {
			left = append(left, []any{f.ID, f.Feed, f.Source, l.Condition, l.Rows, strings.Join(l.Added(), "; ")})
		}
	}
	var names []string
	for name := range b.run.Inputs {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		// A snapshot's number has up to 19 digits: it is a name, not a number.
		snapshots = append(snapshots, []any{name, fmt.Sprint(b.run.Inputs[name])})
	}
	for _, f := range m.Files() {
		queries = append(queries, []any{f.Name, f.SHA256})
	}
	number := table.Number
	sections := []closepackage.Section{
		{ID: "inputs", Title: "Input files", Note: "one file that was ingested: its hash, its rows, its totals", OnPage: 200, Rows: textRows(files),
			Columns: []table.Column{{Name: "batch_id"}, {Name: "feed"}, {Name: "file"}, {Name: "bytes", Kind: number}, {Name: "sha256"}, {Name: "rows_read", Kind: number},
				{Name: "rows_accepted", Kind: number}, {Name: "rows_rejected", Kind: number}, {Name: "rows_duplicate", Kind: number}, {Name: "rows_left_out", Kind: number}, {Name: "control_totals"},
				{Name: "rows_sha256"}, {Name: "ingested_at", Kind: table.Time}}},
		{ID: "snapshots", Title: "Snapshots", Note: "one table of the history, at the snapshot that was read", Rows: textRows(snapshots),
			Columns: []table.Column{{Name: "table"}, {Name: "snapshot_id"}}},
		{ID: "queries", Title: "Queries", Note: "one query and the hash of its text", Rows: textRows(queries), OnPage: 200,
			Columns: []table.Column{{Name: "query"}, {Name: "sha256"}}},
	}
	closed, err := b.books.Closures(b.ctx, b.options.Config)
	if err != nil {
		return nil, err
	}
	moved, err := reconcile.RunSettings(b.ctx, b.books, closed, b.run)
	if err != nil && pipeline.KindOf(err) != pipeline.KindVerification { // a certificate that was changed is prior_period's to name
		return nil, err
	}
	if len(moved.List) > 0 {
		var rows [][]any
		for _, c := range moved.List {
			rows = append(rows, []any{c.Name, c.Before, c.Now})
		}
		sections = append(sections, closepackage.Section{ID: "settings", Title: "Settings that changed", OnPage: 200, Rows: textRows(rows),
			Note:    "one key of carat.yaml, or control of your own, that numbers depend on and that this run was told otherwise than " + moved.Since,
			Columns: []table.Column{{Name: "setting"}, {Name: "before"}, {Name: "now"}}})
	}
	if len(left) > 0 {
		sections = slices.Insert(sections, 1, closepackage.Section{ID: "left_out", Title: "Rows left out", OnPage: 200, Rows: textRows(left),
			Note:    "one condition of a layout that left rows out of a file: how many, and what they would have added",
			Columns: []table.Column{{Name: "batch_id"}, {Name: "feed"}, {Name: "file"}, {Name: "condition"}, {Name: "rows", Kind: number}, {Name: "sums"}}})
	}
	if len(undone) > 0 {
		sections = slices.Insert(sections, 1, closepackage.Section{ID: "undone", Title: "Batches taken out", OnPage: 200, Rows: textRows(undone),
			Note: "one batch that takes another out of the history, or reads again what was dropped against it",
			Columns: []table.Column{{Name: "batch_id"}, {Name: "feed"}, {Name: "takes_out"}, {Name: "reason"}, {Name: "by"}, {Name: "reads_again"},
				{Name: "rows_accepted", Kind: number}, {Name: "at", Kind: table.Time}}})
	}
	return sections, nil
}

// ties are the totals that the workbook adds up again. carat's own stands beside each; both come from the run's rows.
func (b *packageBuilder) ties(pack *closepackage.Package) ([]closepackage.Tie, error) {
	var ties []closepackage.Tie
	for _, c := range pack.Controls {
		ties = append(ties, closepackage.Tie{
			What: "exceptions of " + c.Control, Currency: "rows", Total: fmt.Sprint(c.Exceptions),
			Terms: []closepackage.Term{{Section: "exceptions", Column: "control", Where: [][2]string{{"control", c.Control}}, Count: true}},
		})
	}
	has := func(id string) bool {
		return slices.ContainsFunc(pack.Sections, func(s closepackage.Section) bool { return s.ID == id })
	}
	run := pipeline.SQLText(b.run.ID)
	if has("rollforwards") {
		err := b.each("select identity, entity, coalesce(currency, ''), subject_kind, subject_id, cast(quantity as varchar), cast(amount as varchar) from rollforwards where run_id = "+
			run+" and subject_kind not in ('creator', 'agency') and line = 'closing' order by identity, entity, currency, subject_kind, subject_id", 7, func(row []any) error {
			ties = append(ties, closingTies(row)...)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	if has("open_items") && has("trial_balance") { // items are made of rows, balances of bookings
		err := b.each("select distinct entity, account, currency from open_items where run_id = "+run+" and exists (select 1 from trial_balances as balances where balances.run_id = "+run+
			" and balances.entity = open_items.entity and balances.account = open_items.account and balances.currency = open_items.currency and closing is not null) order by entity, account, currency", 3, func(row []any) error {
			ties = append(ties, closepackage.AccountTie(fmt.Sprint(row[0]), fmt.Sprint(row[1]), fmt.Sprint(row[2])))
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	if has("agencies") {
		err := b.each("select distinct entity, currency from agency_statements where run_id = "+run+" order by entity, currency", 2, func(row []any) error {
			ties = append(ties, closepackage.AgencyTie(fmt.Sprint(row[0]), fmt.Sprint(row[1])))
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	if has("creators") && has("rollforwards") {
		err := b.each("select entity, coalesce(currency, ''), cast(quantity as varchar), cast(amount as varchar) from rollforwards where run_id = "+run+
			" and subject_kind <> 'creator' and identity = 'payable' and line = 'closing' order by entity, currency", 4, func(row []any) error {
			entity, currency := fmt.Sprint(row[0]), fmt.Sprint(row[1])
			where := [][2]string{{"entity", entity}, {"currency", currency}}
			ties = append(ties,
				closepackage.Tie{What: "creators' statements of " + entity + " in " + currency + " = diamonds that creators hold", Currency: "diamonds", Total: text(row[2]),
					Terms: []closepackage.Term{{Section: "creators", Column: "closing_diamonds", Where: where}}},
				closepackage.Tie{What: "creators' statements of " + entity + " in " + currency + " = what is owed to creators", Currency: currency, Total: text(row[3]),
					Terms: []closepackage.Term{{Section: "creators", Column: "closing_amount", Where: where}}})
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	for _, t := range []struct{ id, table, what string }{{"journal", "journal_lines", "journal of "}, {"trial_balance", "trial_balances", "trial balance of "}} {
		if !has(t.id) {
			continue
		}
		err := b.each("select distinct entity, currency from "+t.table+" where run_id = "+run+" order by entity, currency", 2, func(row []any) error {
			where := [][2]string{{"entity", fmt.Sprint(row[0])}, {"currency", fmt.Sprint(row[1])}}
			ties = append(ties, closepackage.Tie{What: t.what + fmt.Sprint(row[0]) + ": debits less credits", Currency: fmt.Sprint(row[1]), Total: "0", Terms: []closepackage.Term{
				{Section: t.id, Column: "debit", Where: where}, {Section: t.id, Column: "credit", Where: where, Minus: true},
			}})
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return ties, nil
}

// closingTies are opening + movements = closing of one roll-forward.
func closingTies(row []any) (ties []closepackage.Tie) {
	identity, entity, currency := fmt.Sprint(row[0]), fmt.Sprint(row[1]), fmt.Sprint(row[2])
	kind, subject := fmt.Sprint(row[3]), fmt.Sprint(row[4])
	where := [][2]string{{"identity", identity}, {"entity", entity}, {"currency", currency}, {"subject_kind", kind}, {"subject_id", subject}}
	of := entity
	if kind != "entity" {
		of += ", " + kind + " " + subject
	}
	for _, part := range []struct {
		column, unit string
		total        any
	}{{"quantity", map[string]string{"coins": "coins", "payable": "diamonds"}[identity], row[5]}, {"amount", currency, row[6]}} {
		if part.total == nil {
			continue
		}
		what := identity + " of " + of + ": opening + movements = closing"
		if currency != "" {
			what = identity + " of " + of + " in " + currency + ": opening + movements = closing"
		}
		ties = append(ties, closepackage.Tie{What: what, Currency: part.unit, Total: text(part.total),
			Terms: []closepackage.Term{{Section: "rollforwards", Column: part.column, Where: where, Not: [2]string{"line", "closing"}}}})
	}
	return ties
}

// text is a decimal that a query gave as text; "0" for none.
func text(v any) string {
	if v == nil {
		return "0"
	}
	return table.PlainDecimal(fmt.Sprint(v))
}
