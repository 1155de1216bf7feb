package feedtest

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"carat/pipeline"
	"carat/pipeline/feed"
	"carat/pipeline/feed/lex"
)

// ReportFile reads one of our own files in a published layout.
func ReportFile(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "reports", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// lineText is what a settlement line says, without its id.
func lineText(r pipeline.SettlementLine) string {
	var parts []string
	add := func(name, value string) {
		if value != "" {
			parts = append(parts, name+" "+value)
		}
	}
	amount := func(v *int64) string {
		if v == nil {
			return ""
		}
		return pipeline.Amount(*v).String()
	}
	at := func(v *int64) string {
		if v == nil {
			return ""
		}
		return time.UnixMicro(*v).UTC().Format("2006-01-02T15:04:05.999999")
	}
	parts = append(parts, fmt.Sprint(r.SourceLine), r.Channel, r.ReportID, r.Kind)
	add("order", r.StoreTransactionID)
	add("sku", r.SKU)
	add("in", r.Country)
	if r.Quantity != nil {
		parts = append(parts, fmt.Sprint("x", *r.Quantity))
	}
	add("gross", pipeline.Amount(r.GrossAmount).String())
	add("tax", amount(r.TaxAmount))
	add("fee", amount(r.FeeAmount))
	add("net", pipeline.Amount(r.NetAmount).String())
	parts = append(parts, r.Currency)
	add("paid", amount(r.CustomerAmount))
	add("", r.CustomerCurrency)
	add("at", at(r.TransactionAt))
	add("settled", at(r.SettledAt))
	if r.CoversFrom != nil {
		add("covers", at(r.CoversFrom)+"/"+at(r.CoversTo))
	}
	add("bank", r.BankReference)
	return strings.ReplaceAll(strings.Join(parts, " "), "  ", " ")
}

// CheckReports reads files of testdata/reports and compares what their lines say
// with what is wanted, by file. The format's name begins the file's.
func CheckReports(t *testing.T, reports map[string][]string) {
	t.Helper()
	for name, want := range reports {
		out := Read[pipeline.SettlementLine](t, name, []byte(ReportFile(t, name)), nil)
		if out.Err != nil || len(out.Rejects) > 0 {
			t.Errorf("%s: %v %q", name, out.Err, Texts(out.Rejects))
			continue
		}
		var got []string
		ids := map[string]bool{}
		for _, r := range out.Rows {
			got = append(got, lineText(r))
			ids[r.LineID] = true
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s:\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if len(ids) != len(out.Rows) {
			t.Errorf("%s: %d ids of %d lines", name, len(ids), len(out.Rows))
		}
		stem, _, _ := strings.Cut(name, ".")
		if !strings.HasPrefix(stem, out.Report.Format.Name) {
			t.Errorf("%s was taken for %s", name, out.Report.Format)
		}
	}
}

// unplaced is a row without what says where it was read.
func unplaced(r pipeline.SettlementLine) pipeline.SettlementLine {
	r.Lineage = pipeline.Lineage{}
	return r
}

// CheckTheSameAgain says that a file of testdata/reports under another name, packed
// or encoded otherwise, gives the same rows with the same ids.
func CheckTheSameAgain(t *testing.T) {
	t.Helper()
	files, err := os.ReadDir(filepath.Join("testdata", "reports"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text := ReportFile(t, f.Name())
		first := Read[pipeline.SettlementLine](t, f.Name(), []byte(text), nil)
		if first.Err != nil && strings.Contains(first.Err.Error(), "not settlement_lines") {
			continue
		}
		lines := strings.ReplaceAll(text, "\r\n", "\n")
		for name, content := range map[string][]byte{
			"settlement_lines-2.csv": []byte(strings.ReplaceAll(lines, "\n", "\r\n")),
			"a mark.txt":             []byte(lex.ByteOrderMark + text),
			"no last end.txt":        []byte(strings.TrimRight(text, "\r\n")),
			"packed.txt.gz":          Gzipped(t, text),
			"packed.txt.zst":         Zstandard(t, text, 1<<20),
			"packed.zip":             Zipped(t, ZipEntry{f.Name(), text}),
			"utf-16le.txt":           []byte(UTF16Text(text, false, true)),
			"utf-16be.txt":           []byte(UTF16Text(text, true, true)),
			"utf-16le bare.txt":      []byte(UTF16Text(text, false, false)),
			"utf-16be bare.txt":      []byte(UTF16Text(text, true, false)),
			"utf-16.txt.gz":          Gzipped(t, UTF16Text(text, true, true)),
		} {
			again := Read[pipeline.SettlementLine](t, name, content, nil)
			if again.Err != nil || len(again.Rows) != len(first.Rows) || len(again.Rejects) > 0 {
				t.Errorf("%s as %s: %d rows, %q, %v", f.Name(), name, len(again.Rows), Texts(again.Rejects), again.Err)
				continue
			}
			for i := range again.Rows {
				if a, b := unplaced(first.Rows[i]), unplaced(again.Rows[i]); !reflect.DeepEqual(a, b) {
					t.Errorf("%s as %s, row %d:\n%+v\n%+v", f.Name(), name, i, a, b)
				}
			}
		}
	}
}

// Again ends the refusal of a report whose own totals don't match.
const Again = "; a part of it is missing, or it was changed; download it again"

// Refusal is a file that is refused whole, and the error or its beginning; "" if
// the file is taken.
type Refusal struct{ Content, Want string }

// CheckRefused reads files that are refused whole.
func CheckRefused(t *testing.T, refusals map[string]Refusal) {
	t.Helper()
	for name, c := range refusals {
		out := Read[pipeline.SettlementLine](t, "r.txt", []byte(c.Content), func(o *feed.Options) {
			o.Accounts = []string{"Live Inc", "com.example.live", "EXAMPLE BANK -****1299", "acct_1"}
		})
		got := ""
		if out.Err != nil {
			got = out.Err.Error()
			if pipeline.KindOf(out.Err) != pipeline.KindBadInput {
				t.Errorf("%s: kind %d", name, pipeline.KindOf(out.Err))
			}
		}
		if !strings.HasPrefix(got, c.Want) || c.Want == "" && got != "" || strings.HasSuffix(c.Want, Again) && got != c.Want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, c.Want)
		}
	}
}

// ChangedLine is a report in which one text is changed for another, and the
// reject that follows; "" if none does.
type ChangedLine struct{ Text, Old, New, Want string }

// CheckRejectedLines says that a line that can't be read is rejected with what was
// expected, and the others go on.
func CheckRejectedLines(t *testing.T, changes []ChangedLine) {
	t.Helper()
	for _, c := range changes {
		if !strings.Contains(c.Text, c.Old) {
			t.Fatalf("no %q", c.Old)
		}
		good := Read[pipeline.SettlementLine](t, "r.txt", []byte(c.Text), nil)
		out := Read[pipeline.SettlementLine](t, "r.txt", []byte(strings.Replace(c.Text, c.Old, c.New, 1)), nil)
		rejected := 1
		if c.Want == "" {
			rejected = 0
		}
		if out.Err != nil || len(out.Rejects) != rejected || len(out.Rows) != len(good.Rows)-rejected {
			t.Errorf("%q: %d rows, %q, %v", c.New, len(out.Rows), Texts(out.Rejects), out.Err)
			continue
		}
		if rejected == 1 && RejectText(out.Rejects[0]) != c.Want {
			t.Errorf("%q:\n got %s\nwant %s", c.New, RejectText(out.Rejects[0]), c.Want)
		}
	}
}
