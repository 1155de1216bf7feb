package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carat/jobs/books"
	"carat/jobs/config"
	"carat/jobs/guard"
	"carat/jobs/ingest"
	"carat/jobs/internal/trial"
	"carat/jobs/month"
	"carat/jobs/reconcile"
	"carat/pipeline"
	"carat/sql"
)

// by gives the world with another `history` in its carat.yaml.
func (h held) by(history string) books.Setting {
	own := *h.Config
	own.History = history
	s := h.Setting
	s.Config = &own
	return s
}

// nextDay goes on by a day: of two decisions about one thing the later counts.
func (h *held) nextDay() { h.Now = h.Now.AddDate(0, 0, 1) }

// tablesOf gives the numbers of each table of a run.
func tablesOf(t *testing.T, s books.Setting, runID string) map[string]string {
	t.Helper()
	p, err := books.Open(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	tables, err := p.Lake.RunTables(context.Background(), runID)
	if err != nil || len(tables) == 0 {
		t.Fatalf("%+v %v", tables, err)
	}
	numbers := map[string]string{}
	for _, one := range tables {
		numbers[one.Table] = fmt.Sprint(one.Rows, " ", one.NumbersSHA256)
	}
	return numbers
}

// bothWays reconciles a month carried forward, and again from the start, and wants the
// same rows of every table.
func (h held) bothWays(t *testing.T, period pipeline.Period) {
	t.Helper()
	ctx := context.Background()
	carried, err := reconcile.Run(ctx, reconcile.Options{Setting: h.by(config.HistoryCarried), SQL: sql.Files, Period: period})
	if err != nil || !carried.Carried || carried.Repeated {
		t.Fatalf("%s: carried %t, because %q; %v", period, carried != nil && carried.Carried, carried.Start, err)
	}
	start, err := reconcile.Run(ctx, reconcile.Options{Setting: h.by("start"), SQL: sql.Files, Period: period})
	if err != nil || start.Carried || start.Repeated || start.RunID == carried.RunID {
		t.Fatalf("%s: %+v %v", period, start, err)
	}
	got, want := tablesOf(t, h.Setting, carried.RunID), tablesOf(t, h.Setting, start.RunID)
	if len(got) != len(want) || len(want) < 20 {
		t.Errorf("%s: %d tables carried, %d from the start", period, len(got), len(want))
	}
	for name, numbers := range want {
		if got[name] != numbers {
			t.Errorf("%s: table %s has %s carried, %s from the start", period, name, got[name], numbers)
		}
	}
	if carried.Status != start.Status {
		t.Errorf("%s is %s carried, %s from the start", period, carried.Status, start.Status)
	}
}

// worldOf is a world of two entities and three months with every fault but a missing rate, which nobody may waive, of which the first
// month is closed.
func worldOf(t *testing.T, seed uint64) (held, []pipeline.Period) {
	t.Helper()
	o := simulatedWorld(seed)
	o.Entities, o.Gifts, o.Viewers = 2, 400, 120
	months := worldMonths(o)
	s, _ := trial.Made(t, o, "all,fx_rate=0")
	h := holdBack(t, s, months)
	trial.Ingest(t, h.Setting)
	r, err := reconcile.Run(context.Background(), reconcile.Options{Setting: h.by(config.HistoryCarried), SQL: sql.Files, Period: months[0]})
	if err != nil || r.Carried || r.Start != "" {
		t.Fatalf("%+v %v", r, err)
	}
	h.lock(t, months[0])
	return h, months
}

// undone takes in a gift of an earlier month and takes it out again.
func (h held) undone(t *testing.T, month, at string) {
	t.Helper()
	ctx := context.Background()
	h.late(t, "gift_events-"+month+".csv", "gift_events-undone.csv", ofKind("gift"), map[string]string{"event_id": "undone-gift", "sent_at": at})
	trial.Ingest(t, h.Setting)
	p, err := books.Open(ctx, h.Setting)
	if err != nil {
		t.Fatal(err)
	}
	batches, err := p.Batches(ctx, books.Latest)
	if err := errors.Join(err, p.Close()); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(h.inbox, "gift_events-undone.csv")); err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	u, err := ingest.Undo(ctx, ingest.UndoOptions{Setting: h.Setting, Batch: batches[len(batches)-1].ID, Reason: "not ours"})
	if err != nil || u.Rows != 1 {
		t.Fatalf("%+v %v", u, err)
	}
}

