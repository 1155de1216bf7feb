package feed

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"carat/pipeline"
)

// checkSchema builds the schema, and checks that every stored column of the row
// type is read from the source or derived.
func checkSchema[T any](t *testing.T, feed string, derived ...string) {
	t.Helper()
	s, err := schemaOf[T]()
	if err != nil {
		t.Fatal(err)
	}
	if s.feed.Name != feed {
		t.Errorf("%T is read as %s, not %s", *new(T), s.feed.Name, feed)
	}
	if len(s.columns) > maxFieldColumns {
		t.Errorf("%s has %d columns", feed, len(s.columns))
	}
	row := reflect.TypeFor[T]()
	for i := range row.NumField() {
		name, _, _ := strings.Cut(row.Field(i).Tag.Get("parquet"), ",")
		if _, known := s.byName[name]; name != "" && name != "-" && !known && !slices.Contains(derived, name) {
			t.Errorf("%s: column %s is read from nowhere", feed, name)
		}
	}
	for _, key := range s.feed.Key {
		if _, known := s.byName[key]; !known {
			t.Errorf("%s: key column %s is read from nowhere", feed, key)
		}
	}
	for _, c := range s.columns {
		optional := false
		for i := range row.NumField() {
			name, options, _ := strings.Cut(row.Field(i).Tag.Get("parquet"), ",")
			if name == c.name {
				optional = strings.Contains(options, "optional")
				if optional != c.optional && c.name != "entity" {
					t.Errorf("%s: column %s is optional in one place only", feed, name)
				}
			}
		}
	}
}

func TestSchemasFitTheirRows(t *testing.T) {
	checkSchema[pipeline.CoinPurchase](t, "coin_purchases")
	checkSchema[pipeline.GiftEvent](t, "gift_events", "capture")
	checkSchema[pipeline.Payout](t, "payouts", "event_at")
	checkSchema[pipeline.DiamondAdjustment](t, "diamond_adjustments")
	checkSchema[pipeline.CoinAdjustment](t, "coin_adjustments")
	checkSchema[pipeline.SettlementLine](t, "settlement_lines", "event_at")
	checkSchema[pipeline.ProviderPayment](t, "provider_payments")
	checkSchema[pipeline.BankLine](t, "bank_lines")
	checkSchema[pipeline.Balance](t, "balances")
	checkSchema[pipeline.GiftPrice](t, "gift_catalog")
	checkSchema[pipeline.CoinPackage](t, "coin_packages")
	checkSchema[pipeline.ConversionRate](t, "conversion_rates")
	checkSchema[pipeline.Creator](t, "creators")
	checkSchema[pipeline.PayoutRule](t, "payout_rules")
	checkSchema[pipeline.FXRate](t, "fx_rates")
	checkSchema[pipeline.Reseller](t, "resellers")
	if _, err := schemaOf[pipeline.Reject](); err == nil {
		t.Error("a reject is read as a feed")
	}
}
