package jobs_test

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"carat/fixtures"
	"carat/jobs/books"
	"carat/jobs/exceptions"
	"carat/jobs/guard"
	"carat/jobs/internal/trial"
	"carat/jobs/month"
	"carat/jobs/reconcile"
	"carat/pipeline"
	"carat/reports/table"
	"carat/sql"
)

// held is a world whose files come month by month: those of later months lie
// in a folder beside the inbox until deliver brings them.
type held struct {
	books.Setting
	inbox, later string
}

// holdBack takes the files of all months but the first out of the inbox.
func holdBack(t *testing.T, s books.Setting, months []pipeline.Period) held {
	t.Helper()
	h := held{Setting: s, inbox: filepath.Join(s.Config.Dir, "inbox"), later: filepath.Join(s.Config.Dir, "later")}
	if err := os.Mkdir(h.later, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, period := range months[1:] {
		h.move(t, h.inbox, h.later, period)
	}
	return h
}

func (h held) deliver(t *testing.T, period pipeline.Period) {
	t.Helper()
	h.move(t, h.later, h.inbox, period)
}

func (h held) move(t *testing.T, from, to string, period pipeline.Period) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(from, "*-"+string(period)+".csv"))
	if err != nil || len(files) == 0 {
		t.Fatalf("files of %s: %v, %v", period, files, err)
	}
	for _, f := range files {
		if err := os.Rename(f, filepath.Join(to, filepath.Base(f))); err != nil {
			t.Fatal(err)
		}
	}
}

// lock closes a month, waiving what blocks it or needs a review.
func (h held) lock(t *testing.T, period pipeline.Period) {
	t.Helper()
	ctx := context.Background()
	s := h.Setting
	list, err := exceptions.List(ctx, exceptions.Options{Setting: s, Period: period})
	if err != nil {
		t.Fatal(err)
	}
	if len(list.Rows) > 0 {
		at := slices.IndexFunc(list.Columns, func(c table.Column) bool { return c.Name == "exception_id" })
		lines := [][]string{{"exception_id", "status", "until", "owner", "note"}}
		known := map[string][]any{}
		for _, row := range list.Rows {
			id := fmt.Sprint(row[at])
			if known[id] != nil {
				t.Errorf("two exceptions are %s:\n%v\n%v", id, known[id], row)
				continue
			}
			known[id] = row
			lines = append(lines, []string{fmt.Sprint(row[at]), "waived", s.Now.AddDate(0, 6, 0).Format(time.DateOnly), "ops", "known"})
		}
		s.By.User = "dan"
		file := filepath.Join(t.TempDir(), "decisions.csv")
		writeCSV(t, file, lines)
		if _, err := month.Decide(ctx, month.DecideOptions{Setting: s, File: file}); err != nil {
			t.Fatal(err)
		}
	}
	s.By.User = "ann"
	if _, err := month.Close(ctx, month.CloseOptions{Setting: s, SQL: sql.Files, Period: period}); err != nil {
		t.Fatal(err)
	}
	s.By.User = "bob"
	if _, err := month.Approve(ctx, month.ApproveOptions{Setting: s, SQL: sql.Files, Period: period}); err != nil {
		t.Fatal(err)
	}
}

func writeCSV(t *testing.T, file string, lines [][]string) {
	t.Helper()
	var b strings.Builder
	w := csv.NewWriter(&b)
	if err := errors.Join(w.WriteAll(lines), w.Error(), os.WriteFile(file, []byte(b.String()), 0o644)); err != nil {
		t.Fatal(err)
	}
}

// rowsOf reads a file of the inbox: its header and its rows, by column.
func (h held) rowsOf(t *testing.T, name string) (header []string, rows []map[string]string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(h.inbox, name))
	if err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, record := range records[1:] {
		row := map[string]string{}
		for i, cell := range record {
			row[records[0][i]] = cell
		}
		rows = append(rows, row)
	}
	return records[0], rows
}

// late writes one row of a file again under another name, changed.
func (h held) late(t *testing.T, from, to string, suits func(row map[string]string) bool, change map[string]string) map[string]string {
	t.Helper()
	header, rows := h.rowsOf(t, from)
	i := slices.IndexFunc(rows, suits)
	if i < 0 {
		t.Fatalf("%s has no row that suits", from)
	}
	lines := [][]string{header, nil}
	for _, column := range header {
		if value, ok := change[column]; ok {
			rows[i][column] = value
		}
		lines[1] = append(lines[1], rows[i][column])
	}
	writeCSV(t, filepath.Join(h.inbox, to), lines)
	return rows[i]
}

