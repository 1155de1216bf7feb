package yearfiles

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"carat/jobs/books"
	"carat/jobs/disk"
	"carat/pipeline"
	"carat/pipeline/state"
	"carat/reports/yearfile"
)

// The forms that are written, as the table year_files names them.
const (
	FormDAC7  = "DAC7"
	Form1099  = "1099"
	Form1042S = "1042-S"
)

// The 1099 that a creator's earnings stand in.
const (
	US1099NEC  = "nec"  // nonemployee compensation
	US1099MISC = "misc" // royalties
)

// tableYearFiles is the result table that the files are made of.
const tableYearFiles = "year_files"

// ExceptionsFile lists who is in no file, and why.
const ExceptionsFile = "exceptions.csv"

// currencyUS is what 1099 and 1042-S are told in.
const currencyUS = "USD"

// Options say which files to write.
type Options struct {
	books.Setting
	Year    int
	Country string // in which DAC7 is filed; "": none is written
	US1099  string // US1099NEC or US1099MISC
}

// Exception is a payee, or with no payee an entity, whose return can't be written as
// it stands.
type Exception struct{ Form, Entity, Payee, Currency, What string }

// Result says what was written.
type Result struct {
	Period     pipeline.Period // whose run the numbers are of
	RunID      string
	Folder     string
	Files      []File
	Below      int64 // payees of a 1099 below its threshold and without tax withheld
	Exceptions []Exception
}

// File is a file of a form and how many payees stand in it.
type File struct {
	Name, Form, Entity string
	Payees             int64

	content []byte
}

// payee is one row of a form: a creator of an entity in one currency.
type payee struct {
	form, entity, id, entityType, residence, currency, missing string
	quarters                                                   [4]quarter
	gross, withheld                                            string
	reaches, empty                                             bool
}

// quarter holds whole units, as DAC7 wants them.
type quarter struct{ net, payouts, fee, withheld string }

// Write writes the files of a year into out/yearfiles/YEAR, a folder that only its
// owner reads, from the last run that tells the whole year; what was there before is
// replaced. The reading is recorded. A year without a run is a not-found error.
func Write(ctx context.Context, o Options) (result *Result, err error) {
	if err := books.WantLake(o.Setting); err != nil {
		return nil, err
	}
	p, err := books.OpenExisting(ctx, o.Setting, books.RightYearFiles)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	run, err := runOf(ctx, p, o.Year)
	if err != nil {
		return nil, err
	}
	result = &Result{Period: run.Period, RunID: run.ID, Folder: filepath.Join(o.Config.OutRoot(), "yearfiles", strconv.Itoa(o.Year))}
	_, err = p.Recorded(ctx, o.Setting, string(books.RightYearFiles), strconv.Itoa(o.Year), func() (int64, error) {
		list, err := readPayees(ctx, p, o, run)
		if err != nil {
			return 0, err
		}
		who, err := p.Lake.Payees(ctx)
		if err != nil {
			return 0, err
		}
		if err := result.make(o, run, list, who); err != nil {
			return 0, err
		}
		return int64(len(list)), result.place()
	})
	return result, err
}

// runOf gives the last run that tells of a year: its table holds the year of its
// month and the one before.
func runOf(ctx context.Context, p *books.Books, year int) (state.Run, error) {
	periods, err := p.State.Periods(ctx)
	if err != nil {
		return state.Run{}, err
	}
	var last pipeline.Period
	for _, one := range periods {
		if y := string(one.Period)[:4]; y == strconv.Itoa(year) || y == strconv.Itoa(year+1) {
			last = max(last, one.Period)
		}
	}
	if last == "" {
		return state.Run{}, pipeline.Errorf(pipeline.KindNotFound, "write", "the year files of "+strconv.Itoa(year), "no month of the year was reconciled yet").
			WithHint("run `carat run --period %d-12`", year)
	}
	return p.CurrentRun(ctx, last)
}

// thresholdUS is from where on a 1099 is due, in dollars: royalties 10 (26 USC 6050N(a));
// compensation 600, of payments after 2025 2000 (26 USC 6041(a) and 6041A(a) as amended
// by section 70433 of Public Law 119-21 of 4 July 2025, which from 2027 on adjusts it
// for inflation: the IRS tells it each year, and here it stays 2000 until somebody enters
// it). Where tax was withheld, any amount is due (instructions to forms 1099-MISC and -NEC).
func thresholdUS(form string, year int) int {
	switch {
	case form == US1099MISC:
		return 10
	case year >= 2026:
		return 2000
	}
	return 600
}

