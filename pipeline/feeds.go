package pipeline

import "sort"

// Feed describes a kind of input. Its name is also its raw table's name.
type Feed struct {
	Name      string
	Reference bool     // a later version replaces; ingested before the event feeds
	Key       []string // the columns of its key, in the order of Row.AppendKey
	// EventColumn is the stored column by whose UTC day the table is
	// partitioned; "" for reference feeds, whose tables are not partitioned.
	EventColumn string
}

// feeds in the order in which they are ingested: reference feeds first.
var feeds = []Feed{
	{"fx_rates", true, []string{"base", "quote", "rate_date"}, ""},
	{"gift_catalog", true, []string{"gift_id", "valid_from"}, ""},
	{"coin_packages", true, []string{"sku", "channel", "country", "valid_from"}, ""},
	{"conversion_rates", true, []string{"scope", "scope_id", "valid_from"}, ""},
	{"creators", true, []string{"creator_id", "valid_from"}, ""},
	{"payout_rules", true, []string{"method", "country", "valid_from"}, ""},
	{"resellers", true, []string{"reseller_id", "valid_from"}, ""},
	{"balances", false, []string{"subject_kind", "subject_id", "entity", "channel", "currency", "as_of"}, "as_of"},
	{"coin_purchases", false, []string{"purchase_id"}, "purchased_at"},
	{"gift_events", false, []string{"event_id"}, "sent_at"},
	{"payouts", false, []string{"payout_id", "updated_at"}, "event_at"},
	{"diamond_adjustments", false, []string{"adjustment_id"}, "adjusted_at"},
	{"coin_adjustments", false, []string{"adjustment_id"}, "adjusted_at"},
	{"settlement_lines", false, []string{"line_id"}, "event_at"},
	{"provider_payments", false, []string{"line_id"}, "booked_at"},
	{"bank_lines", false, []string{"line_id"}, "booked_at"},
}

// Feeds gives all feeds in the order of ingestion.
func Feeds() []Feed { return append([]Feed(nil), feeds...) }

// FeedByName finds a feed.
func FeedByName(name string) (Feed, bool) {
	for _, f := range feeds {
		if f.Name == name {
			return f, true
		}
	}
	return Feed{}, false
}

// FeedNames gives the names in alphabetical order, for messages.
func FeedNames() []string {
	var names []string
	for _, f := range feeds {
		names = append(names, f.Name)
	}
	sort.Strings(names)
	return names
}
