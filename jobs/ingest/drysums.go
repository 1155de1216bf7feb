package ingest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"carat/jobs/books"
	"carat/pipeline"
)

// SumText gives the sum of a column in words: of money in several currencies each by
// itself, since their sum is no amount.
func (f DryFile) SumText(column string) string {
	text, together := f.Sums[column], ""
	if by := f.SumsOf[column]; len(by) > 1 {
		var parts []string
		for _, currency := range slices.Sorted(maps.Keys(by)) {
			parts = append(parts, by[currency]+" "+currency)
		}
		text, together = strings.Join(parts, ", "), ", whatever their currencies"
	}
	if read := f.SumsRead[column]; read != f.Sums[column] {
		text += fmt.Sprintf(" (of all rows that were read%s: %s)", together, read)
	}
	return text
}

// currencyOf gives the column that holds the currency of one that is money; "" of others.
func currencyOf(table pipeline.Feed, column pipeline.FeedColumn) string {
	before, money := strings.CutSuffix(column.Name, "amount")
	if column.Digits == 0 {
		return ""
	}
	if _, own := table.Column(before + "currency"); money && own {
		return before + "currency"
	}
	if _, one := table.Column("currency"); one {
		return "currency"
	}
	return ""
}

// sum adds up the numbers of what is staged, of the columns that Sums has.
func (f *DryFile) sum(ctx context.Context, r *books.Reader, table pipeline.Feed, staged pipeline.TableFiles) error {
	if err := r.LoadWhere(ctx, "", []pipeline.TableFiles{staged}, nil); err != nil {
		return err
	}
	for _, c := range table.Columns {
		if _, wanted := f.Sums[c.Name]; !wanted {
			continue
		}
		all, err := sums(ctx, r, c.Name, "")
		if err != nil {
			return err
		}
		f.Sums[c.Name] = all[""]
		if currency := currencyOf(table, c); currency != "" {
			by, err := sums(ctx, r, c.Name, currency)
			if err != nil {
				return err
			}
			if f.SumsOf == nil {
				f.SumsOf = map[string]map[string]string{}
			}
			f.SumsOf[c.Name] = by
		}
	}
	return nil
}

// sums gives the sum of a column by another one, where it is there; of all under "".
func sums(ctx context.Context, r *books.Reader, column, by string) (all map[string]string, err error) {
	query := `select '', coalesce(cast(sum("` + column + `") as varchar), '0') from dry_run`
	if by != "" {
		query = `select coalesce("` + by + `", '?'), cast(sum("` + column + `") as varchar) from dry_run where "` + column + `" is not null group by 1`
	}
	rows, err := r.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Err(), rows.Close()) }()
	all = map[string]string{}
	for rows.Next() {
		var key, text string
		if err := rows.Scan(&key, &text); err != nil {
			return nil, err
		}
		if strings.Contains(text, ".") {
			text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
		}
		all[key] = text
	}
	return all, nil
}
