package ingest_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"carat/jobs/ask"
	"carat/jobs/config"
	"carat/jobs/guard"
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

// What is wrong with the newer keys of a layout, each with what to do.
func TestLayoutProblemsOfKeys(t *testing.T) {
	const at = "parse configuration carat.yaml:1: feeds bank_lines layout"
	good := "columns: {booked_at: Date, amount: Amount, account: Account, currency: Cur, line_id: No}"
	layout := func(text string) string { return "feeds: {bank_lines: {layout: {" + text + "}}}" }
	for _, c := range []struct{ text, want string }{
		{layout("columns: {amount: x}"), at + ": nothing gives line_id, account, booked_at, currency, which every row of bank_lines needs: map each under columns, or give it under constants; where the file has no id, say id: content"},
		{layout("columns: {amount: {credit: x}}"), at + " columns amount needs both: {credit: what comes in, debit: what goes out}"},
		{layout("columns: {booked_at: {credit: x, debit: y}}"), at + " columns booked_at: credit and debit are for numbers; two columns that belong together are a list, [Date, Time]"},
		{layout(good + ", amount_sgin: {column: x, negative: [a]}"), `unknown key "amount_sgin" of feeds bank_lines layout; did you mean amount_sign?`},
		{layout(good + ", amount_sign: {column: x}"), at + " amount_sign needs {column: a column of the file, negative: [its words], positive: [its words]}"},
		{layout(good + ", amount_sign: {column: x, negative: [Out]}"), at + ` amount_sign says which words of "x" are negative and not which are positive`},
		{layout(good + ", amount_sign: {column: x, negative: [Out], positive: [In, out]}"), at + ` amount_sign has "out" as both negative and positive`},
		{layout(good + ", id: content"), at + " id: line_id is mapped to a column already"},
		{layout(good + ", id: hash"), at + ` id: "hash" is not content`},
		{layout(good + ", id: {content: [amuont]}"), at + ` id content: "amuont" is no column of bank_lines that an id can be made of; did you mean amount?`},
		{layout(good + ", leave_out: {column: x}"), at + " leave_out needs a column of the file and one of is, is_not, begins, contains, empty: {column: Status, is: [Pending]}"},
		{layout(good + ", files: ['a/b/c']"), at + ` files: "a/b/c" is not a pattern of file names (* ? [a-z]), with no folder before it but the name of a source`},
		{layout(good + ", files: ['a/b']"), `files: no source is called "a"; a folder before the names is that of a source`},
		{layout(good + ", constants: {currency: EURO}"), at + ` constants currency: "EURO" is not a currency code of three capital letters, such as USD`},
		{"feeds: {payouts: {layout: {columns: {creator_id: x}, kinds: {a: b}}}}", "feeds payouts layout kinds: payouts has no column kind"},
		{layout(good + ", absolute: [reference]"), at + " absolute: reference is no number"},
		{layout(good + ", scale: {amount: pence}"), at + ` scale amount (or cents, or minor_units): "pence" is not a whole number from 0 to 9`},
		{layout(good + ", time_format: [DD/MM/YYYY, epoch_millis]"), at + ` time_format: "e" is no part of a time; write YYYY MM DD HH mm ss, or one of epoch_seconds, epoch_milliseconds, epoch_microseconds`},
		{layout(good + ", time_format: ''"), at + " time_format: it says nothing yet: write how times look, such as DD/MM/YYYY HH:mm"},
		{layout(good + ", time_format: MM/DD"), at + " time_format: a time needs one year: YYYY, and this has 0; mm is minutes"},
		{layout(good + ", time_format: YYYY-mm-DD"), at + " time_format: a time needs one month: MM, and this has 0; mm is minutes"},
		{layout(good + ", time_format: MM/DD/YYYY DD"), at + " time_format: a time needs one day: DD, and this has 2; mm is minutes"},
		{layout(good + ", time_format: 'YYYY-MM-DD hh:mm'"), at + " time_format: hh is 1 to 12 and needs AM behind it; HH is 0 to 23 and has none"},
		{layout(good + ", time_format: 'YYYY-MM-DD HH:mm AM'"), at + " time_format: hh is 1 to 12 and needs AM behind it; HH is 0 to 23 and has none"},
		{"feeds: {bank_lines: {layout: [{" + good + "}, {" + good + "}]}}", at + ": layout 1 and layout 2 use the same columns of the file, so that nothing tells which is meant; say files under each"},
		{"feeds: {bank_lines: {layout: [{name: a, " + good + "}, {name: a, files: [x], " + good + "}]}}", at + `: two layouts are called "a"`},
		{"feeds: {payouts: {layout: {id: content, columns: {creator_id: x}}}}", "feeds payouts layout id: the key of payouts is payout_id and updated_at, which no hash can stand for"},
		{"feeds: {settlement_lines: {layout: {columns: {net_amount: x}, kinds: {a: sael}}}}", `feeds settlement_lines layout kinds a: "sael" is not one of sale, refund, chargeback, fee, dispute_fee, tax, adjustment, payout, reserve, carried, conversion, disbursement, transfer; did you mean sale?`},
		{"feeds: {coin_purchases: {layout: {columns: {coins: x}, kind_by_sign: {of: gross_amount, positive: purchase, negative: refund}}}}", "feeds coin_purchases layout kind_by_sign: no column of the file is mapped to gross_amount"},
	} {
		if _, err := config.Parse([]byte(c.text), ".", config.File); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s:\n got %v\nwant %s", c.text, err, c.want)
		}
	}
}