// Three months of two entities with every fault, closed one after the other; the second is
// opened again when the third's files are there, gets late rows and is closed anew: each
// month carried forward has the rows of one built from the start, in every table. A batch
// that was taken out again is none, and a lake that was compacted no other one.
func TestSimulateCarriedMonths(t *testing.T) {
	trial.Simulate(t, 2, trial.SimulatedSeeds, func(t *testing.T, seed uint64) {
		ctx := context.Background()
		h, months := worldOf(t, seed)
		h.deliver(t, months[1])
		trial.Ingest(t, h.Setting)
		h.bothWays(t, months[1])
		h.Setting = h.by(config.HistoryCarried)
		h.nextDay()
		h.lock(t, months[1])
		h.deliver(t, months[2])
		trial.Ingest(t, h.Setting)

		s := h.Setting
		s.By.User = "bob"
		if _, err := month.Reopen(ctx, month.ReopenOptions{Setting: s, Period: months[1], Reason: "rows came late"}); err != nil {
			t.Fatal(err)
		}
		first := string(months[0])
		at := first + "-20T10:00:00Z"
		h.late(t, "gift_events-"+first+".csv", "gift_events-late.csv", ofKind("gift"), map[string]string{"event_id": "late-gift", "sent_at": at})
		_, bought := h.rowsOf(t, "coin_purchases-"+first+".csv")
		for i, row := range bought {
			if row["kind"] == "purchase" && i > len(bought)/2 {
				h.late(t, "coin_purchases-"+first+".csv", "coin_purchases-late.csv", func(r map[string]string) bool { return r["purchase_id"] == row["purchase_id"] },
					map[string]string{"purchase_id": "late-refund", "kind": "refund", "original_purchase_id": row["purchase_id"], "store_transaction_id": "", "purchased_at": at})
				break
			}
		}
		trial.Ingest(t, h.Setting)
		h.undone(t, first, at)
		h.bothWays(t, months[1])
		h.nextDay()
		h.lock(t, months[1])
		if _, err := guard.Compact(ctx, guard.CompactOptions{Setting: h.Setting}); err != nil {
			t.Fatal(err)
		}
		h.bothWays(t, months[2])
		h.nextDay()
		h.lock(t, months[2])
		if r, err := guard.Reperform(ctx, guard.ReperformOptions{Setting: h.Setting, Period: months[2]}); err != nil || !r.Same() {
			t.Errorf("%s run again: %+v, %v", months[2], r, err)
		}
	})
}

