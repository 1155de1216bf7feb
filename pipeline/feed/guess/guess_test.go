package guess_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"carat/pipeline/feed/feedtest"
	"carat/pipeline/feed/guess"
)

// written gives the first layout of a file.
func written(t *testing.T, name, feed string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	text, err := guess.Write(f, name, feed, "", nil)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return text.Text()
}

// What can be read in two ways is asked, and what can be seen is said.
func TestWhatAFirstLayoutSaysAndAsks(t *testing.T) {
	for name, c := range map[string]struct {
		feed, text string
		want, not  []string
	}{
		"a point that could be either": {"bank_lines", "Date,Ref,Amount\n2026-10-25,a,1.234\n2026-10-26,b,12\n",
			[]string{`decimal_comma: "" # ? 1.234 can be 1.234 or 1234: false, or true and thousands: "."`}, nil},
		"a comma that could be either": {"bank_lines", "Date;Ref;Amount\n25.10.2026;a;-1,234\n26.10.2026;b;7,125\n",
			[]string{`decimal_comma: "" # ? -1,234 can be -1234 or -1.234: false and thousands: ",", or true`}, []string{"thousands: \",\"\n"}},
		"another row decides":    {"bank_lines", "Date,Ref,Amount\n2026-10-25,a,1.234\n2026-10-26,b,12.5\n", nil, []string{"decimal_comma", "thousands"}},
		"a machine wrote it":     {"bank_lines", `{"date":"2026-10-25","ref":"a","amount":1.234}` + "\n" + `{"date":"2026-10-25","ref":"a","amount":1.234}` + "\n", nil, []string{"decimal_comma"}},
		"several currencies":     {"bank_lines", "Date,Ref,Amount\n25.10.2026,a,$5.00\n26.10.2026,b,€7.12\n", []string{`currency_by_sign: {$: "?", €: EUR} # ?`}, []string{"currency_sign", `currency: ""`}},
		"one currency":           {"bank_lines", "Date,Ref,Amount\n25.10.2026,a,$5.00\n", []string{"currency_sign: $", `currency: "" # ?`}, nil},
		"signs beside a column":  {"bank_lines", "Date,Ref,Amount,Currency\n25.10.2026,a,$5.00,USD\n26.10.2026,b,€7.12,EUR\n", []string{"currency_sign: [$, €]", "currency: Currency"}, []string{"by_sign"}},
		"cents and milliseconds": {"coin_purchases", "Order ID,User,Type,Coins,amount_cents,currency,ts\no1,v1,purchase,100,199,usd,1790770530250\n", []string{"gross_amount: amount_cents", "scale: {gross_amount: minor_units}", "purchased_at: ts", "time_format: epoch_milliseconds", "currency: {usd: USD}"}, nil},
		"lines before the header": {"bank_lines", "Kontoauszug;;;;\nInhaber;ACME;;;\nZeitraum;01.10.2026;31.10.2026;;\n;;;;\nBuchungstag;Verwendungszweck;Betrag;W\xe4hrung;Saldo\n13.10.2026;Geb\xfchr;1.234,50 S;EUR;5,00 H\n14.10.2026;x;7,00 H;EUR;6,00 H\n",
			[]string{"encoding: windows-1252", `separator: ";"`, "booked_at: Buchungstag", "amount: Betrag", "currency: Währung", "trailing_sign: {negative: S, positive: H}", "decimal_comma: true"}, nil},
		"narrow lines before it": {"bank_lines", "Bank,North\nAccount,1\nOwner,ACME\nFrom,2026-10-01\nTo,2026-10-31\nPrinted,2026-11-01\nDate,Ref,Text,Amount,Balance\n2026-10-25,a,x,5.00,6.00\n2026-10-26,b,y,5.00,11.00\n", []string{"booked_at: Date", "amount: Amount"}, nil},
		"a zone by its name":     {"bank_lines", "Date|Ref|Amount\n2026-10-25 12:00:00 CET|a|12.00\n", []string{`time_format: "YYYY-MM-DD HH:mm:ssZ"`, `separator: "|"`}, nil},
		"an offset, no seconds":  {"bank_lines", "Date,Ref,Amount\n2026-10-25T12:00+0200,a,\"1,00,000.00\"\n", []string{`time_format: "YYYY-MM-DDTHH:mmZ"`, `thousands: ","`}, nil},
		"a list in an object": {"bank_lines", `{"object":"list","data":[{"id":"txn_1","amount":-150,"currency":"usd","created":1790770530},{"id":"txn_2","amount":150,"currency":"usd","created":1790770531}],"has_more":false}`,
			[]string{"rows: data", "line_id: id", "booked_at: created", "time_format: epoch_seconds"}, nil},
		"an offset of four": {"bank_lines", "Date,Ref,Amount\n2026-10-25T12:00:01+0200,a,5.-\n", []string{`time_format: "YYYY-MM-DDTHH:mm:ssZ"`, "amount: Amount"}, []string{"trailing_sign"}},
	} {
		got := written(t, "export.csv", c.feed, []byte(c.text))
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %s in\n%s", name, want, got)
			}
		}
		for _, not := range c.not {
			if strings.Contains(got, not) {
				t.Errorf("%s: %s in\n%s", name, not, got)
			}
		}
	}
}

