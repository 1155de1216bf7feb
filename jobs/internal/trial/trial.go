package trial

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"carat/fixtures"
	"carat/jobs/books"
	"carat/jobs/config"
	"carat/jobs/ingest"
	"carat/pipeline/decision"
)

// Decide records decisions about exceptions, as nobody would: unasked.
func Decide(t *testing.T, s books.Setting, decisions ...decision.Decision) {
	t.Helper()
	p, err := books.OpenExisting(t.Context(), s, books.RightQuery)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	if err := p.State.RecordDecisions(t.Context(), decisions, nil); err != nil {
		t.Fatal(err)
	}
}

// Folder makes a folder for a test: files by name, and what carat.yaml says.
func Folder(t *testing.T, yaml string, files map[string]string) books.Setting {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "inbox"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, "inbox", name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c, err := config.Parse([]byte(yaml), dir, config.File)
	if err != nil {
		t.Fatal(err)
	}
	return books.Setting{Config: c, Now: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)}
}

// PurchaseHeader is the first line of a file of coin purchases.
const PurchaseHeader = "purchase_id,kind,viewer_id,channel,sku,coins,currency,gross_amount,purchased_at\n"

// Ingest takes the inbox in.
func Ingest(t *testing.T, s books.Setting) {
	t.Helper()
	if _, err := ingest.Files(context.Background(), ingest.Options{Setting: s}); err != nil {
		t.Fatal(err)
	}
}

// Generated makes a month and gives its setting and truth.
func Generated(t *testing.T, seed uint64, faults string) (books.Setting, []fixtures.Truth) {
	t.Helper()
	return Made(t, fixtures.Options{Period: "2026-10", Gifts: 2_000, Viewers: 300, Creators: 40, Seed: seed, Files: fixtures.FilesMonth}, faults)
}

// Made makes months by options and gives their setting, of a day after all of them, and truth.
func Made(t *testing.T, o fixtures.Options, faults string) (books.Setting, []fixtures.Truth) {
	t.Helper()
	planted, err := fixtures.ParseFaults(faults)
	if err != nil {
		t.Fatal(err)
	}
	o.Out, o.Faults = filepath.Join(t.TempDir(), "months"), planted
	made, err := fixtures.Generate(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(o.Out)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2027, 1, 2, 9, 0, 0, 0, time.UTC)
	after := o.Period
	for range max(o.Periods, 1) {
		after = after.Next()
	}
	if over := after.Start(time.UTC).Add(33 * time.Hour); over.After(now) {
		now = over
	}
	return books.Setting{Config: c, Now: now}, made.Truth
}

// SmallMonth are the files of a month of a few rows, one of which is bad and one
// a repeat.
var SmallMonth = map[string]string{
	"gift_catalog.csv":     "gift_id,valid_from,name,coins\n5655,2026-01-01T00:00:00Z,Rose,1\n",
	"conversion_rates.csv": "scope,scope_id,valid_from,diamonds_per_coin,diamond_value,coin_value,platform_share,currency,rounding\ndefault,,2026-01-01T00:00:00Z,0.5,0.01,0.01,0.5,USD,floor\n",
	"creators.csv":         "creator_id,valid_from,display_name,country,currency,email\nc1,2026-01-01T00:00:00Z,Ann Example,DE,USD,ann@example.org\n",
	"coin_purchases.csv":   PurchaseHeader + "p1,purchase,v1,web,coins-1000,1000,USD,10.00,2026-10-02T10:00:00Z\np2,purchase,v2,web,coins-100,100,USD,1.00,2026-10-03T10:00:00Z\n",
	"gift_events.csv": "event_id,kind,sent_at,stream_id,viewer_id,creator_id,gift_id,quantity,coins,diamonds\n" +
		"g1,gift,2026-10-05T10:00:00Z,s1,v1,c1,5655,100,100,50\ng2,gift,2026-10-05T10:00:01Z,s1,v1,c1,5655,10,10,5\ng3,gift,2026-10-06T10:00:00Z,s2,v2,c1,5655,30,30,15\n",
	"gift_events-2.csv": "event_id,kind,sent_at,stream_id,viewer_id,creator_id,gift_id,quantity,coins,diamonds\n" +
		"g4,gift,2026-10-07T10:00:00Z,s1,v1,c1,5655,1,1,0\nbad,gift,2026-10-07T10:00:00Z,s1,v1,c1,5655,x,1,0\ng1,gift,2026-10-05T10:00:00Z,s1,v1,c1,5655,100,100,50\n",
}
