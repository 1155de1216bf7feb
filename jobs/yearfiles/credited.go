package yearfiles

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"carat/jobs/books"
	"carat/pipeline"
	"carat/pipeline/state"
)

// BasisCredited is the basis of DAC7 by which a year's consideration is what was
// credited to payees, month by month, and not what was paid.
const BasisCredited = "credited"

// readCredited is readPayees where DAC7 goes by what is credited: its consideration is
// the sum of what each month's own run says was credited, less fees and tax of what was
// paid; all else, and the other forms, are the last run's, as always. A run of before
// this basis was chosen says nothing of it, and is an error.
func readCredited(ctx context.Context, p *books.Books, o Options, eng *books.Reader, run state.Run, columns string) ([]payee, error) {
	periods, err := p.State.Periods(ctx)
	if err != nil {
		return nil, err
	}
	var runs []string
	for _, one := range periods {
		if string(one.Period)[:4] != strconv.Itoa(o.Year) || one.Period == run.Period {
			continue
		}
		of, err := p.CurrentRun(ctx, one.Period)
		if err != nil {
			return nil, err
		}
		runs = append(runs, pipeline.SQLText(of.ID))
	}
	last := pipeline.SQLText(run.ID)
	// of earlier months what they credited alone, since the last run tells all that was paid
	const shared = "form, entity, creator_id, entity_type, residence, currency, missing, year, quarter, payouts"
	parts := []string{"select " + shared + ", gross_amount, withholding_amount, fee_amount, credited_amount from " + tableYearFiles + " where run_id = " + last}
	if len(runs) > 0 {
		parts = append(parts, "select "+strings.Replace(shared, "payouts", "0", 1)+", 0, 0, 0, credited_amount from "+tableYearFiles+
			" where form = '"+FormDAC7+"' and credited_amount <> 0 and run_id in ("+strings.Join(runs, ", ")+")")
	}
	from := fmt.Sprintf("(select *, case form when '%s' then credited_amount else gross_amount end - fee_amount - withholding_amount as net_amount from (%s) as told) as credited",
		FormDAC7, strings.Join(parts, " union all "))
	query := payeeQuery(from, "true", columns, o)
	return payeesOf(ctx, eng, strings.Replace(query, "sum(abs(gross_amount)) = 0 and", "sum(abs(gross_amount)) = 0 and sum(abs(credited_amount)) = 0 and", 1))
}
