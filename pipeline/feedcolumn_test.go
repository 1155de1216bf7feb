package pipeline

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// derived are the stored columns that no file has: the feed's rule fills them,
// or the reader of one format.
var derived = map[string][]string{
	"gift_events":      {"capture"},
	"payouts":          {"event_at"},
	"settlement_lines": {"event_at"}, "agency_payouts": {"event_at"}, "payees": {"given"},
}

// Every stored column of a row type is read from the source or derived, and is
// optional in both places or in none.
func TestColumnsFitTheirRows(t *testing.T) {
	types := map[reflect.Type]bool{}
	for _, f := range feeds() {
		row := f.rows.of()
		if types[row] {
			t.Errorf("%s: its row type %s is another feed's too", f.Name, row)
		}
		types[row] = true
		if len(f.Columns) > MaxFeedColumns {
			t.Errorf("%s has %d columns", f.Name, len(f.Columns))
		}
		names := f.ColumnNames()
		for i := range row.NumField() {
			name, _, _ := strings.Cut(row.Field(i).Tag.Get("parquet"), ",")
			if name != "" && name != "-" && !slices.Contains(names, name) && !slices.Contains(derived[f.Name], name) {
				t.Errorf("%s: column %s is read from nowhere", f.Name, name)
			}
		}
		for _, key := range f.Key {
			if !slices.Contains(names, key) {
				t.Errorf("%s: key column %s is read from nowhere", f.Name, key)
			}
		}
		for _, c := range f.Columns {
			for i := range row.NumField() {
				name, options, _ := strings.Cut(row.Field(i).Tag.Get("parquet"), ",")
				if name == c.Name && strings.Contains(options, "optional") != c.Optional && c.Name != "entity" {
					t.Errorf("%s: column %s is optional in one place only", f.Name, name)
				}
			}
		}
	}
}

func TestFeedOfARowType(t *testing.T) {
	for _, f := range feeds() {
		_, p := f.NewRows().Prototype()
		if p == nil {
			t.Errorf("%s has no row", f.Name)
		}
	}
	if f, ok := FeedOf[GiftEvent](); !ok || f.Name != "gift_events" {
		t.Errorf("a gift event is a row of %q", f.Name)
	}
	if _, ok := FeedOf[Reject](); ok {
		t.Error("a reject is read as a feed")
	}
}