// A time that stands in two columns, or in three with its zone, is read whole: by the day
// alone a booking of the last evening would count in another month.
func TestTimesInTwoColumns(t *testing.T) {
	for name, c := range map[string]struct {
		text      string
		want, not []string
	}{
		"a bank's":          {"Buchungstag;Uhrzeit;Verwendungszweck;Betrag\n31.10.2026;23:59:07;a;5,00\n01.11.2026;00:00:01;b;7,12\n", []string{`booked_at: [Buchungstag, Uhrzeit] # such as 31.10.2026 23:59:07`, `time_format: "DD.MM.YYYY HH:mm:ss"`}, []string{"not used"}},
		"with a zone":       {"Date,Time,TimeZone,Ref,Amount\n10/20/2026,22:34:28,PDT,a,5.00\n10/21/2026,07:22:17,PST,b,7.12\n", []string{"booked_at: [Date, Time, TimeZone]", `time_format: "MM/DD/YYYY HH:mm:ss Z"`}, nil},
		"a zone behind it":  {"Date,Time,Ref,Amount\n\"Oct 31, 2026\",3:11:51 AM PST,a,5.00\n", []string{"booked_at: [Date, Time]", `time_format: "MMM D, YYYY h:mm:ss AMZ"`}, nil},
		"the time first":    {"Time,Date,Ref,Amount\n23:59,2026-10-31,a,5.00\n", []string{"booked_at: [Date, Time]", `time_format: "YYYY-MM-DD HH:mm"`}, nil},
		"two of them":       {"Value date,Booking date,Booking time,Ref,Amount\n2026-11-02,2026-10-31,23:59,a,5.00\n", []string{"booked_at: [Booking date, Booking time]"}, nil},
		"only digits":       {"Datum,Tijd,Ref,Amount\n20261031,235907,a,5.00\n", []string{"booked_at: [Datum, Tijd]", `time_format: YYYYMMDD HHmmss`}, nil},
		"day or month":      {"Date,Time,Ref,Amount\n05/05/2026,23:59,a,5.00\n05/10/2026,23:59,b,6.00\n", []string{"booked_at: [Date, Time]", `time_format: "" # ? DD/MM/YYYY HH:mm and MM/DD/YYYY HH:mm both read`}, nil},
		"some without":      {"Date,Time,Ref,Amount\n2026-10-30,,a,5.00\n2026-10-31,23:59,b,6.00\n", []string{"booked_at: [Date, Time]", `time_format: ["YYYY-MM-DD HH:mm", YYYY-MM-DD]`, "some rows have no time"}, nil},
		"objects":           {`{"date":"2026-10-31","time":"23:59:07","ref":"a","amount":5}` + "\n" + `{"date":"2026-10-31","time":"23:59:08","ref":"b","amount":5}` + "\n", []string{"booked_at: [date, time]", `"YYYY-MM-DD HH:mm:ss"`}, nil},
		"a count beside it": {"Date,Count,Ref,Amount\n20261031,1200,a,5.00\n", []string{"booked_at: Date"}, []string{"[Date"}},
		"whole already":     {"Date,Time,Ref,Amount\n2026-10-31 23:59:07,23:59:07,a,5.00\n", []string{"booked_at: Date"}, []string{"[Date"}},
	} {
		got := written(t, "export.csv", "bank_lines", []byte(c.text))
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %s in\n%s", name, want, got)
			}
		}
		for _, not := range c.not {
			if strings.Contains(got, not) {
				t.Errorf("%s: %s in\n%s", name, not, got)
			}
		}
	}
}

