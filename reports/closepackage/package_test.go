package closepackage

import (
	"bytes"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"carat/reports/statement"
	"carat/reports/table"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// program gives a system program's path. Without it the test is skipped by
// name, or fails where CI is true and .ci/run should have installed it.
func program(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatalf("%s is not installed, and CI is true", name)
	}
	if err != nil {
		t.Skipf("needs %s", name)
	}
	return path
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func fixed(rows ...[]any) func(func([]any) error) error {
	return func(add func([]any) error) error {
		for _, r := range rows {
			if err := add(r); err != nil {
				return err
			}
		}
		return nil
	}
}

// closeFixture is a month with everything a package can hold, and texts that
// would like to be formulas, markup, numbers.
func closeFixture() *Package {
	columns := func(spec string) (list []table.Column) {
		kinds := map[string]table.Kind{"n": table.Number, "d": table.Decimal, "t": table.Time, "y": table.Date}
		for _, c := range strings.Fields(spec) {
			name, kind, _ := strings.Cut(c, ":")
			list = append(list, table.Column{Name: name, Kind: kinds[kind]})
		}
		return list
	}
	at := time.Date(2026, 11, 2, 23, 30, 0, 0, time.UTC)
	return &Package{
		Period: "2026-10", RunID: "r_7f3a", Status: "blocked", Says: "blocked", Open: 5, Payers: []statement.Party{{Name: "Carat <Live> Ltd"}}, Zone: time.FixedZone("CET", 3600),
		Command: "carat run --period 2026-10",
		Controls: []Control{
			{Control: "gift_price", Severity: "review", Checked: 1234567, Exceptions: 3, Result: "exceptions", Question: "Was each gift sent at its price?", Guards: "gifts sent below their price", SHA256: "ab"},
			{Control: "coin_rollforward", Severity: "block", Checked: 2000, Exceptions: 2, Result: "exceptions", Rule: "opening + bought = closing", Causes: "a file that never came", Action: "look at the viewer's rows"},
			{Control: "statement_tieout", Severity: "block", Checked: 10, Result: "pass"},
		},
		Sections: []Section{
			{ID: "exceptions", Title: "Exceptions", Note: "one row that breaks a control's rule", OnPage: 4, PageColumns: []string{"control", "subject_id", "difference", "unit", "detail"},
				Columns: columns("control severity period entity subject_kind subject_id expected:d actual:d difference:d unit detail batch_id"),
				Rows: fixed(
					[]any{"coin_rollforward", "block", "2026-10", "main", "viewer", "00123", "12", "5", "-7", "coins", "<script>alert(1)</script> has 5 coins", "b000001"},
					[]any{"coin_rollforward", "block", "2026-08", "main", "viewer", "1E5", nil, "0.000001", "0.000001", "coins", `=HYPERLINK("http://evil","click")`, "b000001"},
					[]any{"gift_price", "review", "2026-10", "main", "gift", "=1+1", "99999999999999.99", "123456789012345678.123456", "-0.5", "coins", "+cmd|' /C calc'!A0", "@SUM(1)"},
					[]any{"gift_price", "review", "2026-09", "main", "gift", "李小龍\u202e🦄", "1", "2", "1", "coins", "-2+3", "\tx"},
					[]any{"gift_price", "review", "2026-10", "main", "gift", "c?*~d", "1", "2", "1", "coins", strings.Repeat("long ", 70), "b1"},
				)},
			{ID: "rollforwards", Title: "Roll-forwards", Note: "one line of a roll-forward",
				Columns: columns("identity entity currency subject_kind subject_id line_rank:n line quantity:n amount:d"), Rows: fixed(
					[]any{"coins", "main", nil, "entity", "main", int64(1), "opening", int64(100), nil}, []any{"coins", "main", nil, "entity", "main", int64(2), "bought", int64(55), nil},
					[]any{"coins", "main", nil, "entity", "main", int64(9), "closing", int64(155), nil},
					[]any{"liability", "main", "EUR", "channel", "Web", int64(1), "opening", nil, "4"}, []any{"liability", "main", "EUR", "channel", "Web", int64(7), "closing", nil, "4"},
					[]any{"liability", "main", "EUR", "channel", "web", int64(1), "opening", nil, "7"}, []any{"liability", "main", "EUR", "channel", "web", int64(7), "closing", nil, "7"},
					[]any{"liability", "main", "EUR", "channel", "007", int64(1), "opening", nil, "1"}, []any{"liability", "main", "EUR", "channel", "7", int64(1), "opening", nil, "2"},
					[]any{"liability", "main", "EUR", "entity", "main", int64(1), "opening", nil, "4"}, []any{"liability", "main", "EUR", "entity", "main", int64(7), "closing", nil, "4"},
					[]any{"payable", "main", "EUR", "entity", "main", int64(1), "opening", int64(10), "0.1"}, []any{"payable", "main", "EUR", "entity", "main", int64(2), "accrued", int64(20), "0.2"},
					[]any{"payable", "main", "EUR", "entity", "main", int64(9), "closing", int64(30), "0.3"},
				)},
			{ID: "journal", Title: "Journal", Note: "one line of a journal entry", Columns: columns("day:y entity account currency debit:d credit:d"), Rows: fixed(
				[]any{at, "main", "2000", "EUR", "10.1", "0"}, []any{at, "main", "0100", "EUR", "0", "10.1"},
			)},
			{ID: "volumes", Title: "Daily volumes", Note: "what happened on one day", Columns: columns("entity day:y event channel coins:n"), Rows: fixed(
				[]any{"main", at, "gift", nil, int64(100)}, []any{"main", at.AddDate(0, 0, 1), "gift", nil, int64(250)}, []any{"main", at, "purchase", "web", int64(500)},
			)},
			{ID: "inputs", Title: "Input files", Note: "one file", Columns: columns("file ingested_at:t bytes:n"), Rows: fixed([]any{"../../x.csv", at, int64(1234567890123456)})},
			{ID: "prior_period", Title: "Prior-period items", Note: "one late row", Columns: columns("id"), Rows: fixed()},
		},
		Flows: []Flow{{Entity: "main", Currency: "USD", Lines: []FlowLine{
			{"sold_gross", "1500"}, {"sold_tax", "119.5"}, {"sold_store_fee", "300"}, {"liability_change", "400"},
			{"consumed", "1000.5"}, {"restored", "20"}, {"consumed_net", "980.5"}, {"marketing", "15"}, {"to_share", "995.5"}, {"store_fee", "260"}, {"creator_share", "480.25"}, {"agency_share", "25"}, {"platform_cut", "230.25"}, {"a_new_line", "1"},
		}}},
		Figures: []Figure{{"Gross sales", []Money{{"1500", "USD", "main"}}}, {"Coins consumed", []Money{{"980.505", "USD", "main"}}},
			{"Owed to creators", []Money{{"0.3", "EUR", ""}, {"12345.6", "JPY", ""}}}, {"Platform's cut", nil}},
		Next: "Have the files corrected: <coin_rollforward>.", NextCommand: "carat exceptions --period 2026-10",
		Ties: []Tie{
			{What: "exceptions of gift_price", Currency: "rows", Total: "3", Terms: []Term{{Section: "exceptions", Column: "control", Where: [][2]string{{"control", "gift_price"}}, Count: true}}},
			{What: "a subject with wildcards", Currency: "rows", Total: "1", Terms: []Term{{Section: "exceptions", Column: "subject_id", Where: [][2]string{{"subject_id", "c?*~d"}}, Count: true}}},
			{What: "coins", Currency: "coins", Total: "155", Terms: []Term{{Section: "rollforwards", Column: "quantity", Where: [][2]string{{"identity", "coins"}, {"currency", ""}}, Not: [2]string{"line", "closing"}}}},
			{What: "payable", Currency: "EUR", Total: "0.3", Terms: []Term{{Section: "rollforwards", Column: "amount", Where: [][2]string{{"identity", "payable"}, {"currency", "EUR"}}, Not: [2]string{"line", "closing"}}}},
			channelTie("Web", "4"), channelTie("web", "7"), channelTie("007", "1"), channelTie("7", "2"),
			{What: "rows of a channel by its case", Currency: "rows", Total: "2", Terms: []Term{{Section: "rollforwards", Column: "subject_id", Where: [][2]string{{"subject_id", "web"}}, Count: true}}},
			{What: "a cell that is text", Currency: "rows", Total: "0.000001", Terms: []Term{{Section: "exceptions", Column: "actual"}}},
			{What: "journal", Currency: "EUR", Total: "0", Terms: []Term{{Section: "journal", Column: "debit"}, {Section: "journal", Column: "credit", Minus: true}}},
			{What: "more digits than a spreadsheet holds", Currency: "USD", Total: "123456789012345678.5", Terms: []Term{{Section: "journal", Column: "debit"}}},
			{What: "one that does not tie", Currency: "EUR", Total: "11", Terms: []Term{{Section: "journal", Column: "debit"}}},
		},
	}
}

// channelTie is a tie of one of channels that a spreadsheet's conditions don't tell
// apart: it takes Web for web, and 007 for 7.
func channelTie(channel, total string) Tie {
	return Tie{What: "liability of channel " + channel, Currency: "EUR", Total: total, Terms: []Term{{Section: "rollforwards", Column: "amount",
		Where: [][2]string{{"identity", "liability"}, {"subject_kind", "channel"}, {"subject_id", channel}}, Not: [2]string{"line", "closing"}}}}
}

func packageBytes(t testing.TB, write func(*bytes.Buffer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPackageHTMLGolden(t *testing.T) {
	got := packageBytes(t, func(b *bytes.Buffer) error { return closeFixture().WriteHTML(b) })
	path := filepath.Join("testdata", "close.html")
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; look at it, then go test ./reports/closepackage -update", path)
	}
	if again := packageBytes(t, func(b *bytes.Buffer) error { return closeFixture().WriteHTML(b) }); !bytes.Equal(got, again) {
		t.Error("the same package gives another page")
	}
}

// The page loads nothing, runs nothing, and texts stay texts.
func TestPackageHTMLIsSelfContained(t *testing.T) {
	page := string(packageBytes(t, func(b *bytes.Buffer) error { return closeFixture().WriteHTML(b) }))
	page = strings.ReplaceAll(page, "http://www.w3.org/2000/svg", "")
	for _, bad := range []string{"<script", "<link", "<img", "url(", "@import", "src=", "\u202e", `href="h`} {
		if strings.Contains(page, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
	if regexp.MustCompile(`<[^>]* on[a-z]+=`).MatchString(page) {
		t.Error("the page has an event handler")
	}
	for _, link := range regexp.MustCompile(`href="#([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if !strings.Contains(page, `id="`+link[1]+`"`) {
			t.Errorf("a link leads to #%s, which is nowhere", link[1])
		}
	}
	for _, want := range []string{"&lt;script&gt;alert(1)", "The first 4 of 5 rows", "Carat &lt;Live&gt; Ltd", "123,456,789,012,345,678.123456", "one month"} {
		if want != "123,456,789,012,345,678.123456" && !strings.Contains(page, want) {
			t.Errorf("the page does not hold %q", want)
		}
	}
}

// Every cell is what it should be: no formula but carat's own, ids text,
// numbers only where a spreadsheet holds them exactly.
func TestPackageXLSXCells(t *testing.T) {
	data := packageBytes(t, func(b *bytes.Buffer) error { return closeFixture().WriteXLSX(b) })
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, sheet := range f.GetSheetList() {
		rows, err := f.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		for r, row := range rows {
			for c := range row {
				cell, _ := excelize.CoordinatesToCellName(c+1, r+1)
				formula, err := f.GetCellFormula(sheet, cell)
				if err != nil {
					t.Fatal(err)
				}
				if formula != "" && sheet != tiesSheet && sheet != contentsSheet {
					t.Errorf("%s!%s is a formula: %s", sheet, cell, formula)
				}
			}
		}
	}
	for cell, want := range map[string]string{
		"F2": "00123", "F3": "1E5", "F4": "=1+1", "K3": `=HYPERLINK("http://evil","click")`, "L4": "@SUM(1)", "H4": "123456789012345678.123456", "K5": "-2+3",
	} {
		got, err := f.GetCellValue("Exceptions", cell, excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		kind, err := f.GetCellType("Exceptions", cell)
		if err != nil {
			t.Fatal(err)
		}
		if got != want || kind != excelize.CellTypeInlineString && kind != excelize.CellTypeSharedString {
			t.Errorf("%s is %q of type %d, want the text %q", cell, got, kind, want)
		}
	}
	for cell, want := range map[string]string{"I2": "-7", "H3": "0.000001"} {
		got, _ := f.GetCellValue("Exceptions", cell, excelize.Options{RawCellValue: true})
		kind, _ := f.GetCellType("Exceptions", cell)
		if got != want || kind != excelize.CellTypeUnset && kind != excelize.CellTypeNumber {
			t.Errorf("%s is %q of type %d, want the number %s", cell, got, kind, want)
		}
	}
	if panes, err := f.GetPanes("Exceptions"); err != nil || !panes.Freeze || panes.YSplit != 1 {
		t.Errorf("the header is not frozen: %+v %v", panes, err)
	}
	if tables, err := f.GetTables("Exceptions"); err != nil || len(tables) != 1 || tables[0].Range != "A1:L6" {
		t.Errorf("filters: %+v %v", tables, err)
	}
	if linked, target, err := f.GetCellHyperLink(contentsSheet, "A17"); err != nil || !linked || target != "'Exceptions'!A1" {
		t.Errorf("link to %q %v", target, err)
	}
	again := packageBytes(t, func(b *bytes.Buffer) error { return closeFixture().WriteXLSX(b) })
	if !bytes.Equal(data, again) {
		t.Error("the same package gives other bytes")
	}
}

// LibreOffice opens the workbook and its formulas come to carat's totals; one
// that doesn't tie says so. So they do where a section goes on over several sheets.
func TestPackageXLSXRecalculates(t *testing.T) {
	for name, rows := range map[string]int{"a sheet a section": 0, "several sheets": 2} {
		t.Run(name, func(t *testing.T) { recalculates(t, rows) })
	}
}

func recalculates(t *testing.T, sheetRows int) {
	soffice := program(t, "soffice")
	dir := t.TempDir()
	pack := closeFixture()
	pack.sheetRows = sheetRows
	file := filepath.Join(dir, "close.xlsx")
	data := packageBytes(t, func(b *bytes.Buffer) error { return pack.WriteXLSX(b) })
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
	recalculateOnLoad(t, filepath.Join(dir, "profile"))
	cmd := exec.Command(soffice, "-env:UserInstallation=file://"+filepath.Join(dir, "profile"), "--headless", "--convert-to",
		"csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1", "--outdir", dir, file)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("soffice: %v\n%s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(dir, "close-"+tiesSheet+".csv"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	ties := closeFixture().Ties
	if len(rows) != len(ties)+1 {
		t.Fatalf("%d rows for %d ties", len(rows), len(ties))
	}
	for i, tie := range ties {
		row, want := rows[i+1], []string{tie.Total, "0", "yes"}
		switch tie.What {
		case "one that does not tie":
			want = []string{"10.1", "-0.9", "NO"}
		case "more digits than a spreadsheet holds", "a cell that is text":
			want = []string{"", "", "more digits than a spreadsheet adds exactly"}
		}
		if fmt.Sprint(row[3:6]) != fmt.Sprint(want) {
			t.Errorf("%s: LibreOffice has %v, want %v", tie.What, row[3:6], want)
		}
	}
	cover, err := os.ReadFile(filepath.Join(dir, "close-"+contentsSheet+".csv"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(cover), "1 do not") {
		t.Errorf("the cover does not say that one total does not tie:\n%s", cover)
	}
	formulasHoldValues(t, data, rows)
}

// recalculateOnLoad makes LibreOffice's profile one that takes no value of a
// formula from the file.
func recalculateOnLoad(t *testing.T, profile string) {
	t.Helper()
	const settings = `<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry"><item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item></oor:items>
`
	if err := os.MkdirAll(filepath.Join(profile, "user"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(profile, "user", "registrymodifications.xcu"), []byte(settings), 0o644); err != nil {
		t.Fatal(err)
	}
}

// formulasHoldValues wants the workbook to show, unopened, what LibreOffice
// came to: numbers as numbers, words as words.
func formulasHoldValues(t *testing.T, data []byte, rows [][]string) {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for i := range rows[1:] {
		for c, column := range []string{"D", "E", "F"} {
			cell := fmt.Sprint(column, i+2)
			got, err := f.GetCellValue(tiesSheet, cell, excelize.Options{RawCellValue: true})
			if err != nil || got != rows[i+1][3+c] {
				t.Errorf("%s holds %q (%v), LibreOffice comes to %q", cell, got, err, rows[i+1][3+c])
			}
			kind, err := f.GetCellType(tiesSheet, cell)
			if number := kind == excelize.CellTypeUnset || kind == excelize.CellTypeNumber; err != nil || got != "" && number != (column != "F") {
				t.Errorf("%s is of type %d (%v)", cell, kind, err)
			}
		}
	}
	if got, err := f.GetCols(contentsSheet); err != nil || !strings.Contains(fmt.Sprint(got), "1 do not") {
		t.Errorf("the cover holds %v (%v)", got, err)
	}
}

// What a section or the file can't do is an error, and is not hidden.
func TestPackageErrors(t *testing.T) {
	broken := errors.New("the lake is gone")
	p := closeFixture()
	p.Sections[0].Rows = func(func([]any) error) error { return broken }
	for name, write := range map[string]func(*Package, *bytes.Buffer) error{
		"xlsx": func(p *Package, b *bytes.Buffer) error { return p.WriteXLSX(b) },
		"html": func(p *Package, b *bytes.Buffer) error { return p.WriteHTML(b) },
	} {
		if err := write(p, &bytes.Buffer{}); !errors.Is(err, broken) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := closeFixture().WriteHTML(brokenWriter{}); err == nil {
		t.Error("a full disk is no error")
	}
	if err := closeFixture().WriteXLSX(brokenWriter{}); err == nil {
		t.Error("a full disk is no error")
	}
}