// A batch keeps how its file was read: verify reads it so again, whatever the
// configuration says by then. A changed layout in the history is found.
func TestLayoutIsKeptWithItsBatch(t *testing.T) {
	const before = `first_period: 2026-10
time_zone: Europe/Berlin
feeds:
  bank_lines:
    layout:
      columns: {booked_at: Date, amount: Amount, reference: Ref}
      time_format: DD/MM/YYYY
      constants: {account: a, currency: EUR}
      leave_out: [{column: Ref, is: [test]}]
      id: content
`
	s := trial.Folder(t, before, map[string]string{"bank_lines.csv": "Date,Ref,Amount\n05/10/2026,a,1.5\n06/10/2026,test,2.25\n"})
	ctx := context.Background()
	r, err := ingest.Files(ctx, ingest.Options{Setting: s})
	if err != nil {
		t.Fatal(err)
	}
	if f := r.Files[0]; f.RowsRead != 2 || f.RowsAccepted != 1 || f.RowsLeftOut != 1 {
		t.Errorf("%+v", f)
	}
	got, err := trial.Query(ctx, ask.QueryOptions{Setting: s, Query: "select rows_left_out, left_out, reading from batches"})
	if err != nil {
		t.Fatal(err)
	}
	if row := got.Rows[0]; fmt.Sprint(row[0]) != "1" || row[1] != `[{"condition":"Ref is \"test\"","rows":1,"sums":{"amount":"2.25"}}]` ||
		!strings.Contains(fmt.Sprint(row[2]), `"zone":"Europe/Berlin"`) || !strings.Contains(fmt.Sprint(row[2]), `"layout_sha256":`) {
		t.Errorf("%v", row)
	}
	if s.Config, err = config.Parse([]byte(strings.NewReplacer("DD/MM", "MM/DD", "Europe/Berlin", "Asia/Tokyo", "is: [test]", "is: [other]", "entity: main", "entity: x").Replace(before)), s.Config.Dir, config.File); err != nil {
		t.Fatal(err)
	}
	v, err := guard.Verify(ctx, guard.VerifyOptions{Setting: s})
	if err != nil || v.SourceRows != 2 {
		t.Errorf("%+v %v", v, err)
	}
}
