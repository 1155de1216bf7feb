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
	found                                           int64
	difference                                      *big.Rat // absolute; nil where none is told
	exposure                                        *big.Rat // in reporting currency; nil where it can't be measured
}

// causes are the exceptions by cause, with their exposure: the differences without
// their signs, in reporting currency at the month's last rates, coins and diamonds
// at the default rate. What can't be measured stands first, since nobody knows that
// it is little; then the greatest exposure.
func (b *packageBuilder) causes() (closepackage.Section, bool) {
	t, ok := b.tables[books.TableExceptions]
	if !ok || t.Snapshot == 0 {
		return closepackage.Section{}, false
	}
	reporting := b.options.Config.ReportingCurrency
	s := closepackage.Section{ID: "causes", Title: "Exceptions by cause",
		Note: "one cause: a control and its reason, in one unit. Exposure is the differences without their signs in " + reporting +
			" at the month's last rates, coins and diamonds at the default rate; what can't be measured stands first",
		Columns: []table.Column{{Name: "control"}, {Name: "severity"}, {Name: "reason"}, {Name: "exceptions", Kind: table.Number}, {Name: "exposure", Kind: table.Decimal},
			{Name: "difference", Kind: table.Decimal}, {Name: "unit"}, {Name: "since"}, {Name: "detail"}}}
	s.Rows = func(add func([]any) error) error {
		list, err := b.listCauses(reporting)
		if err != nil {
			return err
		}
		for _, c := range list {
			row := []any{c.control, c.severity, c.reason, c.found, nil, nil, c.unit, c.oldest, "For example: " + c.detail}
			if c.exposure != nil {
				row[4] = c.exposure.FloatString(minorDigits(reporting))
			}
			if c.difference != nil {
				row[5] = plainDecimal(c.difference)
			}
			if err := add(row); err != nil {
				return err
			}
		}
		return nil
	}
	return s, true
}

func (b *packageBuilder) listCauses(reporting string) (list []cause, err error) {
	query := "select control, severity, reason, unit, count(*), cast(sum(abs(difference)) as varchar), min(period), min_by(detail, exception_id) from exceptions where run_id = " +
		pipeline.SQLText(b.run.ID) + " group by control, severity, reason, unit"
	err = b.each(query, 8, func(row []any) error {
		c := cause{control: text(row[0]), severity: text(row[1]), reason: text(row[2]), unit: text(row[3]), oldest: text(row[6]), detail: text(row[7])}
		if c.found, err = strconv.ParseInt(fmt.Sprint(row[4]), 10, 64); err != nil {
			return err
		}
		c.difference, _ = new(big.Rat).SetString(text(row[5]))
		list = append(list, c)
		return nil
	})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	worth, err := b.worth(reporting)
	if err != nil {
		return nil, err
	}
	for i := range list {
		c := &list[i]
		if one := worth(c.unit); one != nil && c.difference != nil {
			c.exposure = new(big.Rat).Mul(c.difference, one)
		}
	}
	slices.SortStableFunc(list, func(a, b cause) int {
		return cmp.Or(moreExposed(a.exposure, b.exposure), strings.Compare(a.control, b.control), strings.Compare(a.reason, b.reason), strings.Compare(a.unit, b.unit))
	})
	return list, nil
}

// moreExposed orders exposures: the unknown first, then the greatest.
func moreExposed(a, b *big.Rat) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return -1
	case b == nil:
		return 1
	}
	return b.Cmp(a)
}

// worth gives what one of a unit is worth in reporting currency; nil where no rate
// tells. It is for putting exceptions in an order and never booked.
func (b *packageBuilder) worth(reporting string) (func(unit string) *big.Rat, error) {
	rates := map[[2]string]*big.Rat{}
	end := b.run.Period.End(b.options.Config.Zone)
	has := func(name string) bool { t, ok := b.tables[name]; return ok && t.Snapshot != 0 }
	if has("fx_rates") {
		query := "select base, quote, cast(rate as varchar) from (select base, quote, rate, row_number() over (partition by base, quote order by rate_date desc, batch_id desc, source_line desc) as latest" +
			" from fx_rates where rate_date < date " + pipeline.SQLText(end.Format("2006-01-02")) + ") where latest = 1"
		err := b.each(query, 3, func(row []any) error {
			if rate, ok := new(big.Rat).SetString(text(row[2])); ok && rate.Sign() > 0 {
				rates[[2]string{text(row[0]), text(row[1])}] = rate
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	one := func(currency string) *big.Rat { return exchange(rates, currency, reporting) }
	units := map[string]*big.Rat{}
	if has("conversion_rates") {
		query := "select currency, cast(coin_value as varchar), cast(diamond_value as varchar) from conversion_rates where scope = 'default' and epoch_us(valid_from) < " +
			strconv.FormatInt(end.UnixMicro(), 10) + " order by valid_from desc, batch_id desc, source_line desc limit 1"
		err := b.each(query, 3, func(row []any) error {
			rate := one(text(row[0]))
			for i, unit := range []string{"coins", "diamonds"} {
				if value, ok := new(big.Rat).SetString(text(row[1+i])); ok && rate != nil {
					units[unit] = value.Mul(value, rate)
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return func(unit string) *big.Rat {
		if worth, ok := units[unit]; ok {
			return worth
		}
		return one(unit)
	}, nil
}

// exchange gives the rate between two currencies: direct, else inverse, else across
// one that both are quoted against; nil where there is none.
func exchange(rates map[[2]string]*big.Rat, from, to string) *big.Rat {
	quoted := func(from, to string) *big.Rat {
		if from == to {
			return big.NewRat(1, 1)
		}
		if rate := rates[[2]string{from, to}]; rate != nil {
			return rate
		}
		if rate := rates[[2]string{to, from}]; rate != nil {
			return new(big.Rat).Inv(rate)
		}
		return nil
	}
	if rate := quoted(from, to); rate != nil {
		return rate
	}
	var across []string
	for pair := range rates {
		across = append(across, pair[0], pair[1])
	}
	slices.Sort(across)
	for _, common := range slices.Compact(across) {
		if a, b := quoted(from, common), quoted(common, to); a != nil && b != nil {
			return new(big.Rat).Mul(a, b)
		}
	}
	return nil
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
