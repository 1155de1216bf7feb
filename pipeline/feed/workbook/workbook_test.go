package workbook_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"carat/pipeline"
	"carat/pipeline/feed"
	"carat/pipeline/feed/feedtest"
	"carat/pipeline/feed/lex"
)

var bankHeader = []any{"line_id", "account", "booked_at", "amount", "currency", "reference"}

// Dates and numbers as cells, however they are kept.
func TestWorkbook(t *testing.T) {
	at := time.Date(2026, 10, 1, 12, 30, 15, 250e6, time.UTC)
	content := feedtest.WorkbookOf(t, nil, bankHeader,
		[]any{"b1", "acct", at, 19.99, "USD", "rent"},
		[]any{"b2", 1234567, "2026-10-02T00:00:00Z", -0.1, "EUR", "=1+1"},
		[]any{},
		[]any{"b3", "acct", 46296, "1234567890123.123456", "USD"},
		[]any{"b4", "acct", 46296.5, 1e9, "JPY", 42},
	)
	berlin := feedtest.Zone(t, "Europe/Berlin")
	for _, name := range []string{"bank_lines.xlsx", "bank_lines.zip"} {
		out := feedtest.Read[pipeline.BankLine](t, name, content, func(o *feed.Options) { o.Zone = berlin })
		if out.Err != nil {
			t.Fatal(out.Err)
		}
		var got []string
		for _, r := range out.Rows {
			got = append(got, fmt.Sprintf("%d %s %s %s %s %s %q", r.SourceLine, r.LineID, r.Account, time.UnixMicro(r.BookedAt).UTC().Format(time.RFC3339Nano), pipeline.Amount(r.Amount), r.Currency, r.Reference))
		}
		want := []string{
			`2 b1 acct 2026-10-01T10:30:15.25Z 19.99 USD "rent"`,
			`3 b2 1234567 2026-10-02T00:00:00Z -0.1 EUR "=1+1"`,
			`6 b4 acct 2026-10-01T10:00:00Z 1000000000 JPY "42"`,
		}
		if !slices.Equal(got, want) || out.Report.Format.String() != "xlsx" {
			t.Errorf("%s\n%s\nwant\n%s", out.Report.Format, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if want := []string{name + `:5 amount out_of_range "1234567890123.123456": expected a decimal with a point and at most 6 places, at most 18 digits`}; !slices.Equal(feedtest.Texts(out.Rejects), want) {
			t.Errorf("%q", feedtest.Texts(out.Rejects))
		}
	}
}

func TestWorkbookRates(t *testing.T) {
	content := feedtest.WorkbookOf(t, func(f *excelize.File) {
		if _, err := f.NewSheet("Rates"); err != nil {
			t.Fatal(err)
		}
		for i, row := range [][]any{{"rate_date", "base", "quote", "rate", "note"}, {time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), "EUR", "USD", 1.1684},
			{46296.25, "EUR", "JPY", 186.75}, {46297, "EUR", "JPY", 186.75, "x", "beyond"}} {
			if err := f.SetSheetRow("Rates", fmt.Sprintf("A%d", i+1), &row); err != nil {
				t.Fatal(err)
			}
		}
	}, []any{"hello"})
	out := feedtest.Read[pipeline.FXRate](t, "fx_rates.xlsx", content, func(o *feed.Options) { o.Sheet = "Rates" })
	if out.Err != nil || len(out.Rows) != 1 || feedtest.RateText(out.Rows[0]) != "2 2026-10-01 EUR/USD 1.1684 2026-10" || !slices.Equal(out.Report.UnknownColumns, []string{"note"}) {
		t.Fatalf("%+v", out)
	}
	if want := []string{
		`fx_rates.xlsx:3 rate_date bad_time "46296.25": expected a day like 2026-10-01`,
		`fx_rates.xlsx:4  wrong_field_count "beyond": expected 5 cells, as the header has`,
	}; !slices.Equal(feedtest.Texts(out.Rejects), want) {
		t.Errorf("%q", feedtest.Texts(out.Rejects))
	}
	first := feedtest.Read[pipeline.FXRate](t, "fx_rates.xlsx", content, nil)
	if want := "read fx_rates.xlsx:1: required columns rate_date, base, quote, rate are missing; found hello; fx_rates has the columns rate_date, base, quote, rate"; first.Err == nil || first.Err.Error() != want {
		t.Error(first.Err)
	}
	none := feedtest.Read[pipeline.FXRate](t, "fx_rates.xlsx", content, func(o *feed.Options) { o.Sheet = "Kurse" })
	if want := `read fx_rates.xlsx: no sheet is called "Kurse"; found Sheet1, Rates; mend sheet in carat.yaml`; none.Err == nil || none.Err.Error() != want {
		t.Error(none.Err)
	}
}

// sheetFile makes the parts of a workbook by hand.
func sheetFile(t testing.TB, book, sheet string, more ...feedtest.ZipEntry) []byte {
	t.Helper()
	return feedtest.Zipped(t, append([]feedtest.ZipEntry{
		{Name: "[Content_Types].xml", Text: "<Types/>"},
		{Name: "xl/workbook.xml", Text: `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">` + book + `<sheets><sheet name="S" r:id="rId1"/></sheets></workbook>`},
		{Name: "xl/_rels/workbook.xml.rels", Text: `<Relationships><Relationship Id="rId1" Target="/xl/worksheets/sheet1.xml"/></Relationships>`},
		{Name: "xl/worksheets/sheet1.xml", Text: `<worksheet><sheetData>` + sheet + `</sheetData></worksheet>`},
	}, more...)...)
}

const rateSheetHeader = `<row><c t="inlineStr"><is><t>rate_date</t></is></c><c t="inlineStr"><is><r><t>ba</t></r><r><t>se</t></r></is></c><c t="str"><v>quote</v></c><c t="s"><v>0</v></c></row>`

func TestWorkbookQuirks(t *testing.T) {
	rate := feedtest.ZipEntry{Name: "xl/sharedStrings.xml", Text: `<sst><si><t>rate</t></si></sst>`}
	row := func(cells string) string { return rateSheetHeader + "<row>" + cells + "</row>" }
	good := `<c><v>46296</v></c><c t="str"><v>EUR</v></c><c t="str"><v>USD</v></c><c><v>1.1599999999999999</v></c>`
	for name, c := range map[string]struct {
		content []byte
		want    string
	}{
		"numbers of 17 digits": {sheetFile(t, "", row(good), rate), "2026-10-01 EUR/USD 1.16"},
		"days from 1904":       {sheetFile(t, `<workbookPr date1904="1"/>`, row(strings.Replace(good, "46296", "44834", 1)), rate), "2026-10-01 EUR/USD 1.16"},
		"an exponent":          {sheetFile(t, "", row(strings.Replace(good, "1.1599999999999999", "1.16E-2", 1)), rate), "2026-10-01 EUR/USD 0.0116"},
		"places":               {sheetFile(t, "", row(`<c r="D2"><v>1.5</v></c><c r="A2"><v>46296</v></c><c r="B2" t="str"><v>EUR</v></c><c t="str"><v>USD</v></c>`), rate), "2026-10-01 EUR/USD 1.5"},
		"an error":             {sheetFile(t, "", row(strings.Replace(good, `<c><v>1.15`, `<c t="e"><v>#N/A`, 1)), rate), "reject rate not_a_number"},
		"a number for a word":  {sheetFile(t, "", row(strings.Replace(good, `<c t="str"><v>EUR`, `<c><v>5`, 1)), rate), "reject base bad_currency"},
		"a day below nought":   {sheetFile(t, "", row(strings.Replace(good, `46296`, `-1`, 1)), rate), "reject rate_date out_of_range"},
		"no such text":         {sheetFile(t, "", row(`<c t="s"><v>7</v></c>`), rate), `read fx_rates.xlsx: broken workbook: row 2: it has no text number "7"; have it exported again, as .xlsx or CSV`},
		"no such cell":         {sheetFile(t, "", row(`<c r="7A"><v>7</v></c>`), rate), `read fx_rates.xlsx: broken workbook: row 2: no cell is called "7A"; have it exported again, as .xlsx or CSV`},
		"a far cell":           {sheetFile(t, "", row(`<c r="XFD2"><v>7</v></c>`), rate), `read fx_rates.xlsx:2: a cell in column 16384, beyond 1024 columns`},
		"a far empty cell":     {sheetFile(t, "", row(good+`<c r="XFD2"/>`), rate), "2026-10-01 EUR/USD 1.16"},
		"no rows":              {sheetFile(t, "", "", rate), "read fx_rates.xlsx: the file is empty; a file without rows still has a header"},
		"cut XML":              {sheetFile(t, "", "<row><c", rate), "read fx_rates.xlsx: broken workbook: the sheet: XML syntax error on line 1: "},
		"a bomb":               {sheetFile(t, "", strings.Repeat(" ", 20<<20), rate), "read fx_rates.xlsx: a workbook with a part that unfolds from "},
		"no sheet":             {feedtest.Zipped(t, feedtest.ZipEntry{Name: "xl/workbook.xml", Text: "<workbook/>"}, feedtest.ZipEntry{Name: "xl/_rels/workbook.xml.rels", Text: "<Relationships/>"}), "read fx_rates.xlsx: broken workbook: it has no sheets; have it exported again, as .xlsx or CSV"},
		"no relations":         {feedtest.Zipped(t, feedtest.ZipEntry{Name: "xl/workbook.xml", Text: "<workbook/>"}), "read fx_rates.xlsx: broken workbook: it has no xl/_rels/workbook.xml.rels; have it exported again, as .xlsx or CSV"},
		"a password":           {[]byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 and so on"), "read fx_rates.xlsx: an Excel file of the old format, or one with a password; have it exported as .xlsx or CSV, without a password"},
	} {
		out := feedtest.Read[pipeline.FXRate](t, "fx_rates.xlsx", c.content, nil)
		got := ""
		switch {
		case out.Err != nil:
			got = out.Err.Error()
		case len(out.Rejects) > 0:
			got = "reject " + out.Rejects[0].Column + " " + out.Rejects[0].Code
		case len(out.Rows) == 1:
			got = fmt.Sprintf("%s %s/%s %s", lex.DateText(nil, int64(out.Rows[0].RateDate)), out.Rows[0].Base, out.Rows[0].Quote, pipeline.Rate(out.Rows[0].Rate))
		}
		if got != c.want && !(strings.HasSuffix(c.want, " ") && strings.HasPrefix(got, c.want)) {
			t.Errorf("%s:\n got %s\nwant %s", name, got, c.want)
		}
	}
	long := feedtest.Read[pipeline.BankLine](t, "bank_lines.xlsx", feedtest.WorkbookOf(t, nil, bankHeader, []any{7.1377286321428434e18, "acct", "2026-10-02T00:00:00Z", 1, "EUR"}), nil)
	if len(long.Rejects) != 1 || !strings.HasPrefix(feedtest.RejectText(long.Rejects[0]), `bank_lines.xlsx:2 line_id bad_id "71377286321428`) {
		t.Errorf("an id that lost its last digits: %q", feedtest.Texts(long.Rejects))
	}
}

// FuzzWorkbook mutates the parts of a workbook; mutating the zip would break
// little but its checksums.
func FuzzWorkbook(f *testing.F) {
	f.Add(`<workbookPr date1904="1"/>`, rateSheetHeader+`<row><c><v>46296</v></c><c t="str"><v>EUR</v></c><c t="str"><v>USD</v></c><c><v>1.16</v></c></row>`, `<sst><si><t>rate</t></si></sst>`)
	f.Add("", `<row r="3">`+rateSheetHeader[len("<row>"):], `<sst><si><r><t>ra</t></r><r><t>te</t></r></si></sst>`)
	f.Fuzz(func(t *testing.T, book, sheet, texts string) {
		out := feedtest.Read[pipeline.FXRate](t, "fx_rates.xlsx", sheetFile(t, book, sheet, feedtest.ZipEntry{Name: "xl/sharedStrings.xml", Text: texts}), nil)
		if out.Err != nil && pipeline.KindOf(out.Err) != pipeline.KindBadInput {
			t.Errorf("kind %d: %v", pipeline.KindOf(out.Err), out.Err)
		}
	})
}
