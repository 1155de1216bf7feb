package closepackage

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"carat/jobs/books"
	"carat/pipeline"
	"carat/reports/closepackage"
	"carat/reports/table"
)

// cause is what exceptions of one control and reason come to, in one unit. There
// are as many as controls find different things: few.
type cause struct {
	control, severity, reason, unit, oldest, detail string
	found, unmeasured                               int64
	difference                                      *big.Rat // absolute; nil where none is told
	exposure                                        *big.Rat // of those that can be measured, in reporting currency; nil where none can
}

// causes are the exceptions by cause, with their exposure as the run measured it.
// What can't be measured stands first, since nobody knows that it is little; then
// the greatest exposure.
func (b *packageBuilder) causes() (s closepackage.Section, ok bool, err error) {
	t, ok := b.tables[books.TableExceptions]
	if !ok || t.Snapshot == 0 {
		return s, false, nil
	}
	list, err := b.listCauses(books.Exposure(t))
	if err != nil {
		return s, false, err
	}
	reporting := b.options.Config.ReportingCurrency
	s = closepackage.Section{ID: "causes", Title: "Exceptions by cause",
		Note: "one cause: a control and its reason, in one unit. Exposure is the differences without their signs in " + reporting +
			" at the closing rate, coins and diamonds at the default rate; what can't be measured stands first. " + exposed(list, b.options.Config.Materiality, reporting),
		Columns: []table.Column{{Name: "control"}, {Name: "severity"}, {Name: "reason"}, {Name: "exceptions", Kind: table.Number}, {Name: "exposure", Kind: table.Decimal},
			{Name: "unmeasured", Kind: table.Number}, {Name: "difference", Kind: table.Decimal}, {Name: "unit"}, {Name: "since"}, {Name: "detail"}}}
	s.Rows = func(add func([]any) error) error {
		for _, c := range list {
			row := []any{c.control, c.severity, c.reason, c.found, nil, c.unmeasured, nil, c.unit, c.oldest, "For example: " + c.detail}
			if c.exposure != nil {
				row[4] = c.exposure.FloatString(minorDigits(reporting))
			}
			if c.difference != nil {
				row[6] = plainDecimal(c.difference)
			}
			if err := add(row); err != nil {
				return err
			}
		}
		return nil
	}
	return s, true, nil
}

// exposed sums the causes up, gross: what one cause is over another isn't set off
// against it.
func exposed(list []cause, materiality map[string]pipeline.Amount, reporting string) string {
	total, unmeasured := new(big.Rat), int64(0)
	for _, c := range list {
		unmeasured += c.unmeasured
		if c.exposure != nil {
			total.Add(total, c.exposure)
		}
	}
	text := fmt.Sprintf("In all %s %s, gross", total.FloatString(minorDigits(reporting)), reporting)
	if unmeasured > 0 {
		text += fmt.Sprintf(", and %d that can't be measured", unmeasured)
	}
	if amount, ok := materiality[reporting]; ok {
		text += fmt.Sprintf("; materiality is %s %s", amount, reporting)
	}
	return text
}

// listCauses reads the causes; exposure is the expression that gives an exception's.
func (b *packageBuilder) listCauses(exposure string) (list []cause, err error) {
	query := "select control, severity, reason, unit, count(*), cast(sum(abs(difference)) as varchar), min(period), min_by(detail, exception_id)" +
		", cast(sum(" + exposure + ") as varchar), count(*) - count(" + exposure + ") from exceptions where run_id = " +
		pipeline.SQLText(b.run.ID) + " group by control, severity, reason, unit"
	err = b.each(query, 10, func(row []any) error {
		c := cause{control: text(row[0]), severity: text(row[1]), reason: text(row[2]), unit: text(row[3]), oldest: text(row[6]), detail: text(row[7])}
		if c.found, err = strconv.ParseInt(fmt.Sprint(row[4]), 10, 64); err != nil {
			return err
		}
		if c.unmeasured, err = strconv.ParseInt(fmt.Sprint(row[9]), 10, 64); err != nil {
			return err
		}
		c.difference, _ = new(big.Rat).SetString(text(row[5]))
		c.exposure, _ = new(big.Rat).SetString(text(row[8]))
		list = append(list, c)
		return nil
	})
	slices.SortStableFunc(list, func(a, b cause) int {
		return cmp.Or(moreExposed(a, b), strings.Compare(a.control, b.control), strings.Compare(a.reason, b.reason), strings.Compare(a.unit, b.unit))
	})
	return list, err
}

// moreExposed orders causes: those with something unmeasured first, then the greatest.
func moreExposed(a, b cause) int {
	switch {
	case a.unmeasured > 0 != (b.unmeasured > 0):
		if a.unmeasured > 0 {
			return -1
		}
		return 1
	case a.exposure == nil || b.exposure == nil:
		return 0
	}
	return b.exposure.Cmp(a.exposure)
}

// minorDigits are the digits of a currency's minor unit.
func minorDigits(currency string) int {
	if digits, ok := pipeline.MinorDigits(currency); ok {
		return digits
	}
	return 2
}

// plainDecimal writes a decimal without zeros at its end.
func plainDecimal(v *big.Rat) string {
	digits := v.FloatString(pipeline.RateDigits)
	if strings.Contains(digits, ".") {
		digits = strings.TrimSuffix(strings.TrimRight(digits, "0"), ".")
	}
	return digits
}
