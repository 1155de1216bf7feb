package closepackage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"carat/jobs/books"
	"carat/jobs/reconcile"
	"carat/jobs/sandbox"
	"carat/jobs/statements"
	"carat/pipeline"
	"carat/pipeline/state"
	"carat/reports/closepackage"
	"carat/reports/statement"
	"carat/reports/table"
)

// packageBuilder gathers the close package of a run from its result tables.
type packageBuilder struct {
	ctx     context.Context
	books   *books.Books
	run     state.Run
	options Options
	eng     *books.Reader
	tables  map[string]pipeline.TableFiles
	missing []string // exchange rates, a line for each pair
}

// packageTable is a table as the package shows it. A table that this run doesn't have is left out; so are columns.
type packageTable struct {
	table, id, title, note string
	columns                string // in their order
	where, order           string // where: besides the run
	unknown                string // columns in which nothing means that nobody knows, for want of an exchange rate
	input                  bool   // a table of the history, which has no runs
	onPage                 int
	pageColumns            string
}

// packageTables are the tables of the package, in the order in which a controller reads them.
var packageTables = []packageTable{
	{table: "exceptions", id: "exceptions", title: "Exceptions", note: "one row that breaks a control's rule",
		columns: "exception_id control severity period entity subject_kind subject_id expected actual difference unit exposure reason detail batch_id source_line",
		order:   "severity exposure control subject_kind subject_id reason unit entity", onPage: 500,
		pageColumns: "control severity entity subject_kind subject_id difference unit exposure detail"},
	{table: "rollforwards", id: "rollforwards", title: "Roll-forwards", note: "one line of a roll-forward: opening, a movement or closing",
		columns: "identity entity currency subject_kind subject_id line_rank line quantity amount functional_amount", where: "subject_kind not in ('creator', 'agency')",
		order: "identity entity currency subject_kind subject_id line_rank line"},
	{table: "agency_statements", id: "agencies", title: "Agencies", note: "what one agency was owed, got, gave back and was paid",
		columns: "agency_id entity currency paid_currency withholding_rate on_file opening_amount accrued_amount reversed_amount clawed_back_amount adjusted_amount redeemed_amount returned_amount rounding_amount closing_amount creators gift_count in_transit_amount",
		order:   "agency_id entity currency", onPage: 200,
		pageColumns: "agency_id entity currency opening_amount accrued_amount reversed_amount clawed_back_amount adjusted_amount redeemed_amount returned_amount closing_amount"},
	{table: "revenue_bridge", id: "bridge", title: "Revenue bridge", note: "one step from coins consumed to the platform's cut",
		columns: "entity functional_currency channel currency line_rank line amount functional_amount", unknown: "functional_amount", order: "entity functional_currency channel currency line_rank line"},
	{table: "match_summaries", id: "matches", title: "Settlement to cash", note: "what became of our rows and theirs, by outcome",
		columns: "match entity channel currency outcome count our_amount their_amount difference tolerated", order: "match entity channel currency outcome"},
	{table: "trial_balances", id: "trial_balance", title: "Trial balance", note: "one account in one currency",
		columns: "entity account account_name currency opening debit credit closing functional_opening functional_debit functional_credit functional_closing",
		order:   "entity account currency", unknown: "functional_debit functional_credit"},
	{table: "open_items", id: "open_items", title: "Open items", note: "one item that is open at the month's end on an account of stores, providers, resellers or banks, with its age in days",
		columns: "entity account counterparty stage item currency amount functional_currency functional_amount due_at age_days",
		order:   "entity account counterparty currency stage item", unknown: "functional_amount", onPage: 200},
	{table: "fx_explained", id: "fx_explained", title: "Exchange differences explained", note: "one account in one currency and what rates made of it: a loss is positive, the sum is the movement of the account of exchange differences",
		columns: "entity account currency functional_currency opening_amount closing_amount closing_rate opening new settled booked rest total",
		order:   "entity account currency", unknown: "opening new settled booked rest total"},
	{table: "group_balances", id: "group", title: "Group", note: "one account of an entity, or of all together without eliminations, in the reporting currency: assets and liabilities at the closing rate, profit and loss at the mean of the days, the rest historical",
		columns: "level entity account kind functional_currency functional_opening functional_movement functional_closing method rate currency opening movement closing",
		order:   "level entity account_rank account", unknown: "opening movement closing",
		pageColumns: "level entity account method rate currency opening movement closing"},
	{table: "tax_lines", id: "taxes", title: "Sales tax", note: "the sales tax of one country, rate and treatment: sold and taken back",
		columns: "entity country rate treatment remitter currency sales gross_amount base_amount tax_amount refunds refunded_gross refunded_base refunded_tax net_tax payable_tax functional_currency functional_base_amount functional_net_tax functional_payable_tax",
		order:   "entity country rate treatment remitter currency", unknown: "functional_base_amount functional_net_tax functional_payable_tax",
		pageColumns: "entity country rate treatment remitter currency sales gross_amount base_amount tax_amount refunds refunded_gross refunded_base refunded_tax net_tax payable_tax functional_payable_tax"},
	{table: "decided_rates", id: "decided_rates", title: "Decided exchange rates", note: "one exchange rate that a person decided because none was published: amounts of the month are told at it",
		columns: "base quote day rate source reason decided_by decided_in exception_id", order: "base quote day"},
	{table: "decided_matches", id: "decided_matches", title: "Decided matches", note: "one row that a person put beside others because nothing in them says so: they are compared as the rows of one reference",
		columns: "matched match side item_id currency amount reason decided_by exception_id", order: "matched match side item_id"},
	{table: "journal_lines", id: "journal", title: "Journal", note: "one line of a journal entry",
		columns: "entry_id line_no day event_class entity account currency debit credit functional_debit functional_credit memo",
		order:   "day entity event_class currency entry_id line_no", unknown: "functional_debit functional_credit", onPage: 200},
	{table: "payout_ages", id: "payout_ages", title: "Unpaid to creators and agencies", note: "one payout on its way, one dormant balance, or what creators below the minimum are owed together",
		columns: "kind entity currency country age_band subject_id creator_id agency_id count amount since due_at age_days late_count",
		order:   "kind entity currency country age_band subject_id", onPage: 200},
	{table: "liability_ages", id: "liability_ages", title: "Liability in time",
		note:    "one part of what is owed to viewers: open coins by the month of their sale, the months in which they are expected to be spent, breakage ahead, expected refunds of spent coins; told below the bridge",
		columns: "kind entity channel country currency purchase_month age_months expected_month rate coins amount",
		order:   "kind entity channel country currency purchase_month expected_month rate", onPage: 150},
	{table: "prior_period_items", id: "prior_period", title: "Prior-period items", note: "one row of an earlier month that is booked in this one",
		columns: "*", order: "", onPage: 200},
	{table: statements.TableSummaries, id: "creators", title: "Creators", note: "the head of one creator's statement",
		columns: "creator_id entity currency country opening_diamonds earned_diamonds adjusted_diamonds redeemed_diamonds returned_diamonds closing_diamonds " +
			"opening_amount earned_amount adjusted_amount redeemed_amount returned_amount revaluation_amount rounding_amount closing_amount " +
			"withheld_amount fee_amount paid_amount in_transit_amount failed_amount prior_period_amount",
		order: "creator_id entity currency", onPage: 50,
		pageColumns: "creator_id entity currency opening_amount earned_amount adjusted_amount redeemed_amount returned_amount revaluation_amount rounding_amount closing_amount"},
	{table: "creator_debts", id: "debts", title: "Creators who owe", note: "one creator's debt: what is carried, what of it is no gain before it is recovered, and what is expected to be lost",
		columns: "creator_id entity currency diamonds amount carrying_amount deferred_gain debt_since age_days share allowance", order: "creator_id entity currency", onPage: 50},
	{table: "daily_volumes", id: "volumes", title: "Daily volumes", note: "what happened on one day",
		columns: "entity day event channel currency event_count coins diamonds amount", order: "entity day event channel currency"},
	{table: "conversion_rates", id: "rates", title: "Conversion rates", note: "one dated rate, as ingested", input: true,
		columns: "scope scope_id valid_from valid_to diamonds_per_coin diamond_value coin_value platform_share currency rounding batch_id source_line",
		order:   "scope scope_id valid_from batch_id source_line", onPage: 100},
	{table: "gift_catalog", id: "prices", title: "Gift prices", note: "one dated price of a gift, as ingested", input: true,
		columns: "gift_id name coins valid_from valid_to batch_id source_line", order: "gift_id valid_from batch_id source_line", onPage: 50},
	{table: "fx_rates", id: "fx_rates", title: "Exchange rates", note: "one published exchange rate of the month, as ingested", input: true,
		columns: "rate_date base quote rate batch_id source_line", order: "rate_date base quote batch_id source_line", onPage: 50},
}

