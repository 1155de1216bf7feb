package config

import (
	"time"

	"carat/jobs/reshape"
	"carat/pipeline/feed"
)

// Feed is what carat.yaml says of one feed.
type Feed struct {
	Paths    []string       // globs relative to Dir; empty: inbox/<feed>*
	Expected string         // daily, or "" when days without a row are fine
	TimeZone string         // of timestamps without a zone; "" is the configuration's
	Zone     *time.Location // TimeZone, or the configuration's
	// Format is the format of all files of the feed; "" when the content of each
	// decides.
	Format   string
	Accounts []string // whose reports are taken; none: any
	// MinorDigits are the digits of amounts without a point, by currency, in
	// reports that leave them open.
	MinorDigits       map[string]int
	TransactionColumn string            // of a provider's report, with our order id; "" for its own
	Kinds             map[string]string // of lines, by what a provider's report calls them
	SKUCoins          map[string]int64
	Sheet             string        // of workbooks; "" for the first
	Layouts           []feed.Layout // of the user's own files
	// Live recordings: the creator of gifts that name no receiver, and how long
	// a streak may be silent before it counts as ended; 0: to the file's end.
	LiveCreator string
	LiveSilence time.Duration
	// PricesFrom is the day ("2026-10-01") from which a gift price list holds; ""
	// when it always held.
	PricesFrom string
}

// validFrom gives the instant at which PricesFrom begins; 0 without.
func (f Feed) validFrom() int64 {
	day, err := time.ParseInLocation(time.DateOnly, f.PricesFrom, f.Zone)
	if err != nil {
		return 0 // empty: the configuration was checked
	}
	return day.UnixMicro()
}

// Feed gives the configuration of one feed, defaults filled in.
func (c *Config) Feed(name string) Feed {
	f, ok := c.Feeds[name]
	if !ok {
		return Feed{Zone: c.Zone}
	}
	return f
}

// Layouts gives the layouts of the feeds that have some, by feed.
func (c *Config) Layouts() map[string][]feed.Layout {
	all := map[string][]feed.Layout{}
	for name, f := range c.Feeds {
		if len(f.Layouts) > 0 {
			all[name] = f.Layouts
		}
	}
	return all
}

// ReadOptions are what the configuration says of how files of a feed are read.
func (c *Config) ReadOptions(name string) feed.Options {
	conf := c.Feed(name)
	return feed.Options{
		Entity: c.Entity, Zone: conf.Zone, Workers: c.Workers(),
		Format: conf.Format, Accounts: conf.Accounts, TransactionColumn: conf.TransactionColumn, Kinds: conf.Kinds, SKUCoins: conf.SKUCoins, Sheet: conf.Sheet, Layouts: conf.Layouts, View: reshape.View(c.Memory, c.SQLApart),
		MinorDigits: conf.MinorDigits, LiveCreator: conf.LiveCreator, LiveSilence: conf.LiveSilence, GiftValidFrom: conf.validFrom(),
	}
}
