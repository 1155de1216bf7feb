package engine_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"carat/pipeline"
	"carat/pipeline/engine"
)

// rowPointer is the pointer to a row type.
type rowPointer[T any] interface {
	*T
	pipeline.Row
}

// rowsFile writes rows as the lake does, as a batch, line by line from 2.
func rowsFile[T any, P rowPointer[T]](t *testing.T, batch string, rows []T) []string {
	t.Helper()
	if len(rows) == 0 {
		return nil
	}
	rows = append([]T(nil), rows...)
	for i := range rows {
		o := P(&rows[i]).Origin()
		o.BatchID, o.IngestedAt, o.AccountingMonth = batch, int64(batch[len(batch)-1]), "2026-10"
		if o.SourceLine == 0 {
			o.SourceLine = int64(i + 2)
		}
	}
	path := filepath.Join(t.TempDir(), batch+".parquet")
	if err := parquet.WriteFile(path, rows); err != nil {
		t.Fatal(err)
	}
	return []string{path}
}

// repeats compares staged rows with those of earlier batches and gives
// `LINE KEY same|other BATCH:LINE` of each repeat.
func repeats[T any, P rowPointer[T]](t *testing.T, feed string, within bool, staged []T, history ...[]T) []string {
	t.Helper()
	var past []string
	for i, rows := range history {
		past = append(past, rowsFile[T, P](t, fmt.Sprintf("b00000%d", i+1), rows)...)
	}
	f, _ := pipeline.FeedByName(feed)
	var got []string
	err := openEngine(t).Repeats(context.Background(), f, columnsOf(t, reflect.TypeFor[T]()), rowsFile[T, P](t, "b000009", staged), pipeline.TableFiles{Files: past}, within,
		func(r engine.Repeat) error {
			same := map[bool]string{true: "same", false: "other"}[r.Identical]
			got = append(got, fmt.Sprintf("%d %s %s %s:%d", r.Line, r.Key, same, r.OtherBatch, r.OtherLine))
			return nil
		})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func same(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s\n got %q\nwant %q", what, got, want)
	}
}

func gift(id string, coins int64) pipeline.GiftEvent {
	return pipeline.GiftEvent{EventID: id, Kind: "gift", SentAt: 1_790_000_000_000_000, Coins: coins, Entity: "main"}
}

// Of an event feed every row is compared with the first content of its key.
func TestRepeatsOfEvents(t *testing.T) {
	same(t, "within the file", repeats(t, "gift_events", true, []pipeline.GiftEvent{gift("a", 1), gift("b", 1), gift("a", 1), gift("b", 2), gift("c", 1), gift("b", 1), gift("b", 2)}),
		"4 a same b000009:2", "5 b other b000009:3", "7 b same b000009:3", "8 b other b000009:3")
	same(t, "with the history", repeats(t, "gift_events", false, []pipeline.GiftEvent{gift("a", 1), gift("b", 1), gift("c", 1)},
		[]pipeline.GiftEvent{gift("x", 1), gift("a", 1)}, []pipeline.GiftEvent{gift("b", 2)}),
		"2 a same b000001:3", "3 b other b000002:2")
	same(t, "with both", repeats(t, "gift_events", true, []pipeline.GiftEvent{gift("a", 2), gift("a", 1), gift("b", 1), gift("b", 1)}, []pipeline.GiftEvent{gift("a", 1)}),
		"2 a other b000001:2", "3 a same b000001:2", "5 b same b000009:4")
	same(t, "with neither", repeats(t, "gift_events", true, []pipeline.GiftEvent{gift("a", 1), gift("b", 1)}, []pipeline.GiftEvent{gift("c", 1)}))
	// An absent value is equal to an absent one and to nothing else.
	capture, absent := gift("a", 1), gift("a", 1)
	capture.Capture = "live"
	same(t, "absent values", repeats(t, "gift_events", false, []pipeline.GiftEvent{absent}, []pipeline.GiftEvent{capture}), "2 a other b000001:2")
	same(t, "absent values", repeats(t, "gift_events", false, []pipeline.GiftEvent{absent}, []pipeline.GiftEvent{absent}), "2 a same b000001:2")
}

// Of a reference feed a row is compared with the version before it, so that a
// price which goes up and back is three versions.
func TestRepeatsOfVersions(t *testing.T) {
	price := func(coins int64) pipeline.GiftPrice {
		return pipeline.GiftPrice{GiftID: "rose", ValidFrom: 1_790_000_000_000_000, Name: "Rose", Coins: coins}
	}
	key := "rose/2026-09-21T14:13:20Z"
	a, b := []pipeline.GiftPrice{price(1)}, []pipeline.GiftPrice{price(2)}
	same(t, "A, then B", repeats(t, "gift_catalog", false, b, a), "2 "+key+" other b000001:2")
	same(t, "A, B, then A", repeats(t, "gift_catalog", false, a, a, b), "2 "+key+" other b000002:2")
	same(t, "A, B, then B", repeats(t, "gift_catalog", false, b, a, b), "2 "+key+" same b000002:2")
	same(t, "A, then B A A B in one file", repeats(t, "gift_catalog", true, []pipeline.GiftPrice{price(2), price(1), price(1), price(2)}, a),
		"2 "+key+" other b000001:2", "3 "+key+" other b000009:2", "4 "+key+" same b000009:3", "5 "+key+" other b000009:4")
}