// A month is built from the start where what it would begin with isn't what this carat makes
// of these rows; and what is signed was compared with all rows from the start.
func TestWhatIsNotCarried(t *testing.T) {
	ctx := context.Background()
	h := closedWorld(t, 3)
	h.deliver(t, "2026-11")
	trial.Ingest(t, h.Setting)
	run := func(s books.Setting) *reconcile.Result {
		t.Helper()
		r, err := reconcile.Run(ctx, reconcile.Options{Setting: s, SQL: sql.Files, Period: "2026-11"})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	carried := h.by(config.HistoryCarried)
	wantStart := func(why string, change func(c *config.Config)) {
		t.Helper()
		own := *carried.Config
		change(&own)
		s := carried
		s.Config = &own
		if r := run(s); r.Carried || r.Start != why {
			t.Errorf("carried %t, because %q, want %q", r.Carried, r.Start, why)
		}
	}
	if r, err := reconcile.Run(ctx, reconcile.Options{Setting: carried, SQL: sql.Files, Period: "2026-11", FromStart: true}); pipeline.KindOf(err) != pipeline.KindNotFound {
		t.Errorf("compared what wasn't reconciled: %+v %v", r, err)
	}
	first := run(carried)
	if !first.Carried || first.Start != "" {
		t.Fatalf("%+v", first)
	}
	if r, err := reconcile.Run(ctx, reconcile.Options{Setting: carried, SQL: sql.Files, Period: "2026-11", FromStart: true}); err != nil || r.RunID != first.RunID {
		t.Errorf("compared: %+v %v", r, err)
	}
	wantStart("carat.yaml judges otherwise than when the month before was closed", func(c *config.Config) { c.FXMaxAgeDays++ })
	if err := os.Mkdir(filepath.Join(h.Config.Dir, "controls"), 0o755); err != nil {
		t.Fatal(err)
	}
	rule := "-- One row is nothing.\n-- grain: subject_id\n-- control: own\n-- severity: monitor\n-- unit: coins\n-- guards: nothing\n" +
		"select 'main' as entity, 'viewer' as subject_kind, 'v' as subject_id, 0 as expected, 0 as actual, 0 as difference, 'coins' as unit, 'r' as reason, 'd' as detail, 'b' as batch_id, 1 as source_line from run where false\n"
	if err := os.WriteFile(filepath.Join(h.Config.Dir, "controls", "own.sql"), []byte(rule), 0o644); err != nil {
		t.Fatal(err)
	}
	wantStart("the SQL isn't that of the closed month", func(*config.Config) {})
	if err := os.RemoveAll(filepath.Join(h.Config.Dir, "controls")); err != nil {
		t.Fatal(err)
	}

	// a carried run of which a number is wrong is not signed
	forge := func(from, to string) {
		t.Helper()
		p, err := books.Open(ctx, carried)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = p.Close() }()
		if _, err := p.Lake.DB().Exec("update carat_published set published = replace(published, '" + from + "', '" + to + "')"); err != nil {
			t.Fatal(err)
		}
	}
	_, sum, _ := strings.Cut(tablesOf(t, carried, first.RunID)["viewer_balances"], " ")
	forge(sum, strings.Repeat("0", len(sum)))
	for what, try := range map[string]func() error{
		"prepared": func() error {
			s := carried
			s.By.User = "ann"
			_, err := month.Close(ctx, month.CloseOptions{Setting: s, SQL: sql.Files, Period: "2026-11"})
			return err
		},
		"compared": func() error {
			_, err := reconcile.Run(ctx, reconcile.Options{Setting: carried, SQL: sql.Files, Period: "2026-11", FromStart: true})
			return err
		},
	} {
		if err := try(); pipeline.KindOf(err) != pipeline.KindVerification || !strings.Contains(err.Error(), "comes out otherwise in viewer_balances") {
			t.Errorf("%s: %v", what, err)
		}
	}
	forge(strings.Repeat("0", len(sum)), sum)

	// a row of what the month would begin with that isn't as it was signed: nothing is carried, and the month is blocked
	files, err := filepath.Glob(filepath.Join(h.Config.Lake, "carat.db", "coin_lots", "data", "*", "*.parquet"))
	if err != nil || len(files) == 0 {
		files, err = filepath.Glob(filepath.Join(h.Config.Lake, "carat.db", "coin_lots", "data", "*.parquet"))
	}
	if err != nil || len(files) == 0 {
		t.Fatalf("%v %v", files, err)
	}
	plantLot(t, h, files)
	if r := run(carried); r.Carried || r.Status != books.StatusBlocked || !strings.Contains(strings.Join(foundAll(t, carried, "2026-11"), "\n"), "prior_period") {
		t.Errorf("planted: carried %t, because %q, %s", r.Carried, r.Start, r.Status)
	}
}

// Of a month that was only carried forward it is the carried run that is signed, after a run from
// the start came to the same; the certificate is of parameters that carry nothing, by which the
// month runs again. There are so many viewers that a sample of them is compared with the rules.
func TestCarriedMonthIsSigned(t *testing.T) {
	ctx := context.Background()
	h := closedWorldOf(t, 5, 3_000, 2_400)
	h.deliver(t, "2026-11")
	trial.Ingest(t, h.Setting)
	h.Setting = h.by(config.HistoryCarried)
	r, err := reconcile.Run(ctx, reconcile.Options{Setting: h.Setting, SQL: sql.Files, Period: "2026-11"})
	if err != nil || !r.Carried {
		t.Fatalf("%+v %v", r, err)
	}
	h.lock(t, "2026-11")
	again, err := guard.Reperform(ctx, guard.ReperformOptions{Setting: h.Setting, Period: "2026-11"})
	if err != nil || !again.Same() || again.RunID != r.RunID {
		t.Errorf("signed is %s, carried was %s: %+v %v", again.RunID, r.RunID, again, err)
	}
}

// plantLot makes October's file of lots another one, of the same name.
func plantLot(t *testing.T, h held, files []string) {
	t.Helper()
	p, err := books.Open(context.Background(), h.Setting)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	closed, err := p.Closures(context.Background(), h.Config)
	if err != nil {
		t.Fatal(err)
	}
	l, ok := closed.Lock("2026-10")
	if !ok {
		t.Fatal("October isn't closed")
	}
	tables, err := p.Lake.RunTables(context.Background(), l.RunID)
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range tables {
		if one.Table != "coin_lots" {
			continue
		}
		for _, other := range files { // another run's lots in its place
			if text, err := os.ReadFile(other); err == nil && other != one.Paths[0] {
				if err := os.Chmod(one.Paths[0], 0o644); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(one.Paths[0], text, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
		}
	}
	t.Fatalf("no other file than October's own: %v", files)
}
