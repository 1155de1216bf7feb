package engine_test

import (
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"carat/pipeline"
	"carat/pipeline/decision"
	"carat/pipeline/engine"
	"carat/pipeline/engine/history"
	"carat/pipeline/engine/sqltext"
	"carat/sql"
)

// rowTypes are the raw tables as the lake makes them.
var rowTypes = func() map[string]reflect.Type {
	types := map[string]reflect.Type{"rejects": reflect.TypeFor[pipeline.Reject]()}
	for _, f := range pipeline.Feeds() {
		types[f.Name] = f.RowType()
	}
	types[history.EarlierPrefix+history.Feed] = types[history.Feed]
	return types
}()

// columnsOf derives a table's columns from the parquet tags of its row type.
func columnsOf(t testing.TB, row reflect.Type) []pipeline.Column {
	t.Helper()
	var columns []pipeline.Column
	for i := range row.NumField() {
		f := row.Field(i)
		tag := f.Tag.Get("parquet")
		if f.Anonymous {
			columns = append(columns, columnsOf(t, f.Type)...)
			continue
		}
		if tag == "-" {
			continue
		}
		parts := strings.Split(tag, ",")
		c := pipeline.Column{Name: parts[0], Type: "VARCHAR"}
		kind := f.Type.Kind()
		if kind == reflect.Pointer {
			kind = f.Type.Elem().Kind()
		}
		if kind == reflect.Int64 {
			c.Type = "BIGINT"
		}
		for _, option := range parts[1:] {
			switch {
			case strings.HasPrefix(option, "timestamp"):
				c.Type = "TIMESTAMP WITH TIME ZONE"
			case option == "date":
				c.Type = "DATE"
			case option == "decimal(6:18)":
				c.Type = "DECIMAL(18,6)"
			case option == "decimal(9:18)":
				c.Type = "DECIMAL(18,9)"
			case strings.HasPrefix(option, "id("):
				if _, err := fmt.Sscanf(option, "id(%d)", &c.ID); err != nil {
					t.Fatalf("field id of %s: %v", f.Name, err)
				}
			}
		}
		columns = append(columns, c)
	}
	return columns
}