// A currency that only the formats of a sheet's cells show is said, and asked for where its
// sign can be of several.
func TestCurrenciesOfASheetsFormats(t *testing.T) {
	for name, c := range map[string]struct {
		formats   []string // of the amounts of two rows
		want, not []string
	}{
		"one":       {[]string{`"€"#,##0.00`, `#,##0.00\ [$€-407]`}, []string{"currency: EUR # the sheet shows the amounts in it"}, []string{"by_sign", "currency_sign"}},
		"a code":    {[]string{`[$JPY] #,##0`, `#,##0 "JPY"`}, []string{"currency: JPY # the sheet"}, nil},
		"ambiguous": {[]string{`"$"#,##0.00`, `[$$-409]#,##0.00`}, []string{`currency: "" # ? the sheet shows the amounts with $`}, nil},
		"several":   {[]string{`"€"#,##0.00`, `[$USD] #,##0.00;[Red]-[$USD] #,##0.00`}, []string{"currency_by_sign: {USD: USD, €: EUR}"}, []string{`currency: ""`}},
		"none":      {[]string{`#,##0.00 "pcs"`, `0.00 "all"`}, []string{`currency: "" # ?` + "\n"}, []string{"shows"}},
	} {
		book := feedtest.WorkbookOf(t, func(f *excelize.File) {
			for i, code := range c.formats {
				id, err := f.NewStyle(&excelize.Style{CustomNumFmt: &code})
				if err != nil {
					t.Fatal(err)
				}
				at := "C" + string(rune('2'+i))
				if err := f.SetCellStyle("Sheet1", at, at, id); err != nil {
					t.Fatal(err)
				}
			}
		}, []any{"Date", "Ref", "Amount"}, []any{"2026-10-05", "a", 5.5}, []any{"2026-10-06", "b", 6})
		got := written(t, "export.xlsx", "bank_lines", book)
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %s in\n%s", name, want, got)
			}
		}
		for _, not := range c.not {
			if strings.Contains(got, not) {
				t.Errorf("%s: %s in\n%s", name, not, got)
			}
		}
	}
}

// A cover before the sheet that has the rows is passed over; sheets with the same columns
// are named.
func TestFirstLayoutOfAWorkbook(t *testing.T) {
	for sheets, want := range map[string]string{"Cover October": "      sheet: October\n", "Cover October November": `      sheet: "*" # each that has the columns: October, November; name one to have it alone`} {
		book := feedtest.WorkbookOf(t, func(f *excelize.File) {
			for i, name := range strings.Fields(sheets) {
				if _, err := f.NewSheet(name); err != nil {
					t.Fatal(err)
				}
				rows := [][]any{{"Bank", "North"}, {"for ACME"}}
				if i > 0 {
					rows = [][]any{{"Statement", "", ""}, {"Date", "Ref", "Amount"}, {"2026-10-05", "a", 5.5}, {"2026-10-06", "b", 6}}
				}
				for at, row := range rows {
					if err := f.SetSheetRow(name, "A"+string(rune('1'+at)), &row); err != nil {
						t.Fatal(err)
					}
				}
			}
			if err := f.DeleteSheet("Sheet1"); err != nil {
				t.Fatal(err)
			}
		}, []any{"none"})
		got := written(t, "export.xlsx", "bank_lines", book)
		if !strings.Contains(got, want) || !strings.Contains(got, "booked_at: Date") {
			t.Errorf("%s: no %s in\n%s", sheets, want, got)
		}
	}
}

// A heading of two lines in a workbook's cell is one name in a first layout too.
func TestAHeadingOfTwoLinesInAWorkbook(t *testing.T) {
	got := written(t, "export.xlsx", "bank_lines", feedtest.WorkbookOf(t, nil, []any{"Booking\nDate", "Transaction\nID", "Amount", "Currency"}, []any{"2026-10-05", "a1", 1.5, "EUR"}, []any{"2026-10-06", "a2", -2, "EUR"}))
	for _, want := range []string{`booked_at: "Booking\nDate"`, `line_id: "Transaction\nID"`} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
}
