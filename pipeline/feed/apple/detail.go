package apple

import (
	"bytes"
	"errors"
	"io"
	"time"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
	"carat/pipeline/feed/published"
)

// detailPreambleLines is how far the header of a detailed report is looked for.
const detailPreambleLines = 20

var appleDetailColumns = []string{"transaction date", "settlement date", "quantity", "extended partner share", "partner share currency", appleSaleOrReturn, appleCountry}

// sniffAppleDetail looks for the header behind the preamble.
func sniffAppleDetail(head []byte, _ string) bool {
	for range detailPreambleLines {
		line, rest, more := bytes.Cut(head, lex.Newline)
		if published.LineColumns(line, '\t').Has(appleDetailColumns...) {
			return true
		}
		if !more {
			return false
		}
		head = rest
	}
	return false
}

// readAppleDetail reads a FINANCE_DETAIL report: the lines of a fiscal month
// by day, product, country and price, behind lines that name the vendor and
// the period. Its rows are aggregates too: of a day, not of an order.
func readAppleDetail(r *published.Report) error {
	recs := r.Records('\t', published.QuotesPlain)
	preamble := map[string]string{}
	for range detailPreambleLines {
		cells, err := recs.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		c := published.ColumnsOf("apple-detail", cells)
		if c.Has("transaction date", "settlement date") {
			if err := c.Need(r, recs.Line, appleDetailColumns...); err != nil {
				return err
			}
			r.Renamed(c, recs.Line, detailIdentity, "quantity", "extended partner share")
			return newAppleReport(r, c, true).readDetail(recs, preamble)
		}
		if len(cells) > 1 {
			preamble[published.FoldName(cells[0])] = lex.ColumnName([]byte(cells[1]))
		}
		if err := r.CheckAccount(recs.Line, preamble["vendor name"]); err != nil {
			return err
		}
	}
	return r.Refuse(recs.Line, "no header with Transaction Date and Settlement Date").WithHint("download the report again")
}

// readDetail reads the lines. What the preamble says is covered is what orders
// are compared over; without it each line covers its day.
func (a *appleReport) readDetail(recs *published.Records, preamble map[string]string) error {
	start, startOK := appleDate(preamble["start date"])
	end, endOK := appleDate(preamble["end date"])
	if startOK && endOK && !end.Before(start) {
		a.from, a.to = daySpan(start, end, a.zone)
		a.period = start.Format("20060102") + "-" + end.Format("20060102")
	}
	return a.read(recs)
}

func (a *appleReport) detailRow(line int64, cells []string) error {
	l, f := a.line(line, cells)
	sold, settled := a.columns.Cell(cells, "transaction date"), a.columns.Cell(cells, "settlement date")
	day, dayOK := appleDate(sold)
	settledDay, settledOK := appleDate(settled)
	switch {
	case f.Code != pipeline.CodeOK:
	case !dayOK:
		f = pipeline.Fault{Column: "transaction_at", Code: pipeline.CodeBadTime, Value: sold, Expected: "a day like 10/31/2026 in Transaction Date"}
	case !settledOK && settled != "":
		f = pipeline.Fault{Column: "settled_at", Code: pipeline.CodeBadTime, Value: settled, Expected: "a day like 10/31/2026 in Settlement Date"}
	}
	if f.Code != pipeline.CodeOK {
		return a.Out.Reject(line, f.Column, f.Code, f.Value, f.Expected)
	}
	if err := a.Out.Begin(line); err != nil {
		return err
	}
	from, to := daySpan(day, day, a.zone)
	a.Out.SetMicros("transaction_at", from)
	period := day.Format("20060102")
	if a.period != "" {
		from, to, period = a.from, a.to, a.period
	}
	noteOpening(a.Report, from, to)
	a.Out.Set("line_id", a.ids.ID("apple-detail-"+day.Format("20060102"), a.identity(cells)...))
	a.Out.Set("report_id", appleDetailReport(period, a.columns.Cell(cells, "region"), l.shareCurrency))
	a.put(l, cells)
	a.Out.SetMicros("covers_from", from)
	a.Out.SetMicros("covers_to", to)
	if settledOK {
		at := time.Date(settledDay.Year(), settledDay.Month(), settledDay.Day(), 0, 0, 0, 0, a.zone)
		a.Out.SetMicros("settled_at", at.UnixMicro())
	}
	return a.Out.End()
}

// appleDetailReport names a report by its period and the region, which has a
// rate of its own, or the currency.
func appleDetailReport(period, region, currency string) string {
	if region == "" {
		region = currency
	}
	return "apple-detail-" + period + "-" + region
}
