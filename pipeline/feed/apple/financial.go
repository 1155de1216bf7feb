package apple

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
	"carat/pipeline/feed/published"
)

// Apple's reports. Column names and layouts: App Store Connect Help, "Financial
// report fields", "Sales and trends metrics"; spellings differ over the years.

// Formats gives the formats of Apple's reports, in the order in which they are asked.
func Formats() []published.Format {
	return []published.Format{
		{Name: "apple-financial", Feeds: []string{"settlement_lines"}, Sniff: func(head []byte, _ string) bool {
			return published.HasHeader(head, "\t,;", "start date", "end date", "extended partner share", appleSaleOrReturn)
		}, Read: readAppleFinancial},
		{Name: "apple-detail", Feeds: []string{"settlement_lines"}, Sniff: sniffAppleDetail, Read: readAppleDetail},
		{Name: "apple-payments", Feeds: []string{"settlement_lines"}, Sniff: sniffApplePayments, Read: readApplePayments},
		{Name: "apple-sales", Feeds: []string{"settlement_lines"}, Sniff: func(head []byte, _ string) bool {
			return published.HasHeader(head, "\t,;", "provider", "units", "developer proceeds", "begin date", "country code")
		}, Read: readAppleSales},
	}
}

const (
	totalRows         = "Total_Rows"
	appleSaleOrReturn = "sales or return|sale or return"
	appleSKU          = "vendor identifier|sku"
	appleIdentifier   = "apple identifier"
	appleCountry      = "country of sale"
	appleProductType  = "product type identifier|product type"
)

// appleReport is a financial report of either layout while it is read.
type appleReport struct {
	*published.Report
	columns published.Columns
	detail  bool
	ids     *published.RowIDs
	zone    *time.Location
	tables  bool // lines of the table behind the totals follow

	rows       int64
	amount     pipeline.Sum
	units      pipeline.Sum               // of sales
	unread     int64                      // line of the first number that could not be read
	perCountry map[string][2]pipeline.Sum // quantity and extended partner share, by country and currency
	totals     map[string]bool            // those that were found
	from, to   int64                      // covered by a detailed report, as its preamble says
	period     string                     // of a detailed report
}

// readAppleFinancial reads a financial report: one line per product, country,
// price and fiscal month. There are no order ids: lines are aggregates.
func readAppleFinancial(r *published.Report) error {
	recs := r.Records('\t', published.QuotesPlain)
	c, err := recs.Header("apple-financial")
	if err != nil {
		return err
	}
	if len(c.Names) < 2 {
		return resaved(r, recs.Line)
	}
	if err := c.Need(r, recs.Line, "start date", "end date", "quantity", "extended partner share", "partner share currency", appleSaleOrReturn, appleCountry); err != nil {
		return err
	}
	if err := checkVendor(r); err != nil {
		return err
	}
	r.Renamed(c, recs.Line, financialIdentity, "quantity", "extended partner share")
	return newAppleReport(r, c, false).read(recs)
}

// resaved is the error of a report whose tabs are gone.
func resaved(r *published.Report, line int64) error {
	return r.Refuse(line, "its columns are not parted by tabs, as Apple does: a spreadsheet saved it again and may have changed numbers and dates").
		WithHint("download the file again and leave it as it is")
}

func newAppleReport(r *published.Report, c published.Columns, detail bool) *appleReport {
	return &appleReport{Report: r, columns: c, detail: detail, ids: published.NewRowIDs(), zone: published.Pacific(),
		perCountry: map[string][2]pipeline.Sum{}, totals: map[string]bool{}}
}

func (a *appleReport) read(recs *published.Records) error {
	for {
		cells, err := recs.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		switch name, value, isTotal := appleTotal(cells); {
		case isTotal:
			err = a.total(recs.Line, name, value)
		case len(a.totals) == 0:
			a.rows++
			if !a.columns.Fits(cells) {
				a.lost(recs.Line)
				err = recs.WrongCount(a.columns, cells)
			} else if a.detail {
				err = a.detailRow(recs.Line, cells)
			} else {
				err = a.financialRow(recs.Line, cells)
			}
		case published.ColumnsOf("", cells).Has("country of sale", "partner share currency", "quantity", "extended partner share"):
			a.tables = true
			a.columns = published.ColumnsOf("apple-financial", cells)
		case a.tables:
			err = a.countryRow(recs.Line, cells)
		default:
			err = a.Refuse(recs.Line, "text behind the totals: %q", lex.Cut80(recs.Raw)).WithHint(compareHint)
		}
		if err != nil {
			return err
		}
	}
	if !a.totals[totalRows] {
		return a.Refuse(recs.Lines, "the report ends without Total_Rows: a part of it is missing").WithHint("download it again")
	}
	if a.tables && len(a.perCountry) > 0 {
		first := slices.Min(slices.Collect(maps.Keys(a.perCountry)))
		return a.Refuse(recs.Lines, "the table of countries has no line for %s, which the report has lines of", first).WithHint(compareHint)
	}
	return nil
}

// appleTotal tells a trailer: Total_Rows and a tab or a colon before its value.
func appleTotal(cells []string) (name, value string, ok bool) {
	if !strings.HasPrefix(cells[0], "Total_") {
		return "", "", false
	}
	name, value, colon := strings.Cut(cells[0], ":")
	if !colon && len(cells) > 1 {
		value = cells[1]
	}
	return strings.TrimSpace(name), strings.TrimSpace(value), true
}

// total compares one of the report's own totals with its lines.
func (a *appleReport) total(line int64, name, value string) error {
	var have, want string
	switch name {
	case totalRows:
		n, code := published.WholeOf(value)
		if code != pipeline.CodeOK {
			return a.badTotal(line, name, value)
		}
		have, want = fmt.Sprint(a.rows), fmt.Sprint(n)
	case "Total_Amount":
		v, code := published.AmountOf(value)
		if code != pipeline.CodeOK {
			return a.badTotal(line, name, value)
		}
		have, want = pipeline.DecimalText(a.amount.Big(), pipeline.AmountDigits), pipeline.Amount(v).String()
	case "Total_Units":
		n, code := published.WholeOf(value)
		if code != pipeline.CodeOK {
			return a.badTotal(line, name, value)
		}
		have, want = a.units.Big().String(), fmt.Sprint(n)
	default:
		a.Note("%s: %s is %s, which is held against nothing: it is a total that carat doesn't know", lex.Place(a.Name, line), lex.Shown(name), lex.Shown(value))
		return nil
	}
	a.totals[name] = true
	if have == want {
		return nil
	}
	e := a.Refuse(line, "the report's own total doesn't match its lines: %s: expected %s, actual %s", name, want, have)
	if a.unread > 0 {
		return e.WithHint("the line %s can't be read; download the report again", lex.Place(a.Name, a.unread))
	}
	return e.WithHint("a part of it is missing, or it was changed; download it again")
}

func (a *appleReport) badTotal(line int64, name, value string) error {
	return a.Refuse(line, "%s is %q, not a number", name, lex.Cut80([]byte(value))).WithHint("download the report again")
}

// lost notes a line whose numbers are missing from the totals.
func (a *appleReport) lost(line int64) {
	if a.unread == 0 {
		a.unread = line
	}
}