func (b *packageBuilder) build() (*closepackage.Package, error) {
	pack, err := b.told()
	if err != nil {
		return nil, err
	}
	pack.Ties, err = b.ties(pack)
	return pack, err
}

// told is the package without its ties, which only the workbook has.
func (b *packageBuilder) told() (*closepackage.Package, error) {
	c := b.options.Config
	pack := &closepackage.Package{
		Period: b.run.Period, RunID: b.run.ID, Zone: c.Zone,
		Command: "carat run --period " + string(b.run.Period),
	}
	for _, e := range c.Entities {
		pack.Payers = append(pack.Payers, statement.Party{Name: cmp.Or(e.Name, e.ID), Address: e.Address, TaxID: e.TaxID})
	}
	m, err := reconcile.Options{Setting: b.options.Setting, SQL: b.options.SQL, Period: b.run.Period}.Models()
	if err != nil {
		return nil, err
	}
	if err := b.stand(pack); err != nil {
		return nil, err
	}
	pack.Controls = packageControls(b.run, m)
	pack.Sections = append(pack.Sections, controlSection(pack.Controls))
	signed, err := b.signatureSections()
	if err != nil {
		return nil, err
	}
	pack.Sections = append(pack.Sections, signed...)
	if s, ok, err := b.causes(); err != nil {
		return nil, err
	} else if ok {
		pack.Sections = append(pack.Sections, s)
	}
	if s, ok, err := b.flux(); err != nil {
		return nil, err
	} else if ok {
		pack.Sections = append(pack.Sections, s)
	}
	for _, t := range packageTables {
		if s, ok := b.section(t); ok {
			pack.Sections = append(pack.Sections, s)
		}
	}
	evidence, err := b.evidence(m)
	if err != nil {
		return nil, err
	}
	pack.Sections = append(pack.Sections, evidence...)
	if pack.Flows, err = b.flows(); err != nil {
		return nil, err
	}
	pack.Figures, err = b.figures(pack.Flows)
	return pack, err
}