// readPayees gives a row for each form, entity, creator and currency of the year.
func readPayees(ctx context.Context, p *books.Books, o Options, run state.Run) (list []payee, err error) {
	at, err := p.Lake.State(ctx, books.Latest)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(at.Names(), tableYearFiles) {
		return nil, pipeline.Errorf(pipeline.KindNotFound, "write", "year files", "the run of %s is of before they were made", run.Period).
			WithHint("run `carat reconcile --period %s` again", run.Period)
	}
	eng, err := p.OpenReader(ctx, o.Config, books.Latest, nil, tableYearFiles)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, eng.Close()) }()
	columns := ""
	for q := 1; q <= 4; q++ {
		for _, column := range []string{"net_amount", "payouts", "fee_amount", "withholding_amount"} {
			columns += fmt.Sprintf(", cast(cast(round(sum(case when quarter = %d then %s else 0 end), 0) as decimal(38, 0)) as varchar)", q, column)
		}
	}
	if o.Config.DAC7Basis == BasisCredited {
		return readCredited(ctx, p, o, eng, run, columns)
	}
	return payeesOf(ctx, eng, payeeQuery(tableYearFiles, "run_id = "+pipeline.SQLText(run.ID), columns, o))
}

// payeeQuery sums rows of year_files, one for each form, entity, payee and currency.
func payeeQuery(from, where, columns string, o Options) string {
	return fmt.Sprintf(`select form, entity, creator_id, coalesce(min(entity_type), ''), coalesce(min(residence), ''), currency,
		coalesce(min(missing), ''), cast(cast(round(sum(gross_amount), 2) as decimal(38, 2)) as varchar),
		cast(cast(round(sum(withholding_amount), 2) as decimal(38, 2)) as varchar),
		sum(gross_amount) >= %d or sum(withholding_amount) > 0,
		sum(abs(gross_amount)) = 0 and sum(abs(payouts)) = 0%s
		from %s where %s and year = '%d' and form <> 'none' group by form, entity, creator_id, currency
		order by form, entity, creator_id, currency`, thresholdUS(o.US1099, o.Year), columns, from, where, o.Year)
}

func payeesOf(ctx context.Context, eng *books.Reader, query string) (list []payee, err error) {
	rows, err := eng.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var one payee
		into := []any{&one.form, &one.entity, &one.id, &one.entityType, &one.residence, &one.currency, &one.missing, &one.gross, &one.withheld, &one.reaches, &one.empty}
		for q := range one.quarters {
			of := &one.quarters[q]
			into = append(into, &of.net, &of.payouts, &of.fee, &of.withheld)
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	return list, rows.Err()
}

// make makes the contents of all files.
func (r *Result) make(o Options, run state.Run, list []payee, who map[string]pipeline.Identity) error {
	for _, e := range o.Config.Entities {
		operator := yearfile.Operator{Entity: e.ID, Name: e.Name, Address: e.Address, TaxID: e.TaxID, Country: o.Country}
		of := func(form string) (rows []payee) {
			for _, one := range list {
				if one.form == form && one.entity == e.ID && !one.empty {
					rows = append(rows, one)
				}
			}
			return rows
		}
		if err := r.dac7(o, run, operator, of(FormDAC7), who); err != nil {
			return err
		}
		r.us(o, operator, Form1099, of(Form1099), who)
		r.us(o, operator, Form1042S, of(Form1042S), who)
	}
	return nil
}

// except lists who is in no file.
func (r *Result) except(one payee, format string, arguments ...any) {
	r.Exceptions = append(r.Exceptions, Exception{Form: one.form, Entity: one.entity, Payee: one.id, Currency: one.currency, What: fmt.Sprintf(format, arguments...)})
}

// lacksPayer says what carat.yaml doesn't tell of the entity that files.
func lacksPayer(o yearfile.Operator, country bool) string {
	switch {
	case o.Name == "" || o.Address == "" || o.TaxID == "":
		return "carat.yaml tells no name, address or tax_id of the entity"
	case country && o.Country == "":
		return "the country in which it is filed is not told: --country"
	}
	return ""
}

// place puts the files into their folder, in one step.
func (r *Result) place() (err error) {
	above := filepath.Dir(r.Folder)
	fail := func(err error) error {
		return pipeline.Errorf(pipeline.KindInternal, "write", r.Folder, "%w", disk.Cause(err))
	}
	if err := errors.Join(os.MkdirAll(above, 0o700), os.Chmod(above, 0o700)); err != nil {
		return fail(err)
	}
	next, err := os.MkdirTemp(above, ".new-*")
	if err != nil {
		return fail(err)
	}
	defer func() { _ = os.RemoveAll(next) }()
	files := append(slices.Clone(r.Files), File{Name: ExceptionsFile, content: r.exceptions()})
	for _, f := range files {
		if err := disk.WriteText(filepath.Join(next, f.Name), 0o600, f.content); err != nil {
			return fail(err)
		}
	}
	if err := errors.Join(os.RemoveAll(r.Folder), os.Rename(next, r.Folder)); err != nil {
		return fail(err)
	}
	return nil
}

// exceptions is the list of them as CSV.
func (r *Result) exceptions() []byte {
	var b bytes.Buffer
	rows := [][]string{{"form", "entity", "payee_id", "currency", "what"}}
	for _, x := range r.Exceptions {
		rows = append(rows, []string{x.Form, x.Entity, x.Payee, x.Currency, x.What})
	}
	yearfile.CSV(&b, rows)
	return b.Bytes()
}