// closedWorld is two months of which the first is closed; the second's files
// have not come.
func closedWorld(t *testing.T, seed uint64) held {
	t.Helper()
	return closedWorldOf(t, seed, 400, 80)
}

// closedWorldOf is closedWorld with so many gifts and viewers.
func closedWorldOf(t *testing.T, seed uint64, gifts, viewers int) held {
	t.Helper()
	s, _ := trial.Made(t, fixtures.Options{Period: "2026-10", Periods: 2, Entities: 2, Gifts: gifts, Viewers: viewers, Creators: 40, Seed: seed,
		Files: fixtures.FilesMonth}, "none")
	h := holdBack(t, s, []pipeline.Period{"2026-10", "2026-11"})
	trial.Ingest(t, h.Setting)
	if _, err := reconcile.Run(context.Background(), reconcile.Options{Setting: h.Setting, SQL: sql.Files, Period: "2026-10"}); err != nil {
		t.Fatal(err)
	}
	h.lock(t, "2026-10")
	return h
}

func anyRow(map[string]string) bool { return true }

func ofKind(kind string) func(map[string]string) bool {
	return func(row map[string]string) bool { return row["kind"] == kind }
}

// Whatever comes after a month was closed, the next one opens with exactly what
// was signed: corrected rates, terms, prices and exchange rates, late gifts,
// purchases, refunds, reversals, adjustments and versions of payouts. What came
// late is listed, and both months run again to the same bytes. A setting that
// judges the closed month otherwise is named, to the last unit, and blocks.
func TestOpeningIsTheSignedClosing(t *testing.T) {
	ctx := context.Background()
	h := closedWorld(t, 11)
	signed := published(t, h.Setting, "2026-10")

	_, rates := h.rowsOf(t, "conversion_rates-2026-10.csv")
	for i, r := range rates { // every rate of October is corrected
		h.late(t, "conversion_rates-2026-10.csv", fmt.Sprintf("conversion_rates-late%d.csv", i),
			func(row map[string]string) bool {
				return row["scope"] == r["scope"] && row["scope_id"] == r["scope_id"] && row["valid_from"] == r["valid_from"]
			}, map[string]string{"diamond_value": "0.0123"})
	}
	_, creators := h.rowsOf(t, "creators-2026-10.csv")
	for i, c := range creators[:15] {
		if c["region"] != "NA" { // another region or tier could pay in another currency
			continue
		}
		h.late(t, "creators-2026-10.csv", fmt.Sprintf("creators-late%d.csv", i), func(row map[string]string) bool {
			return row["creator_id"] == c["creator_id"] && row["valid_from"] == c["valid_from"]
		}, map[string]string{"tier": "gold", "withholding_rate": "0.25", "agency_share": "0.3"})
	}
	writeCSV(t, filepath.Join(h.inbox, "fx_rates-late.csv"), [][]string{{"rate_date", "base", "quote", "rate"},
		{"2026-10-05", "EUR", "USD", "1.9"}, {"2026-10-30", "EUR", "USD", "1.8"}, {"2026-10-30", "EUR", "JPY", "99"}, {"2026-10-31", "EUR", "USD", "1.7"}})
	writeCSV(t, filepath.Join(h.inbox, "gift_catalog-late.csv"), [][]string{{"gift_id", "name", "coins", "valid_from"}, {"5655", "Rose", "7", "2026-10-12T00:00:00Z"}})
	h.late(t, "gift_events-2026-10.csv", "gift_events-late.csv", ofKind("gift"), map[string]string{"event_id": "late-gift", "sent_at": "2026-10-09T10:00:00Z"})
	reversed := h.late(t, "gift_events-2026-10.csv", "gift_events-late2.csv", ofKind("reversal"), map[string]string{"event_id": "late-reversal", "sent_at": "2026-10-31T10:00:00Z"})
	h.late(t, "coin_purchases-2026-10.csv", "coin_purchases-late.csv", ofKind("purchase"),
		map[string]string{"purchase_id": "late-purchase", "store_transaction_id": "late-store", "purchased_at": "2026-10-02T10:00:00Z"})
	_, bought := h.rowsOf(t, "coin_purchases-2026-10.csv")
	refunded := bought[slices.IndexFunc(bought, ofKind("purchase"))]["purchase_id"]
	h.late(t, "coin_purchases-2026-10.csv", "coin_purchases-late2.csv", ofKind("purchase"),
		map[string]string{"purchase_id": "late-refund", "kind": "refund", "original_purchase_id": refunded, "store_transaction_id": "", "purchased_at": "2026-10-31T10:00:00Z"})
	h.late(t, "payouts-2026-10.csv", "payouts-late.csv", func(row map[string]string) bool { return row["status"] == "paid" },
		map[string]string{"status": "failed", "paid_at": "", "updated_at": "2026-10-02T10:00:00Z"})
	h.late(t, "coin_adjustments-2026-10.csv", "coin_adjustments-late.csv", anyRow, map[string]string{"adjustment_id": "late-coins", "adjusted_at": "2026-10-03T10:00:00Z"})
	h.late(t, "diamond_adjustments-2026-10.csv", "diamond_adjustments-late.csv", anyRow, map[string]string{"adjustment_id": "late-diamonds", "adjusted_at": "2026-10-03T10:00:00Z"})
	h.deliver(t, "2026-11")
	trial.Ingest(t, h.Setting)

	if _, err := reconcile.Run(ctx, reconcile.Options{Setting: h.Setting, SQL: sql.Files, Period: "2026-11"}); err != nil {
		t.Fatal(err)
	}
	heldIdentities(t, "2026-11", signed, published(t, h.Setting, "2026-11"))
	for _, line := range foundAll(t, h.Setting, "2026-11") {
		if strings.HasPrefix(line, " prior_period ") {
			t.Errorf("found: %s", line)
		}
	}
	items := itemsOf(t, h.Setting, "2026-11")
	for _, want := range []string{"gift late-gift", "gift late-reversal", "purchase late-purchase", "purchase late-refund", "coin_adjustment late-coins",
		"diamond_adjustment late-diamonds", "term default/", "term EUR/USD", "term 5655", "term " + creators[0]["creator_id"]} {
		if !slices.Contains(items, want) {
			t.Errorf("%s is no prior-period item: %v", want, items)
		}
	}
	// The gift was taken back once already: the late second time is found.
	if want := fmt.Sprintf(" refund_reversal twice gift late-reversal %s coins", reversed["coins"]); !slices.Contains(foundAll(t, h.Setting, "2026-11"), want) {
		t.Errorf("not found: %s", want)
	}
	h.namesMovedOpening(t)

	// Preparing November runs October again; closed in turn it runs again to
	// the same bytes itself.
	h.lock(t, "2026-11")
	if r, err := guard.Reperform(ctx, guard.ReperformOptions{Setting: h.Setting, Period: "2026-11"}); err != nil || !r.Same() {
		t.Errorf("November run again: %+v, %v", r, err)
	}
}

