package config

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"carat/pipeline/feed"
)

// reading is what the configuration says of how one file is read. It is kept
// with the batch, so that the file can be read again in the same way whatever
// carat.yaml says by then.
type reading struct {
	Entity            string            `json:"entity"`
	BooksZone         string            `json:"books_zone"` // of accounting months
	Zone              string            `json:"zone"`       // of times without one
	Format            string            `json:"format,omitempty"`
	Accounts          []string          `json:"accounts,omitempty"`
	MinorDigits       map[string]int    `json:"minor_digits,omitempty"`
	TransactionColumn string            `json:"transaction_column,omitempty"`
	Kinds             map[string]string `json:"kinds,omitempty"`
	SKUCoins          map[string]int64  `json:"sku_coins,omitempty"`
	Sheet             string            `json:"sheet,omitempty"`
	LiveCreator       string            `json:"live_creator,omitempty"`
	LiveSilence       time.Duration     `json:"live_silence,omitempty"`
	PricesFrom        string            `json:"prices_from,omitempty"`
	LayoutSHA256      string            `json:"layout_sha256,omitempty"` // of the layout's text
	Layout            json.RawMessage   `json:"layout,omitempty"`
	Reader            int               `json:"reader,omitempty"` // version of the format's reader; 0: of before it was kept
}

// Reading gives the text of how a file of a feed is read: the settings of the
// feed, and what was found: its format, and the layout that it has, nil for none.
func (c *Config) Reading(name, format string, layout *feed.Layout) string {
	f := c.Feed(name)
	r := reading{Entity: c.Entity, BooksZone: c.Zone.String(), Zone: f.Zone.String(), Format: f.Format, Accounts: f.Accounts, MinorDigits: f.MinorDigits,
		TransactionColumn: f.TransactionColumn, Kinds: f.Kinds, SKUCoins: f.SKUCoins, Sheet: f.Sheet, LiveCreator: f.LiveCreator,
		LiveSilence: f.LiveSilence, PricesFrom: f.PricesFrom, Reader: feed.ReaderVersion(format)}
	if layout != nil {
		r.LayoutSHA256, r.Layout = layout.SHA256(), json.RawMessage(layout.Text())
	}
	return r.text()
}

func (r reading) text() string {
	text, err := json.Marshal(r)
	if err != nil {
		panic("config: " + err.Error()) // its types have a text
	}
	return string(text)
}

// ReaderOf gives the version of the reader in the text that Reading gave; 0 for one of
// before it was kept.
func ReaderOf(text string) int {
	var r reading
	if json.Unmarshal([]byte(text), &r) != nil {
		return 0
	}
	return r.Reader
}

// ReadBy gives the text that Reading gave, of a file that the reader of today read by it.
func ReadBy(text, format string) string {
	var r reading
	if text == "" || json.Unmarshal([]byte(text), &r) != nil {
		return text
	}
	r.Reader = feed.ReaderVersion(format)
	return r.text()
}

// ReadAgain gives the options by which a file was read, and the zone of its
// accounting months, from the text that Reading gave; for an empty text, those of
// the configuration as it is now. An error says that the text isn't carat's, or
// that its layout is not the one whose hash stands beside it.
func (c *Config) ReadAgain(name, text string) (feed.Options, *time.Location, error) {
	o := c.ReadOptions(name)
	if text == "" {
		return o, c.Zone, nil
	}
	var r reading
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return o, nil, fmt.Errorf("how it was read: %w", err)
	}
	books, err := time.LoadLocation(r.BooksZone)
	if err != nil {
		return o, nil, fmt.Errorf("how it was read: %w", err)
	}
	zone, err := time.LoadLocation(r.Zone)
	if err != nil {
		return o, nil, fmt.Errorf("how it was read: %w", err)
	}
	o = feed.Options{Entity: r.Entity, Zone: zone, Workers: o.Workers, View: o.View, Format: r.Format, Accounts: r.Accounts, MinorDigits: r.MinorDigits,
		TransactionColumn: r.TransactionColumn, Kinds: r.Kinds, SKUCoins: r.SKUCoins, Sheet: r.Sheet, LiveCreator: r.LiveCreator, LiveSilence: r.LiveSilence,
		GiftValidFrom: Feed{Zone: zone, PricesFrom: r.PricesFrom}.validFrom()}
	if len(r.Layout) == 0 {
		return o, books, nil
	}
	if sum := sha256.Sum256(r.Layout); hex.EncodeToString(sum[:]) != r.LayoutSHA256 {
		return o, nil, fmt.Errorf("the layout that is kept with it is not the one of its hash %s", r.LayoutSHA256)
	}
	layout, err := feed.ParseLayout(string(r.Layout))
	if err != nil {
		return o, nil, err
	}
	o.Format, o.Layouts = feed.FormatLayout, []feed.Layout{*layout}
	return o, books, nil
}
