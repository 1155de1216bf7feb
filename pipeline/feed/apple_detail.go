package feed

import (
	"bytes"
	"errors"
	"io"
	"time"

	"carat/pipeline"
)

// detailPreambleLines is how far the header of a detailed report is looked for.
const detailPreambleLines = 20

var appleDetailColumns = []string{"transaction date", "settlement date", "quantity", "extended partner share", "partner share currency", appleSaleOrReturn, appleCountry}

// sniffAppleDetail looks for the header behind the preamble.
func sniffAppleDetail(head []byte, _ string) bool {
	for range detailPreambleLines {
		line, rest, more := bytes.Cut(head, newline)
		if lineColumns(line, '\t').has(appleDetailColumns...) {
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
func readAppleDetail(r *report) error {
	recs := r.records('\t', quotesPlain)
	preamble := map[string]string{}
	for range detailPreambleLines {
		cells, err := recs.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		c := columnsOf("apple-detail", cells)
		if c.has("transaction date", "settlement date") {
			if err := c.need(r, recs.line, appleDetailColumns...); err != nil {
				return err
			}
			return newAppleReport(r, c, true).readDetail(recs, preamble)
		}
		if len(cells) > 1 {
			preamble[foldName(cells[0])] = columnName([]byte(cells[1]))
		}
		if err := r.checkAccount(recs.line, preamble["vendor name"]); err != nil {
			return err
		}
	}
	return r.refuse(recs.line, "no header with Transaction Date and Settlement Date").WithHint("download the report again")
}

// readDetail reads the lines. What the preamble says is covered is what orders
// are compared over; without it each line covers its day.
func (a *appleReport) readDetail(recs *records, preamble map[string]string) error {
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
	sold, settled := a.columns.cell(cells, "transaction date"), a.columns.cell(cells, "settlement date")
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
		return a.out.reject(line, f.Column, f.Code, f.Value, f.Expected)
	}
	if err := a.out.begin(line); err != nil {
		return err
	}
	from, to := daySpan(day, day, a.zone)
	a.out.setMicros("transaction_at", from)
	period := day.Format("20060102")
	if a.period != "" {
		from, to, period = a.from, a.to, a.period
	}
	a.out.set("line_id", a.ids.id("apple-detail-"+day.Format("20060102"), a.identity(cells)...))
	a.out.set("report_id", appleDetailReport(period, a.columns.cell(cells, "region"), l.shareCurrency))
	a.put(l, cells)
	a.out.setMicros("covers_from", from)
	a.out.setMicros("covers_to", to)
	if settledOK {
		at := time.Date(settledDay.Year(), settledDay.Month(), settledDay.Day(), 0, 0, 0, 0, a.zone)
		a.out.setMicros("settled_at", at.UnixMicro())
	}
	return a.out.end()
}

// appleDetailReport names a report by its period and the region, which has a
// rate of its own, or the currency.
func appleDetailReport(period, region, currency string) string {
	if region == "" {
		region = currency
	}
	return "apple-detail-" + period + "-" + region
}
