package engine_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"carat/fixtures"
	"carat/pipeline"
	"carat/pipeline/engine"
	"carat/pipeline/engine/sqltext"
)

// The mutation test changes one field of one source row of a clean month and
// asks whether any control notices. What no control can notice is argued, class
// by class, in docs/mutations.md; a class that isn't fails the test.

const (
	mutationsFew  = 24
	mutationsFull = 2000
	mutationsDoc  = "../../docs/mutations.md"
)

// mutable are the columns that are changed, by table. Rows of `where` are those
// in use: a price that nobody pays is no part of the month.
var mutable = []struct{ table, columns, where string }{
	{"gift_events", "event_id kind original_event_id sent_at stream_id viewer_id creator_id gift_id quantity coins diamonds", "sent_at >= timestamptz '2026-10-01T00:00:00Z'"},
	{"coin_purchases", "purchase_id kind original_purchase_id viewer_id channel reseller_id store_transaction_id sku coins bonus_coins currency gross_amount tax_amount store_fee_amount country purchased_at", "purchased_at >= timestamptz '2026-10-01T00:00:00Z'"},
	{"payouts", "payout_id creator_id status diamonds currency gross_amount withholding_amount fee_amount net_amount payout_currency fx_rate payout_amount method provider_reference requested_at paid_at updated_at", "requested_at >= timestamptz '2026-10-01T00:00:00Z'"},
	{"coin_adjustments", "adjustment_id viewer_id coins reason reference_id approved_by adjusted_at", ""},
	{"diamond_adjustments", "adjustment_id creator_id diamonds reason reference_id approved_by adjusted_at", ""},
	{"settlement_lines", "line_id channel report_id store_transaction_id sku country kind quantity gross_amount tax_amount fee_amount net_amount currency customer_currency customer_amount transaction_at settled_at covers_from covers_to bank_reference", ""},
	{"provider_payments", "line_id provider provider_reference payout_id amount currency status booked_at report_id", ""},
	{"bank_lines", "line_id account booked_at amount currency reference counterparty", "amount > 0"},
	{"balances", "subject_kind subject_id channel currency coins diamonds amount deferred_fee as_of", ""},
	{"gift_catalog", "gift_id coins valid_from", "gift_id in (select gift_id from raw_gift_events)"},
	{"coin_packages", "sku channel country coins bonus_coins currency gross_amount valid_from", "sku || channel || country in (select sku || channel || country from raw_coin_purchases)"},
	{"conversion_rates", "scope scope_id diamonds_per_coin diamond_value coin_value platform_share currency rounding valid_from valid_to", ""},
	{"creators", "creator_id country region tier agency_id agency_share currency payout_method withholding_rate valid_from", "creator_id in (select creator_id from raw_gift_events)"},
	{"payout_rules", "method min_amount max_amount_per_day fee_fixed fee_rate hold_days currency valid_from", "method in (select method from raw_payouts)"},
	{"resellers", "reseller_id min_price_per_coin currency valid_from", ""},
	{"fx_rates", "rate_date base quote rate", ""},
	{"agency_payouts", "payout_id agency_id status currency gross_amount withholding_amount net_amount method provider_reference requested_at paid_at updated_at", ""},
	{"tax_payments", "authority kind currency amount for_period paid_at reference", ""},
}

// other gives another valid word for columns that hold one of a few.
var other = map[string][]string{
	"gift_events.kind": {"gift", "reversal"}, "coin_purchases.kind": {"purchase", "refund", "chargeback", "chargeback_reversal"},
	"channel": {"apple", "google", "web"}, "payouts.status": {"requested", "paid", "failed", "returned"},
	"coin_adjustments.reason": {"promo", "expiry", "correction"}, "diamond_adjustments.reason": {"bonus", "split", "clawback", "penalty", "correction"},
	"settlement_lines.kind": {"sale", "refund", "chargeback", "fee", "adjustment"}, "provider_payments.status": {"paid", "failed", "returned"},
	"agency_payouts.status": {"requested", "paid", "failed", "returned"}, "tax_payments.kind": {"sales", "withholding"},
	"balances.subject_kind": {"viewer", "creator", "account"}, "currency": {"USD", "EUR", "JPY"}, "payout_currency": {"JPY", "EUR"},
	"customer_currency": {"USD", "EUR", "JPY"}, "country": {"US", "DE", "JP"}, "scope": {"default", "region", "tier"}, "rounding": {"floor", "half_up", "half_even"},
	"base": {"EUR", "USD"}, "quote": {"USD", "JPY", "KWD"}, "method": {"paypal", "bank", "sepa"}, "payout_method": {"paypal", "bank", "sepa"},
	"region": {"NA", "EU", "APAC"}, "tier": {"bronze", "silver", "gold"}, "approved_by": {"summer-intern"},
}

