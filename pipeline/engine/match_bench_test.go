package engine_test

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"carat/pipeline"
	"carat/pipeline/engine"
	"carat/sql"
)

// matchPairs is how many orders are matched to as many settlement lines.
const matchPairs = 5_000_000

// BenchmarkMatch runs the real models of matching, up to control
// purchase_settlement, from Parquet files as the lake has them, and reports
// pairs/s. `make bench` runs it.
func BenchmarkMatch(b *testing.B) {
	dialect, err := engine.Dialect(sql.Files)
	if err != nil {
		b.Fatal(err)
	}
	models, err := engine.ParseModels(sql.Files, false)
	if err != nil {
		b.Fatal(err)
	}
	for i := range models {
		// no receipt is in another currency here: the models that find rates are left out
		if models[i].Name == "led_fx_rate" {
			models[i].SQL = noRates
		}
	}
	dir := b.TempDir()
	var tables []pipeline.TableFiles
	for name := range rowTypes {
		rows := map[string]string{"coin_purchases": benchOrders, "settlement_lines": benchLines}[name]
		t := pipeline.TableFiles{Name: name, Columns: columnsOf(b, rowTypes[name])}
		if rows != "" {
			t.Files = []string{filepath.Join(dir, name+".parquet")}
			writeBenchRows(b, rows, t)
		}
		tables = append(tables, t)
	}
	b.ResetTimer()
	for range b.N {
		e, err := engine.Open(context.Background(), engine.Config{MemoryLimit: "4GB", Threads: runtime.NumCPU(), TempDir: dir})
		if err != nil {
			b.Fatal(err)
		}
		if err := e.Load(context.Background(), engine.RawPrefix, tables); err != nil {
			b.Fatal(err)
		}
		outcome, err := e.Reconcile(context.Background(), dialect, needed(models, "ctl_purchase_settlement"), engine.Parameters{
			Period: "2026-10", FirstPeriod: "2026-10", TimeZone: time.UTC, ReportingCurrency: "USD", DefaultEntity: "main",
			Channels: []engine.Channel{{Name: "google", DueDays: 30}, {Name: "web", DueDays: 7}},
		}, nil)
		if err != nil {
			b.Fatal(err)
		}
		for _, c := range outcome.Controls {
			if c.Exceptions != 0 || c.Checked != matchPairs {
				b.Fatalf("%s: %d exceptions of %d", c.Control, c.Exceptions, c.Checked)
			}
		}
		if err := e.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(matchPairs)*float64(b.N)/b.Elapsed().Seconds(), "pairs/s")
}

func writeBenchRows(b *testing.B, rows string, t pipeline.TableFiles) {
	b.Helper()
	e, err := engine.Open(context.Background(), engine.Config{MemoryLimit: "2GB", Threads: runtime.NumCPU(), TempDir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	var ids []string
	for _, c := range t.Columns {
		if strings.Contains(rows, " as "+c.Name+",") {
			ids = append(ids, fmt.Sprintf("%s: %d", c.Name, c.ID))
		}
	}
	if err := e.ExecForTest("copy (" + fmt.Sprintf(rows, matchPairs) + ") to '" + t.Files[0] +
		"' (format parquet, compression zstd, field_ids {" + strings.Join(ids, ", ") + "})"); err != nil {
		b.Fatal(err)
	}
}

const noRates = `select cast(null as varchar) as base, cast(null as varchar) as quote, cast(null as date) as day,
    cast(null as decimal(18, 9)) as rate where false`

// Orders lie in time order, lines in another; ids look as stores make them.
const benchOrders = `select
    'p' || cast(7250000000000000000 + i as varchar) as purchase_id,
    'purchase' as kind,
    'v' || cast(100000 + mod(i, 700000) as varchar) as viewer_id,
    case when mod(i, 2) = 0 then 'google' else 'web' end as channel,
    'GPA.' || substr(md5(cast(i as varchar)), 1, 13) || '-' || cast(i as varchar) as store_transaction_id,
    'coins_700' as sku,
    cast(700 as bigint) as coins,
    'USD' as currency,
    cast(1.29 + mod(i, 90) as decimal(18, 6)) as gross_amount,
    cast(0.30 + mod(i, 20) as decimal(18, 6)) as store_fee_amount,
    'US' as country,
    timestamptz '2026-10-01 00:00:00+00' + to_seconds(cast(mod(i, 600000) as bigint)) as purchased_at,
    'main' as entity, 'b000001' as batch_id, cast(i as bigint) as source_line,
    timestamptz '2026-11-01 00:00:00+00' as ingested_at, '2026-10' as accounting_month,
from range(%d) as t(i)`

const benchLines = `select
    'sl-' || cast(i as varchar) as line_id,
    case when mod(i, 2) = 0 then 'google' else 'web' end as channel,
    'report-' || cast(mod(i, 31) as varchar) as report_id,
    'GPA.' || substr(md5(cast(i as varchar)), 1, 13) || '-' || cast(i as varchar) as store_transaction_id,
    'sale' as kind,
    cast(1.29 + mod(i, 90) as decimal(18, 6)) as gross_amount,
    cast(-0.30 - mod(i, 20) as decimal(18, 6)) as fee_amount,
    cast(0.99 + mod(i, 90) - mod(i, 20) as decimal(18, 6)) as net_amount,
    'USD' as currency,
    timestamptz '2026-10-01 00:00:00+00' + to_seconds(cast(mod(i, 600000) as bigint)) as transaction_at,
    timestamptz '2026-10-01 00:00:00+00' + to_seconds(cast(mod(i, 600000) as bigint)) as event_at,
    'main' as entity, 'b000002' as batch_id, cast(i as bigint) as source_line,
    timestamptz '2026-11-01 00:00:00+00' as ingested_at, '2026-10' as accounting_month,
from range(%d) as t(i) order by hash(i)`