// given makes the raw tables: those of the case as CSV with any of the columns,
// the others empty. Lineage that a case doesn't give is batch b000001, the
// row's number and the run's period.
func given(t *testing.T, e *engine.Engine, period pipeline.Period, tables map[string]string) {
	t.Helper()
	ctx := context.Background()
	for name, row := range rowTypes {
		columns := columnsOf(t, row)
		text, ok := tables[name]
		if !ok && e.Scan(engine.RawPrefix+name) != "" {
			continue // an engine that cases share has it empty
		}
		if !ok {
			if err := e.Load(ctx, engine.RawPrefix, []pipeline.TableFiles{{Name: name, Columns: columns}}); err != nil {
				t.Fatal(err)
			}
			continue
		}
		types := map[string]string{}
		var definition []string
		for _, c := range columns {
			types[c.Name] = c.Type
			definition = append(definition, fmt.Sprintf("%q %s", c.Name, c.Type))
		}
		records := readCSV(t, name, text)
		if err := e.ExecForTest("drop view if exists raw_" + name + "; create table raw_" + name + " (" + strings.Join(definition, ", ") + ")"); err != nil {
			t.Fatal(err)
		}
		header := records[0]
		var rows []string
		for i, record := range records[1:] {
			cells := map[string]string{}
			add := func(column, value string) {
				cells[column] = "cast('" + strings.ReplaceAll(value, "'", "''") + "' as " + types[column] + ")"
			}
			seen := map[string]bool{}
			for j, column := range header {
				if types[column] == "" {
					t.Fatalf("%s has no column %s", name, column)
				}
				seen[column] = true
				if record[j] != "" {
					add(column, record[j])
				}
			}
			id := "b000001"
			if j := slices.Index(header, "batch_id"); j >= 0 && record[j] != "" {
				id = record[j]
			}
			no, _ := pipeline.BatchNo(id) // 0 for an id that says none
			for column, value := range map[string]string{
				"batch_id": "b000001", "batch_no": fmt.Sprint(no), "source_line": fmt.Sprint(i + 2), "ingested_at": "2026-11-01 00:00:00+00",
				"accounting_month": string(period), "entity": "main",
			} {
				if types[column] != "" && !seen[column] {
					add(column, value)
				}
			}
			var values []string
			for _, c := range columns {
				values = append(values, cmp.Or(cells[c.Name], "null"))
			}
			rows = append(rows, "("+strings.Join(values, ", ")+")")
		}
		if len(rows) == 0 {
			continue
		}
		if err := e.ExecForTest("insert into raw_" + name + " values\n" + strings.Join(rows, ",\n")); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
}

// givenClosing makes what the closed month before closed with: the case's
// closed_TABLE.csv, with the columns that it has.
func givenClosing(t *testing.T, e *engine.Engine, tables map[string]string) {
	t.Helper()
	e.LoadClosing(closedTables(t, e, engine.ClosingPrefix, tables))
	e.LoadYearAgo(closedTables(t, e, engine.YearAgoPrefix, tables))
}

// closedTables makes the case's PREFIXTABLE.csv.
func closedTables(t *testing.T, e *engine.Engine, prefix string, tables map[string]string) (closing []pipeline.TableFiles) {
	t.Helper()
	for _, name := range engine.ClosingTables() {
		text, ok := tables[prefix+name]
		if !ok {
			continue
		}
		records := readCSV(t, name, text)
		file := filepath.Join(t.TempDir(), name+".parquet")
		var rows, columns []string
		var have []pipeline.Column
		for i, column := range records[0] {
			kind := "VARCHAR"
			switch {
			case slices.Contains([]string{"quantity", "coins", "debt", "coins_left", "diamonds"}, column):
				kind = "BIGINT"
			case slices.Contains([]string{"amount", "value_left", "fee_left", "closing", "functional_closing", "debit", "credit", "functional_debit", "functional_credit", "functional_amount"}, column):
				kind = "DECIMAL(38,6)"
			}
			columns = append(columns, fmt.Sprintf("cast(c%d as %s) as %s", i, kind, column))
			have = append(have, pipeline.Column{ID: i + 1, Name: column, Type: kind})
		}
		var cells []string
		for i := range records[0] {
			cells = append(cells, fmt.Sprintf("c%d", i))
		}
		for _, record := range records[1:] {
			var values []string
			for _, cell := range record {
				values = append(values, "nullif('"+strings.ReplaceAll(cell, "'", "''")+"', '')")
			}
			rows = append(rows, "("+strings.Join(values, ", ")+")")
		}
		var ids []string
		for _, c := range have {
			ids = append(ids, fmt.Sprintf("%s: %d", c.Name, c.ID))
		}
		if err := e.ExecForTest("copy (select " + strings.Join(columns, ", ") + " from (values " + strings.Join(rows, ", ") + ") as given(" +
			strings.Join(cells, ", ") + ")) to '" + file + "' (format parquet, field_ids {" + strings.Join(ids, ", ") + "})"); err != nil {
			t.Fatalf("closed %s: %v", name, err)
		}
		closing = append(closing, pipeline.TableFiles{Name: name, Files: []string{file}, Columns: have})
	}
	return closing
}

// readCSV reads a table in which cells may be padded for alignment.
func readCSV(t *testing.T, name, text string) [][]string {
	t.Helper()
	r := csv.NewReader(strings.NewReader(text))
	r.TrimLeadingSpace = true
	records, err := r.ReadAll()
	if err != nil || len(records) == 0 {
		t.Fatalf("table %s of the case: %v", name, err)
	}
	for _, record := range records {
		for i := range record {
			record[i] = strings.TrimSpace(record[i])
		}
	}
	return records
}

func openEngine(t *testing.T) *engine.Engine {
	t.Helper()
	e, err := engine.Open(context.Background(), engine.Config{MemoryLimit: "1GB", Threads: 1, TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

func builtinModels(t *testing.T) (string, []engine.Model) {
	t.Helper()
	dialect, err := engine.Dialect(sql.Files)
	if err != nil {
		t.Fatal(err)
	}
	models, err := engine.ParseModels(sql.Files, false)
	if err != nil {
		t.Fatal(err)
	}
	return dialect, models
}

func testParameters(t *testing.T, period, first pipeline.Period, zone string) engine.Parameters {
	t.Helper()
	location, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	return engine.Parameters{
		Period: period, FirstPeriod: first, RunID: "run", TimeZone: location,
		ReportingCurrency: "USD", DefaultEntity: "main", Clawback: "none", FXMaxAgeDays: 5,
		Entities: []engine.Entity{{ID: "main", FunctionalCurrency: "USD", Revenue: "gross"}}, KeepModels: true,
		Channels: []engine.Channel{
			{Name: "apple", StoreFeeRate: 300_000_000, DueDays: 45}, {Name: "google", StoreFeeRate: 300_000_000, DueDays: 30},
			{Name: "web", StoreFeeRate: 30_000_000, DueDays: 7}, {Name: "reseller", DueDays: 30},
		},
		Tolerances:    map[string]pipeline.Amount{"USD": 10_000},
		Materiality:   map[string]pipeline.Amount{"USD": 100_000_000},
		PayoutDueDays: 45, BelowMinimumDays: 365, PayoutFXTolerance: 50_000_000, FluxPercent: 10, RefundReserve: "report", DAC7Basis: "paid", Escheat: map[string]int{},
		Accounts: map[string]string{}, Settlement: map[string]string{"paypal": "running"},
	}
}

// tamperWith changes tables behind the models' backs and builds the model
// again: for controls that compare carat's own models, which no input breaks.
func tamperWith(t *testing.T, e *engine.Engine, models []engine.Model, model, tamper string) {
	t.Helper()
	if err := e.ExecForTest(tamper); err != nil {
		t.Fatal(err)
	}
	for _, m := range models {
		if m.Name == model {
			if err := e.ExecForTest("create or replace table " + m.Name + " as " + m.SQL); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatalf("no model %s", model)
}

// TestModels runs the cases that lie beside the models of sql/: one file per
// model (x.txtar beside x.sql), in it any number of cases. Of each case the given tables are CASE/TABLE.csv (tables of
// base/ are given to every case), what is expected of the model CASE/want.csv:
// exactly these rows, in the columns that it names. CASE/run.txt may set
// period, first, zone, expected (a feed expected daily), lock (a closed month, its last batch), clawback, breakage
// (months), carries (nothing), reporting (currency), payoutdue and belowminimum (days), payoutfx (share), escheat (country, months), fluxpercent, refundreserve (report, post), dac7basis (paid, credited), materiality (currency, amount), fxage (days), approver, entity (id, currency, gross or net), channel (name, fee
// rate, due days), tolerance (currency, amount) and account (role, account); CASE/batches.csv
// the batches that the history's snapshots state; CASE/judged.csv how the control was judged, in columns of control_results, CASE/exceptions.csv what it found, in columns of exceptions; CASE/closed_TABLE.csv what the month before closed with, CASE/year_ago_TABLE.csv that of a year before; CASE/tamper.sql changes
// tables before the model is built again.
func TestModels(t *testing.T) {
	files := caseFiles(t)
	dialect, models := builtinModels(t)
	shared := newSharedEngines(t, dialect)
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		model := strings.TrimSuffix(filepath.Base(file), ".txtar")
		cases := map[string]map[string]string{}
		for _, f := range archive.Files {
			name, table, ok := strings.Cut(f.Name, "/")
			if !ok {
				t.Fatalf("%s: %s is not CASE/FILE", file, f.Name)
			}
			if cases[name] == nil {
				cases[name] = map[string]string{}
			}
			cases[name][table] = string(f.Data)
		}
		for name, tables := range cases {
			if name == "base" {
				continue
			}
			t.Run(model+"/"+name, func(t *testing.T) {
				t.Parallel()
				runCase(t, shared.borrow(t), dialect, models, model, cases["base"], tables)
			})
		}
	}
}

// caseFiles gives the files of cases of sql/, each of which must lie beside the
// model that it is named after.
func caseFiles(t *testing.T) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir("../../sql", func(file string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(file) != ".txtar" {
			return err
		}
		if _, err := os.Stat(strings.TrimSuffix(file, ".txtar") + ".sql"); err != nil {
			t.Errorf("%s lies beside no model of that name", file)
		}
		files = append(files, file)
		return nil
	})
	if err != nil || len(files) == 0 {
		t.Fatalf("no model cases: %v", err)
	}
	return files
}

// setCase sets what fewer cases set.
func setCase(t *testing.T, p *engine.Parameters, key string, values []string) {
	t.Helper()
	whole := func(i int) int {
		n, err := strconv.Atoi(values[i])
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	rate := func(i int) pipeline.Rate {
		r, err := pipeline.ParseRate([]byte(values[i]))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	switch key {
	case "carries":
		p.Carries = true
	case "clawback":
		p.Clawback = values[0]
	case "breakage":
		p.BreakageMonths = whole(0)
	case "reporting":
		p.ReportingCurrency = values[0]
	case "payoutdue":
		p.PayoutDueDays = whole(0)
	case "belowminimum":
		p.BelowMinimumDays = whole(0)
	case "payoutfx":
		p.PayoutFXTolerance = rate(0)
	case "escheat":
		p.Escheat[values[0]] = whole(1)
	case "fluxpercent":
		p.FluxPercent = whole(0)
	case "refundreserve":
		p.RefundReserve = values[0]
	case "dac7basis":
		p.DAC7Basis = values[0]
	case "materiality":
		amount, err := pipeline.ParseAmount([]byte(values[1]))
		if err != nil {
			t.Fatal(err)
		}
		p.Materiality[values[0]] = amount
	case "fxage":
		p.FXMaxAgeDays = whole(0)
	case "approver":
		p.Approvers = append(p.Approvers, values[0])
	case "entity":
		p.Entities = slices.DeleteFunc(p.Entities, func(e engine.Entity) bool { return e.ID == values[0] })
		p.Entities = append(p.Entities, engine.Entity{ID: values[0], FunctionalCurrency: values[1], Revenue: values[2]})
	case "channel":
		p.Channels = slices.DeleteFunc(p.Channels, func(c engine.Channel) bool { return c.Name == values[0] })
		p.Channels = append(p.Channels, engine.Channel{Name: values[0], StoreFeeRate: rate(1), DueDays: whole(2)})
	case "tolerance":
		amount, err := pipeline.ParseAmount([]byte(values[1]))
		if err != nil {
			t.Fatal(err)
		}
		p.Tolerances[values[0]] = amount
	case "settlement":
		p.Settlement[values[0]] = values[1]
	case "match": // MATCH MONTH OURS + OURS = THEIRS
		d := decision.Decision{Status: decision.Match, Match: values[0], Period: pipeline.Period(values[1]), Matched: strings.Join(values[2:], " "),
			Note: "the bank's advice", By: "ann", ExceptionID: fmt.Sprintf("m%d", len(p.DecidedMatches)+1)}
		m, ok := decision.DecidedMatchOf(d)
		if !ok {
			t.Fatalf("run.txt: match %v", values)
		}
		p.DecidedMatches = append(p.DecidedMatches, m)
	case "allowance": // FROM_DAYS SHARE
		if p.DebtAllowance == nil {
			p.DebtAllowance = map[int]pipeline.Rate{}
		}
		p.DebtAllowance[whole(0)] = rate(1)
	case "account":
		p.Accounts[values[0]] = strings.Join(values[1:], " ")
	default:
		t.Fatalf("run.txt: unknown setting %q", key)
	}
}

// needed gives the model and all that it reads, straight or through others:
// a case need not build the rest.
func needed(models []engine.Model, model string) []engine.Model {
	byName := map[string]engine.Model{}
	for _, m := range models {
		byName[m.Name] = m
	}
	var list []engine.Model
	seen := map[string]bool{}
	var add func(name string)
	add = func(name string) {
		m, ok := byName[name]
		if !ok || seen[name] {
			return
		}
		seen[name] = true
		for _, other := range sqltext.Tables(m.SQL) {
			add(other)
		}
		for _, other := range judgedBy(m) {
			add(other)
		}
		list = append(list, m)
	}
	add(model)
	return list
}

func runCase(t *testing.T, e *engine.Engine, dialect string, models []engine.Model, model string, base, tables map[string]string) {
	ctx := context.Background()
	p := testParameters(t, "2026-10", "2026-10", "UTC")
	settings := base["run.txt"]
	if own, ok := tables["run.txt"]; ok {
		settings = own
	}
	for line := range strings.Lines(settings) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch key {
		case "period":
			p.Period = pipeline.Period(value)
		case "first":
			p.FirstPeriod = pipeline.Period(value)
		case "zone":
			p.TimeZone = testParameters(t, p.Period, p.FirstPeriod, value).TimeZone
		case "closed": // PERIOD VERSION TABLE ROWS DIFFERING [PROBLEM]
			c := engine.ClosedTable{}
			if _, err := fmt.Sscan(value, &c.Period, &c.Version, &c.Table, &c.Rows, &c.Differing); err != nil {
				t.Fatalf("run.txt: closed %s: %v", value, err)
			}
			p.Closed = append(p.Closed, c)
		case "differs": // VIEWER ENTITY MODEL ROWS
			d := engine.LotDifference{}
			if _, err := fmt.Sscan(value, &d.ViewerID, &d.Entity, &d.Model, &d.Rows); err != nil {
				t.Fatalf("run.txt: differs %s: %v", value, err)
			}
			p.LotDifferences = append(p.LotDifferences, d)
		case "rate": // BASE/QUOTE/DAY VALUE
			named, rate, _ := strings.Cut(value, " ")
			pair := strings.Split(named, "/")
			p.DecidedRates = append(p.DecidedRates, decision.DecidedRate{Base: pair[0], Quote: pair[1], Day: pair[2], Value: rate,
				Source: "the bank", Reason: "none is published", By: "ann", ExceptionID: "e1", Period: "2026-10"})
		case "lock": // PERIOD [LAST BATCH]
			month, batch, _ := strings.Cut(value, " ")
			p.Locks = append(p.Locks, engine.Lock{Period: pipeline.Period(month), LastBatch: batch})
		case "expected":
			p.ExpectedDaily = append(p.ExpectedDaily, value)
		default:
			setCase(t, &p, key, strings.Fields(value))
		}
	}
	given_ := map[string]string{}
	for _, set := range []map[string]string{base, tables} {
		for name, text := range set {
			if table, ok := strings.CutSuffix(name, ".csv"); ok && table != "want" && table != "batches" && judgedTables[name] == "" {
				given_[table] = text
			}
		}
	}
	if text, ok := tables["batches.csv"]; ok {
		for _, r := range readCSV(t, "batches", text)[1:] {
			b := pipeline.Batch{ID: r[0], Feed: r[1], Source: r[2]}
			if len(r) > 7 {
				b.EarliestOpen = pipeline.Period(r[7])
			}
			if _, err := fmt.Sscan(strings.Join(r[3:7], " "), &b.RowsRead, &b.RowsAccepted, &b.RowsRejected, &b.RowsDuplicate); err != nil {
				t.Fatal(err)
			}
			p.Batches = append(p.Batches, b)
		}
	}
	given(t, e, p.Period, given_)
	givenClosing(t, e, given_)
	build := needed(models, model)
	if _, ok := tables["exceptions.csv"]; ok {
		for _, m := range needed(models, "led_unit_value") { // judging reads it
			if !slices.ContainsFunc(build, func(have engine.Model) bool { return have.Name == m.Name }) {
				build = append(build, m)
			}
		}
	}
	if _, err := e.Reconcile(ctx, dialect, build, p, nil); err != nil {
		t.Fatal(err)
	}
	if tamper, ok := tables["tamper.sql"]; ok {
		tamperWith(t, e, models, model, tamper)
	}
	want := readCSV(t, "want", tables["want.csv"])
	var columns []string
	for _, c := range want[0] {
		columns = append(columns, fmt.Sprintf("coalesce(plain_text(%q), '')", c))
	}
	if err := e.ExecForTest(`create or replace macro plain_text(x) as case
		when typeof(x) like 'DECIMAL%' then plain(x)
		when typeof(x) like 'TIMESTAMP%' then strftime(cast(x as timestamptz) at time zone 'UTC', '%Y-%m-%dT%H:%M:%SZ')
		else cast(x as varchar) end`); err != nil {
		t.Fatal(err)
	}
	got, err := e.TextsForTest("select concat_ws(', ', " + strings.Join(columns, ", ") + ") from " + model + " order by all")
	if err != nil {
		t.Fatal(err)
	}
	var wanted []string
	for _, record := range want[1:] {
		wanted = append(wanted, strings.Join(record, ", "))
	}
	sortTexts(wanted)
	sortTexts(got)
	if strings.Join(got, "\n") != strings.Join(wanted, "\n") {
		t.Errorf("%s, columns %s\ngot:\n%s\nwant:\n%s", model, strings.Join(want[0], ", "),
			strings.Join(got, "\n"), strings.Join(wanted, "\n"))
	}
	checkedIsNoFewer(t, e, models, model)
	for file, table := range judgedTables {
		if text, ok := tables[file]; ok {
			checkJudged(t, e, table, strings.TrimPrefix(model, "ctl_"), readCSV(t, table, text))
		}
	}
}

// judgedTables are the tables that judging makes, by the case's file that says what
// is to stand in them of the control.
var judgedTables = map[string]string{"judged.csv": "control_results", "exceptions.csv": "exceptions"}

// checkJudged wants the control's rows of a table of judging to be as given.
func checkJudged(t *testing.T, e *engine.Engine, table, control string, records [][]string) {
	t.Helper()
	var columns []string
	for _, c := range records[0] {
		columns = append(columns, fmt.Sprintf("coalesce(plain_text(%q), '')", c))
	}
	got, err := e.TextsForTest("select concat_ws(', ', " + strings.Join(columns, ", ") + ") from " + table + " where control = '" + control + "' order by all")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, record := range records[1:] {
		want = append(want, strings.Join(record, ", "))
	}
	sortTexts(got)
	sortTexts(want)
	if !slices.Equal(got, want) {
		t.Errorf("control %s, columns %s of %s\ngot:\n%s\nwant:\n%s", control, strings.Join(records[0], ", "), table, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
