package ingest_test

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"carat/jobs/ask"
	"carat/jobs/config"
	"carat/jobs/ingest"
	"carat/jobs/internal/trial"
)

// The example of docs/formats.md does what the page says.
func TestTheLayoutOfTheDocumentation(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "formats.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(page), "\n## Your own layout\n")
	blocks := regexp.MustCompile("(?s)```[a-z]+\n(.*?)```").FindAllStringSubmatch(section, -1)
	if !found || len(blocks) < 3 {
		t.Fatalf("%d blocks under Your own layout, want yaml, the file and the rows", len(blocks))
	}
	s := trial.Folder(t, "first_period: 2026-10\n"+blocks[0][1], map[string]string{"verkauf-1.csv": blocks[1][1]})
	r, err := ingest.Files(context.Background(), ingest.Options{Setting: s})
	if err != nil {
		t.Fatal(err)
	}
	if f := r.Files[0]; f.Format != "layout" || f.RowsRead != 2 || f.RowsAccepted != 2 {
		t.Errorf("%+v", f)
	}
	want := strings.Split(strings.TrimSpace(blocks[2][1]), "\n")
	got, err := trial.Query(context.Background(), ask.QueryOptions{Setting: s, Query: `select concat_ws(',', purchase_id, kind, coalesce(original_purchase_id, ''),
		viewer_id, channel, coins, currency, regexp_replace(cast(gross_amount as varchar), '0+$', ''),
		strftime(purchased_at at time zone 'UTC', '%Y-%m-%dT%H:%M:%SZ')) as row from coin_purchases order by purchase_id`})
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range got.Rows {
		if i+1 >= len(want) || row[0] != want[i+1] {
			t.Errorf("row %d is %v, the page says %q", i+1, row[0], want)
		}
	}
	if len(got.Rows)+1 != len(want) {
		t.Errorf("%d rows", len(got.Rows))
	}
}

func TestLayoutProblems(t *testing.T) {
	const at = "parse configuration carat.yaml:1: feeds coin_purchases "
	layout := func(text string) string { return "feeds: {coin_purchases: {layout: {" + text + "}}}" }
	for _, c := range []struct{ text, want string }{
		{layout("columns: {}"), at + "layout needs columns: {purchase_id: its name in the file, …}"},
		{layout("columns: {purchase: x}"), `parse configuration carat.yaml:1: unknown key "purchase" of feeds coin_purchases layout columns; did you mean purchase_id?`},
		{layout("columns: {coins: x}, separator: ';;'"), at + `layout separator: ";;" is not one of , ; | tab`},
		{layout("columns: {coins: x}, encoding: ebcdic"), at + `layout encoding: "ebcdic" is not one of utf-8, utf-16le, utf-16be, windows-1252, iso-8859-1`},
		{layout("columns: {coins: x}, decimal_comma: yes"), at + `layout decimal_comma: "yes" is not one of true, false`},
		{layout("columns: {coins: x}, decimal_comma: true, thousands: ','"), at + `layout: "," can't both group digits and begin the decimals`},
		{layout("columns: {coins: x}, time_format: 'DD.MM.JJJJ'"), at + `layout time_format: "J" is no part of a time; write YYYY MM DD HH mm ss`},
		{layout("columns: {coins: x}, values: {kind: {a: b}}"), at + `layout values: no column of the file is mapped to kind`},
		{layout("columns: {coins: x}, absolute: [coin]"), at + `layout absolute: coin_purchases has no column "coin"`},
		{"feeds: {coin_purchases: {format: stripe-report}}", at + `format: "stripe-report" is not one of csv, ndjson, parquet, xlsx, google-sales`},
		{"feeds: {coin_purchases: {sku_coins: {a: 0}}}", at + `sku_coins a: "0" is not a whole number from 1 to 1000000000`},
		{"feeds: {coin_purchases: {accounts: a}}", at + `accounts must be a list`},
	} {
		if _, err := config.Parse([]byte(c.text), ".", config.File); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s:\n got %v\nwant %s", c.text, err, c.want)
		}
	}
}