// Parts of a key that are absent are equal to each other.
func TestRepeatsOfKeysWithAbsentParts(t *testing.T) {
	rate := func(scope, id string) pipeline.ConversionRate {
		return pipeline.ConversionRate{Scope: scope, ScopeID: id, ValidFrom: 1_790_000_000_000_000, DiamondsPerCoin: 1, Currency: "USD", Rounding: "floor"}
	}
	same(t, "rates", repeats(t, "conversion_rates", true, []pipeline.ConversionRate{rate("default", ""), rate("tier", "x"), rate("tier", "x")}, []pipeline.ConversionRate{rate("default", ""), rate("tier", "")}),
		"2 default//2026-09-21T14:13:20Z same b000001:2", "4 tier/x/2026-09-21T14:13:20Z same b000009:3")
	balance := func(channel, currency string) pipeline.Balance {
		return pipeline.Balance{SubjectKind: "viewer", SubjectID: "v", AsOf: 1_790_000_000_000_000, Channel: channel, Currency: currency, Entity: "main"}
	}
	same(t, "balances", repeats(t, "balances", false, []pipeline.Balance{balance("", "USD"), balance("", "")}, []pipeline.Balance{balance("", ""), balance("USD", "")}),
		"3 viewer/v/main///2026-09-21T14:13:20Z same b000001:2")
}

// The versions of a payout have keys of their own; one key with two contents
// is a conflict.
func TestRepeatsOfPayouts(t *testing.T) {
	version := func(status string, updated int64) pipeline.Payout {
		return pipeline.Payout{PayoutID: "p", CreatorID: "c", Status: status, UpdatedAt: updated * 1_000_000, RequestedAt: 1, EventAt: 1, Entity: "main"}
	}
	same(t, "payouts", repeats(t, "payouts", true,
		[]pipeline.Payout{version("requested", 10), version("paid", 20), version("failed", 30), version("returned", 30)}, []pipeline.Payout{version("requested", 10), version("failed", 20)}),
		"2 p/1970-01-01T00:00:10Z same b000001:2", "3 p/1970-01-01T00:00:20Z other b000001:3", "5 p/1970-01-01T00:00:30Z other b000009:4")
}

// Rows of one line keep their own keys, and come in their order.
func TestRepeatsOfRowsThatShareALine(t *testing.T) {
	rate := func(quote string, rate int64) pipeline.FXRate {
		return pipeline.FXRate{RateDate: 20_000, Base: "EUR", Quote: quote, Rate: rate, Lineage: pipeline.Lineage{SourceLine: 2}}
	}
	same(t, "rates", repeats(t, "fx_rates", false,
		[]pipeline.FXRate{rate("USD", 1), rate("JPY", 3), rate("CHF", 1)}, []pipeline.FXRate{rate("USD", 1), rate("JPY", 2), rate("GBP", 4)}),
		"2 EUR/JPY/2024-10-04 other b000001:2", "2 EUR/USD/2024-10-04 same b000001:2")
}

// What take says ends the search.
func TestRepeatsStopsWhereItIsTold(t *testing.T) {
	stop := errors.New("enough")
	f, _ := pipeline.FeedByName("gift_events")
	calls := 0
	err := openEngine(t).Repeats(context.Background(), f, columnsOf(t, reflect.TypeFor[pipeline.GiftEvent]()),
		rowsFile(t, "b000009", []pipeline.GiftEvent{gift("a", 1), gift("a", 1), gift("a", 1)}), pipeline.TableFiles{}, true, func(engine.Repeat) error {
			calls++
			return stop
		})
	if !errors.Is(err, stop) || calls != 1 {
		t.Errorf("%d calls, %v", calls, err)
	}
}

// The engine's key of a row is the domain's, byte by byte, for every feed:
// rows are found again by it.
func TestRowKeysAreTheDomains(t *testing.T) {
	for _, f := range pipeline.Feeds() {
		rowKey(t, f)
	}
}

// rowKey compares the keys of two rows of a feed, one full, one empty.
func rowKey(t *testing.T, f pipeline.Feed) {
	t.Helper()
	full, empty := reflect.New(f.RowType()), reflect.New(f.RowType())
	for i := range full.Elem().NumField() {
		switch field := full.Elem().Field(i); field.Kind() {
		case reflect.String:
			field.SetString(fmt.Sprintf("é-%d", i))
		case reflect.Int64:
			field.SetInt(-1_234_567_890_123 - int64(i)) // before 1970, with microseconds
		case reflect.Int32:
			field.SetInt(-400)
		}
	}
	want := map[any]bool{}
	file := func(batch string) []string {
		path := filepath.Join(t.TempDir(), batch+".parquet")
		out, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		defer out.Close()
		w := parquet.NewWriter(out, parquet.SchemaOf(full.Interface()))
		for i, row := range []reflect.Value{full, empty} {
			o := row.Interface().(pipeline.Row).Origin()
			o.BatchID, o.IngestedAt, o.AccountingMonth, o.SourceLine = batch, int64(batch[len(batch)-1]), "2026-10", int64(i+2)
			if err := w.Write(row.Interface()); err != nil {
				t.Fatal(err)
			}
			want[string(row.Interface().(pipeline.Row).AppendKey(nil))] = true
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return []string{path}
	}
	got := 0
	err := openEngine(t).Repeats(context.Background(), f, columnsOf(t, f.RowType()), file("b000009"), pipeline.TableFiles{Files: file("b000001")}, false,
		func(r engine.Repeat) error {
			got++
			if !want[r.RowKey] || !r.Identical {
				t.Errorf("%s: key %q of an identical row (%v), want one of %v", f.Name, r.RowKey, r.Identical, want)
			}
			return nil
		})
	if err != nil || got != 2 || len(want) != 2 {
		t.Errorf("%s: %d repeats of %d, %v", f.Name, got, len(want), err)
	}
}