// namesMovedOpening reconciles November with another store fee than October was
// closed with, and then as before.
func (h held) namesMovedOpening(t *testing.T) {
	t.Helper()
	ctx := context.Background()
	moved, changed := *h.Config, h.Setting
	moved.StoreFeeRate = map[string]pipeline.Rate{"apple": 310_000_000, "google": 300_000_000, "web": 30_000_000, "reseller": 0}
	changed.Config = &moved
	r, err := reconcile.Run(ctx, reconcile.Options{Setting: changed, SQL: sql.Files, Period: "2026-11"})
	if err != nil || r.Status != books.StatusBlocked {
		t.Fatalf("%+v, %v", r, err)
	}
	found := strings.Join(foundAll(t, changed, "2026-11"), "\n")
	for _, want := range []string{" prior_period opening period 2026-10/lots ", " prior_period opening period 2026-10/store_fee ", " prior_period opening period 2026-10/store_fee/apple ",
		" prior_period opening period 2026-10/trial_balance/1200 Deferred store fee "} {
		if !strings.Contains(found, want) {
			t.Errorf("not found: %s in\n%s", want, found)
		}
	}
	if strings.Contains(found, "2026-10/liability") || strings.Contains(found, "2026-10/viewers") || strings.Contains(found, "store_fee/google") {
		t.Errorf("found too much:\n%s", found)
	}
	if _, err = reconcile.Run(ctx, reconcile.Options{Setting: h.Setting, SQL: sql.Files, Period: "2026-11"}); err != nil {
		t.Error(err)
	}
}

// itemsOf lists a month's prior-period items as kind and key.
func itemsOf(t *testing.T, s books.Setting, period pipeline.Period) (items []string) {
	t.Helper()
	ctx := context.Background()
	p, err := books.OpenExisting(ctx, s, books.RightQuery)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}()
	run, err := p.CurrentRun(ctx, period)
	if err != nil {
		t.Fatal(err)
	}
	table, err := p.Query(ctx, s.Config, books.Latest, "select kind, item_key from prior_period_items where run_id = "+pipeline.SQLText(run.ID), "prior_period_items")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range table.Rows {
		items = append(items, fmt.Sprint(row[0], " ", row[1]))
	}
	return items
}