// eventTimes say how a table's month follows from its times.
var eventTimes = map[string]string{
	"gift_events": "sent_at", "coin_purchases": "purchased_at", "coin_adjustments": "adjusted_at", "diamond_adjustments": "adjusted_at",
	"payouts":            "case status when 'requested' then requested_at when 'paid' then coalesce(paid_at, updated_at) else updated_at end",
	"agency_payouts":     "case status when 'requested' then requested_at when 'paid' then coalesce(paid_at, updated_at) else updated_at end",
	"agency_adjustments": "adjusted_at", "tax_payments": "paid_at",
	"settlement_lines": "coalesce(transaction_at, settled_at, covers_to)", "provider_payments": "booked_at", "bank_lines": "booked_at",
	"balances": "as_of - interval 1 microsecond",
}

func TestMutationsAreNoticed(t *testing.T) {
	few, first := mutationsFew, uint64(1)
	if os.Getenv("CARAT_SIMULATE") != "" {
		few = mutationsFull
	}
	last := uint64(2 * few)
	if text := os.Getenv("CARAT_SEED"); text != "" {
		var err error
		if first, last, err = fixtures.Seeds(text); err != nil {
			t.Fatal(err)
		}
		few = int(last - first + 1)
	}
	world := newMutant(t)
	if found, err := world.reconcile(world.models); err != nil || len(found) > 0 {
		t.Fatalf("the month isn't clean before anything is changed: %v, %v", found, err)
	}
	argued := arguedClasses(t)
	unnoticed := map[string]int{}
	made := 0
	for seed := first; made < few && seed <= last; seed++ {
		class, change := world.mutate(t, seed)
		if class == "" {
			continue // the column is empty, or its value stayed as it is
		}
		made++
		table, _, _ := strings.Cut(class, ".")
		found, err := world.exceptions(t, table)
		world.restore(t)
		if err != nil {
			t.Errorf("mutation %d: %s: the run fails instead of telling: %v; replay: CARAT_SEED=%d go test ./pipeline/engine -run TestMutationsAreNoticed",
				seed, change, err, seed)
			continue
		}
		if len(found) > 0 {
			t.Logf("mutation %d: %s: noticed by %s", seed, change, strings.Join(found, ", "))
			continue
		}
		unnoticed[class]++
		if !slices.Contains(argued, class) {
			t.Errorf("mutation %d: no control notices %s, and class %s is not argued in docs/mutations.md; replay: CARAT_SEED=%d go test ./pipeline/engine -run TestMutationsAreNoticed",
				seed, change, class, seed)
		}
	}
	if made < few && os.Getenv("CARAT_SEED") == "" {
		t.Errorf("%d mutations were made, want %d", made, few)
	}
	t.Logf("counted: %d mutations of rows, of which no control notices, by class: %v", made, unnoticed)
}