// packageControls joins what a run found with what the controls' headers say.
func packageControls(run state.Run, m reconcile.Models) []closepackage.Control {
	var list []closepackage.Control
	for _, c := range run.Controls {
		one := closepackage.Control{Control: c.Control, Severity: c.Severity, Checked: c.Checked, Exceptions: c.Exceptions, Result: c.Result,
			NotCompared: c.NotCompared}
		if c.NotComparedReason != nil {
			one.NotComparedReason = *c.NotComparedReason
		}
		for _, model := range m.List {
			if model.Header["control"] == c.Control {
				h := model.Header
				one.Summary, one.Question, one.Guards, one.SHA256 = model.Summary, h["question"], h["guards"], model.SHA256
				one.Rule, one.Causes, one.Action = model.Why, h["causes"], h["action"]
			}
		}
		list = append(list, one)
	}
	return list
}

// wholeOrNil makes an absent number an absent cell.
func wholeOrNil(n *int64) any {
	if n == nil {
		return nil
	}
	return *n
}

func controlSection(controls []closepackage.Control) closepackage.Section {
	return closepackage.Section{
		ID: "controls", Title: "Controls", Note: "one control: a rule, what it checked and how many rows broke it",
		Columns: []table.Column{{Name: "control"}, {Name: "severity"}, {Name: "checked", Kind: table.Number}, {Name: "exceptions", Kind: table.Number},
			{Name: "result"}, {Name: "not_compared", Kind: table.Number}, {Name: "not_compared_reason"}, {Name: "question"}, {Name: "guards"}, {Name: "sql_sha256"}},
		Rows: func(add func([]any) error) error {
			for _, c := range controls {
				if err := add([]any{c.Control, c.Severity, c.Checked, c.Exceptions, c.Result, wholeOrNil(c.NotCompared), books.TextOrNil(c.NotComparedReason), c.Question, c.Guards, c.SHA256}); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// section gives a table of the lake as a section; false when this run has none.
func (b *packageBuilder) section(t packageTable) (closepackage.Section, bool) {
	files, ok := b.tables[t.table]
	if !ok || files.Snapshot == 0 {
		return closepackage.Section{}, false
	}
	kinds := map[string]table.Kind{}
	var all []string
	for _, c := range files.Columns {
		kinds[c.Name] = sandbox.KindOf(c.Type)
		if c.Name != "period" && c.Name != "run_id" {
			all = append(all, c.Name)
		}
	}
	has := func(name string) bool { _, ok := kinds[name]; return ok }
	names := slices.DeleteFunc(strings.Fields(t.columns), func(n string) bool { return !has(n) })
	order := slices.DeleteFunc(strings.Fields(t.order), func(n string) bool { return !has(n) })
	if t.columns == "*" {
		names, order = all, all
	}
	s := closepackage.Section{ID: t.id, Title: t.title, Note: t.note, OnPage: t.onPage, PageColumns: strings.Fields(t.pageColumns)}
	for _, name := range names {
		s.Columns = append(s.Columns, table.Column{Name: name, Kind: kinds[name]})
	}
	query := "select " + columnList(names) + " from " + t.table + b.condition(t)
	if len(b.missing) > 0 && t.unknown != "" {
		s.Note += "; not known: " + strings.Join(b.missing, "; ")
	}
	s.Rows = func(add func([]any) error) error {
		return b.each(query+" order by "+orderList(order), len(names), notKnownIn(names, strings.Fields(t.unknown), add))
	}
	s.Part = func(offset, limit int64, add func([]any) error) error {
		part := fmt.Sprintf("%s order by %s limit %d offset %d", query, orderList(order), limit, offset)
		return b.each(part, len(names), notKnownIn(names, strings.Fields(t.unknown), add))
	}
	return s, true
}

// notKnownIn writes out what nobody knows: an empty cell would be taken for
// nothing, and a spreadsheet would add it up. A closing is known where its
// movements are.
func notKnownIn(names, unknown []string, add func([]any) error) func([]any) error {
	if len(unknown) == 0 {
		return add
	}
	var at []int
	for i, name := range names {
		if slices.Contains(unknown, name) {
			at = append(at, i)
		}
	}
	closing := slices.Index(names, "functional_closing")
	return func(row []any) error {
		for _, i := range at {
			if row[i] == nil {
				row[i] = closepackage.NotKnown
				if closing >= 0 {
					row[closing] = closepackage.NotKnown
				}
			}
		}
		return add(row)
	}
}

// condition is the part of a table that belongs to the run.
func (b *packageBuilder) condition(t packageTable) string {
	switch {
	case t.table == "fx_rates":
		start, end := b.run.Period.Start(b.options.Config.Zone), b.run.Period.End(b.options.Config.Zone)
		return " where rate_date >= date " + pipeline.SQLText(start.Format("2006-01-02")) + " and rate_date < date " + pipeline.SQLText(end.Format("2006-01-02"))
	case t.input:
		return ""
	case t.where != "":
		return " where run_id = " + pipeline.SQLText(b.run.ID) + " and " + t.where
	}
	return " where run_id = " + pipeline.SQLText(b.run.ID)
}

func columnList(names []string) string {
	quotedNames := make([]string, len(names))
	for i, n := range names {
		quotedNames[i] = `"` + strings.ReplaceAll(n, `"`, `""`) + `"`
	}
	return strings.Join(quotedNames, ", ")
}

// orderList orders by columns; by exposure the unmeasured come first, then the greatest.
func orderList(names []string) string {
	var list []string
	for _, n := range names {
		if n == "exposure" {
			list = append(list, "exposure is not null", "exposure desc")
			continue
		}
		list = append(list, columnList([]string{n}))
	}
	return strings.Join(list, ", ")
}

// each hands over the rows of an answer one by one. A row is used again: who keeps it copies it.
func (b *packageBuilder) each(query string, columns int, add func([]any) error) (err error) {
	rows, err := b.eng.Query(b.ctx, query)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	row, into := make([]any, columns), make([]any, columns)
	for i := range row {
		into[i] = &row[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return sandbox.QueryError(err)
		}
		if err := add(row); err != nil {
			return err
		}
	}
	return rows.Err()
}
