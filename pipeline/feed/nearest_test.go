package feed_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carat/pipeline/feed"
)

func TestNearest(t *testing.T) {
	for text, want := range map[string]string{
		giftHeader + goodGift:                                "its columns are those of gift_events: begin its name with that, or ingest it with --feed gift_events",
		"line_id;account;booked_at;amount;text\n1;2;3;4;5\n": "its columns come nearest to those of bank_lines, of which it lacks currency; a layout of your own is told in carat.yaml (docs/formats.md)",
		`{"payout_id":"p","creator_id":"c"}`:                 "its columns come nearest to those of payouts, of which it lacks status, diamonds, currency, gross_amount, net_amount, method, requested_at, updated_at; a layout of your own is told in carat.yaml (docs/formats.md)",
		`<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.03"/>`: "it is XML with the root Document of urn:iso:std:iso:20022:tech:xsd:pain.001.001.03; XML is read of camt.053, camt.054 (.02 to .08) and the European Central Bank's rates",
		"hello": "", "": "", "\x1F\x8B": "", "<": "", "a,b\n": "",
	} {
		path := filepath.Join(t.TempDir(), "x")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		got, feeds := feed.Nearest(file, "x")
		if feeds != strings.HasPrefix(want, "its columns are those of") {
			t.Errorf("%.40q: a feed's own: %v", text, feeds)
		}
		if got != want {
			t.Errorf("%.40q:\n got %s\nwant %s", text, got, want)
		}
	}
}