// arguedClasses are the first cells of the table in docs/mutations.md.
func arguedClasses(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(mutationsDoc)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_]+\\.[a-z_]+)` \\| .+ \\|$").FindAllStringSubmatch(string(text), -1) {
		list = append(list, m[1])
	}
	if len(list) == 0 {
		t.Fatalf("%s lists no class", mutationsDoc)
	}
	return list
}

// mutant is a month in an engine, one row of which can be changed at a time.
type mutant struct {
	e       *engine.Engine
	dialect string
	models  []engine.Model
	run     engine.Parameters
}

func newMutant(t *testing.T) *mutant {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "month")
	o := fixtures.Options{Out: dir, Period: "2026-10", Gifts: 150, Viewers: 25, Creators: 12, Seed: 3, Files: fixtures.FilesMonth}
	if _, err := fixtures.Generate(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	m := &mutant{e: openEngine(t), run: testParameters(t, o.Period, o.Period, "UTC")}
	m.dialect, m.models = builtinModels(t)
	m.run.Approvers = []string{"finance-ops", "creator-care"}
	m.run.ExpectedDaily = []string{"coin_purchases", "gift_events"}
	for table, row := range rowTypes {
		var definition []string
		for _, c := range columnsOf(t, row) {
			definition = append(definition, fmt.Sprintf("%q %s", c.Name, c.Type))
		}
		m.exec(t, "create table raw_"+table+" ("+strings.Join(definition, ", ")+")")
	}
	files, err := filepath.Glob(filepath.Join(dir, "inbox", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		m.load(t, file)
	}
	for table, at := range eventTimes {
		m.date(t, table, at, "")
	}
	// Rows that arrived twice are one.
	for _, table := range []string{"gift_events", "coin_purchases"} {
		m.exec(t, "create or replace table raw_"+table+" as select distinct * from raw_"+table)
	}
	for _, table := range mutable {
		m.exec(t, "update raw_"+table.table+" set batch_id = 'b000001', batch_no = 1, source_line = rowid, ingested_at = timestamptz '2026-11-02T00:00:00Z'")
	}
	return m
}

func (m *mutant) exec(t *testing.T, query string) {
	t.Helper()
	if err := m.e.ExecForTest(query); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// date sets what is derived from a row's times.
func (m *mutant) date(t *testing.T, table, at, where string) {
	t.Helper()
	if table == "payouts" || table == "agency_payouts" || table == "settlement_lines" {
		m.exec(t, "update raw_"+table+" set event_at = "+at+where)
	}
	m.exec(t, "update raw_"+table+" set accounting_month = greatest('2026-10', strftime(("+at+") at time zone 'UTC', '%Y-%m'))"+where)
}

// load reads a file of the inbox as the feeds do.
func (m *mutant) load(t *testing.T, file string) {
	t.Helper()
	name := filepath.Base(file)
	table := ""
	for _, f := range pipeline.FeedNames() {
		if strings.HasPrefix(name, f) && len(f) > len(table) {
			table = f
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case strings.HasSuffix(name, ".json"):
		var list map[string]struct {
			Name        string
			DiamondCost int64
		}
		if err := json.Unmarshal(text, &list); err != nil {
			t.Fatal(err)
		}
		for id, g := range list {
			m.exec(t, fmt.Sprintf("insert into raw_gift_catalog (gift_id, name, coins, valid_from) values ('%s', '%s', %d, timestamptz '2000-01-01T00:00:00Z')",
				id, strings.ReplaceAll(g.Name, "'", "''"), g.DiamondCost))
		}
	case strings.Contains(name, "eurofxref"):
		records, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range records[1:] {
			for i, quote := range records[0] {
				if quote == "USD" || quote == "JPY" { // the others serve nobody
					m.exec(t, fmt.Sprintf("insert into raw_fx_rates (rate_date, base, quote, rate) values (date '%s', 'EUR', '%s', %s)", r[0], quote, r[i]))
				}
			}
		}
	default:
		head, _, _ := strings.Cut(string(text), "\n")
		var cells []string
		for _, c := range columnsOf(t, rowTypes[table]) {
			switch {
			case slices.Contains(strings.Split(head, ","), c.Name):
				cells = append(cells, fmt.Sprintf(`cast(%q as %s) as %q`, c.Name, c.Type, c.Name))
			case c.Name == "entity":
				cells = append(cells, `'main' as entity`)
			}
		}
		m.exec(t, "insert into raw_"+table+" by name select "+strings.Join(cells, ", ")+" from read_csv('"+file+"', all_varchar = true, header = true, nullstr = '')")
	}
}

// exceptions builds anew what is made of a table, judges the controls among it
// and gives those that found something. All of it is undone. The other models
// are as they were, because each is made of the tables that it reads, and the
// other controls found nothing then.
func (m *mutant) exceptions(t *testing.T, table string) (found []string, err error) {
	t.Helper()
	if err := m.e.BeginForTest(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := m.e.RollbackForTest(); err != nil {
			t.Fatal(err)
		}
	}()
	models := madeOf(m.models, engine.RawPrefix+table)
	for _, model := range models {
		kind := "table"
		if model.Header["materialized"] == "view" {
			kind = "view"
		}
		m.exec(t, "drop "+kind+" "+model.Name)
	}
	return m.reconcile(models)
}

// madeOf gives the models that read a table, straight or through others.
func madeOf(models []engine.Model, table string) (list []engine.Model) {
	made := map[string]bool{table: true}
	for before := 0; before < len(made); {
		before = len(made)
		for _, m := range models {
			if !made[m.Name] && slices.ContainsFunc(sqltext.Tables(m.SQL), func(name string) bool { return made[name] }) {
				made[m.Name] = true
				list = append(list, m)
			}
		}
	}
	return list
}

// reconcile builds models and gives the controls among them that found something.
func (m *mutant) reconcile(models []engine.Model) (found []string, err error) {
	outcome, err := m.e.Reconcile(context.Background(), m.dialect, slices.Clone(models), m.run, nil)
	if err != nil {
		return nil, err
	}
	for _, c := range outcome.Controls {
		if c.Exceptions > 0 {
			found = append(found, c.Control)
		}
	}
	return found, nil
}

// mutate changes one field, and gives its class and what was changed; "" if no
// row has such a field or the new value is the old one, as 3% more than nothing.
func (m *mutant) mutate(t *testing.T, seed uint64) (class, change string) {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 0x6d757461))
	c := mutable[rng.IntN(len(mutable))]
	columns := strings.Fields(c.columns)
	column := columns[rng.IntN(len(columns))]
	where := column + " is not null"
	if c.where != "" {
		where += " and " + c.where
	}
	rows, err := m.e.TextsForTest("select cast(rowid as varchar) from raw_" + c.table + " where " + where + " order by rowid")
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) == 0 {
		return "", ""
	}
	row := rows[rng.IntN(len(rows))]
	at := " where rowid = " + row
	before := m.cell(t, c.table, column, at)
	m.exec(t, "create or replace temp table kept as select * from raw_"+c.table+at)
	m.exec(t, "create or replace temp table kept_in as select '"+c.table+"' as name, "+row+" as row")
	m.exec(t, "update raw_"+c.table+" set "+column+" = "+m.value(t, rng, c.table, column, before, at)+at)
	if expression, dated := eventTimes[c.table]; dated {
		m.date(t, c.table, expression, at)
	}
	after := m.cell(t, c.table, column, at)
	if after == before {
		m.restore(t)
		return "", ""
	}
	return c.table + "." + column, fmt.Sprintf("%s.%s of row %s: %s -> %s", c.table, column, row, before, after)
}

func (m *mutant) cell(t *testing.T, table, column, at string) string {
	t.Helper()
	cells, err := m.e.TextsForTest("select coalesce(cast(" + column + " as varchar), '') from raw_" + table + at)
	if err != nil || len(cells) != 1 {
		t.Fatalf("%s.%s: %v %v", table, column, cells, err)
	}
	return cells[0]
}

// value gives SQL for another value of a cell.
func (m *mutant) value(t *testing.T, rng *rand.Rand, table, column, before, at string) string {
	t.Helper()
	words, known := other[table+"."+column]
	if !known {
		words, known = other[column]
	}
	if known {
		words = slices.DeleteFunc(slices.Clone(words), func(w string) bool { return w == before })
		return "'" + words[rng.IntN(len(words))] + "'"
	}
	for _, c := range columnsOf(t, rowTypes[table]) {
		if c.Name != column {
			continue
		}
		switch {
		case strings.HasPrefix(c.Type, "TIMESTAMP"):
			return fmt.Sprintf("%s + interval (%d) hour", column, 24*(1+rng.IntN(3))*(1-2*rng.IntN(2)))
		case c.Type == "DATE":
			return column + " + 1"
		case c.Type == "BIGINT":
			return fmt.Sprintf("%s + %d", column, 1+rng.IntN(9))
		case c.Type == "DECIMAL(18,6)":
			return fmt.Sprintf("%s + %d.%02d", column, rng.IntN(3), 2+rng.IntN(97))
		case c.Type == "DECIMAL(18,9)":
			return column + " * cast(1.03 as decimal(3, 2))"
		}
	}
	return column + " || '7'"
}

func (m *mutant) restore(t *testing.T) {
	t.Helper()
	name, err := m.e.TextsForTest("select name || ' where rowid = ' || row from kept_in")
	if err != nil {
		t.Fatal(err)
	}
	table, at, _ := strings.Cut(name[0], " ")
	var sets []string
	for _, c := range columnsOf(t, rowTypes[table]) {
		sets = append(sets, fmt.Sprintf("%q = kept.%q", c.Name, c.Name))
	}
	m.exec(t, "update raw_"+table+" set "+strings.Join(sets, ", ")+" from kept "+strings.ReplaceAll(at, "rowid", "raw_"+table+".rowid"))
}
