package statements

import (
	"context"
	"encoding/csv"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"carat/jobs/books"
	"carat/jobs/disk"
	"carat/pipeline"
	"carat/pipeline/certificate"
	"carat/pipeline/state"
	"carat/reports/agency"
	"carat/reports/escape"
	"carat/reports/statement"
	"carat/reports/statement/html"
	"carat/reports/statement/pdf"
)

// AgenciesFolder lies among a period's statements and holds those of agencies, with an
// index of their own. There are as many agencies as contracts with them, so all are
// written anew each time.
const AgenciesFolder = "agencies"

// The result tables that agencies' statements are made of.
const (
	TableAgencies     = "agency_statements"
	TableAgencyLines  = "agency_statement_lines"
	agenciesWritten   = AgenciesFolder + ".new"
	agencyHeadColumns = `agency_id, entity, currency, version, country, paid_currency, withholding_rate, on_file, epoch_us(ended_at),
opening_amount, accrued_amount, reversed_amount, clawed_back_amount, adjusted_amount, redeemed_amount, returned_amount, rounding_amount,
closing_amount, creators, gift_count, gift_coins, gift_diamonds, withheld_amount, fee_amount, paid_amount, in_transit_amount, failed_amount`
	agencyLineColumns = `agency_id, entity, currency, section, line_no, day, epoch_us(event_at), creator_id, count, coins, diamonds, rate, agency_share,
amount, reason, reference_id, original_event_id, prior_period, status, method, withholding_amount, fee_amount, net_amount, payout_currency,
fx_rate, payout_amount, epoch_us(paid_at)`
)

// eachAgency hands over the statements of a run's agencies, or of the one asked
// for, in the order of their ids.
func eachAgency(ctx context.Context, p *books.Books, run state.Run, o Options, fn func(*agency.Statement) error) (err error) {
	tables, err := p.Lake.Tables(ctx, books.Latest, TableAgencies, TableAgencyLines)
	if err != nil || len(tables) < 2 {
		return err // an earlier version of carat knew no statement of an agency
	}
	eng, err := p.OpenReader(ctx, o.Config, books.Latest, nil, TableAgencies, TableAgencyLines)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, eng.Close()) }()
	where := " where run_id = " + pipeline.SQLText(run.ID)
	if o.Agency != "" {
		where += " and agency_id = " + pipeline.SQLText(o.Agency)
	}
	var all []*agency.Statement
	payers := Payers(o.Config)
	err = eachText(ctx, eng, agencyHeadColumns, TableAgencies, where+" order by agency_id, entity, currency", func(c *texts) {
		s := &agency.Statement{RunID: run.ID, Zone: o.Config.Zone}
		s.Period, s.Provisional = run.Period, !o.Final
		s.AgencyID, s.Entity, s.Currency, s.Version, s.Country, s.PaidCurrency = c.text(), c.text(), c.text(), c.whole(), c.text(), c.text()
		s.WithholdingRate, s.OnFile, s.EndedAt = c.rate(), c.text() == "true", c.wholeOr()
		for _, a := range []*pipeline.Amount{&s.Opening, &s.Accrued, &s.Reversed, &s.ClawedBack, &s.Adjusted, &s.Redeemed, &s.Returned, &s.Rounding, &s.Closing} {
			*a = c.amount()
		}
		s.Creators, s.Gifts, s.Coins, s.Diamonds = c.whole(), c.whole(), c.whole(), c.whole()
		s.Withheld, s.Fees, s.Paid, s.InTransit, s.CameBack = c.amount(), c.amount(), c.amount(), c.amount(), c.amount()
		s.Payer, s.Language = payers[s.Entity], languageOf(o.Config, s.Country)
		all = append(all, s)
	})
	if err != nil {
		return err
	}
	if err := agencyYears(ctx, eng, run, o, all); err != nil {
		return err
	}
	at := 0
	err = eachText(ctx, eng, agencyLineColumns, TableAgencyLines, where+" order by agency_id, entity, currency, line_no", func(c *texts) {
		id, entity, currency := c.text(), c.text(), c.text()
		for at < len(all) && (all[at].AgencyID != id || all[at].Entity != entity || all[at].Currency != currency) {
			at++
		}
		if at == len(all) {
			c.err = errors.Join(c.err, pipeline.Errorf(pipeline.KindInternal, "read statement of", id, "it has lines and no head"))
			return
		}
		all[at].Lines = append(all[at].Lines, agency.Line{Section: c.text(), LineNo: c.whole(), Day: c.text(), EventAt: c.wholeOr(), CreatorID: c.text(), Count: c.wholeOr(),
			Coins: c.wholeOr(), Diamonds: c.wholeOr(), Rate: c.rateOr(), Share: c.rateOr(), Amount: c.amount(), Reason: c.text(), ReferenceID: c.text(), OriginalEventID: c.text(),
			PriorPeriod: c.text() == "true", Status: c.text(), Method: c.text(), Withheld: c.amountOr(), Fee: c.amountOr(), Net: c.amountOr(), PaidCurrency: c.text(),
			FXRate: c.rateOr(), PaidAmount: c.amountOr(), PaidAt: c.wholeOr()})
	})
	for i := 0; i < len(all) && err == nil; i++ {
		err = fn(all[i])
	}
	return err
}

// agencyYearColumns are sums over the statements of a year's months.
const agencyYearColumns = `agency_id, entity, currency, min(period), sum(accrued_amount), sum(reversed_amount) + sum(clawed_back_amount), sum(adjusted_amount),
sum(redeemed_amount) + sum(returned_amount), sum(withheld_amount), sum(fee_amount), sum(paid_amount)`

// agencyYears adds the year to date, up to the run's month: what the runs in force
// of the year's months say, twelve at most.
func agencyYears(ctx context.Context, eng *books.Reader, run state.Run, o Options, all []*agency.Statement) error {
	runs := []string{pipeline.SQLText(run.ID)}
	for month, id := range o.History.year {
		if month != run.Period {
			runs = append(runs, pipeline.SQLText(id))
		}
	}
	years := map[[3]string]*agency.Year{}
	err := eachText(ctx, eng, agencyYearColumns, TableAgencies, " where run_id in ("+strings.Join(runs, ", ")+") group by agency_id, entity, currency", func(c *texts) {
		key := [3]string{c.text(), c.text(), c.text()}
		y := &agency.Year{FirstPeriod: pipeline.Period(c.text())}
		for _, a := range []*pipeline.Amount{&y.Accrued, &y.TakenBack, &y.Adjusted, &y.PaidOut, &y.Withheld, &y.Fees, &y.Paid} {
			*a = c.amount()
		}
		years[key] = y
	})
	for _, s := range all {
		s.Year = years[[3]string{s.AgencyID, s.Entity, s.Currency}]
	}
	return err
}

// texts are the cells of a row as texts, taken from left to right; an absent one
// is "". The first that can't be read is the error of all.
type texts struct {
	cells []any
	err   error
}

func (c *texts) text() string {
	v := c.cells[0]
	c.cells = c.cells[1:]
	text, _ := v.(string)
	return text
}

func (c *texts) whole() int64 { return zeroOr(c.wholeOr()) }

func (c *texts) wholeOr() *int64 {
	return parsed(c, func(t []byte) (int64, error) { return strconv.ParseInt(string(t), 10, 64) })
}
func (c *texts) amount() pipeline.Amount    { return zeroOr(c.amountOr()) }
func (c *texts) amountOr() *pipeline.Amount { return parsed(c, pipeline.ParseAmount) }
func (c *texts) rate() pipeline.Rate        { return zeroOr(c.rateOr()) }
func (c *texts) rateOr() *pipeline.Rate     { return parsed(c, pipeline.ParseRate) }

func parsed[T any](c *texts, parse func([]byte) (T, error)) *T {
	text := c.text()
	if text == "" {
		return nil
	}
	v, err := parse([]byte(text))
	if err != nil {
		c.err = errors.Join(c.err, pipeline.Errorf(pipeline.KindInternal, "read statement of an agency", text, "%w", err))
		return nil
	}
	return &v
}

func zeroOr[T any](v *T) T {
	if v == nil {
		var zero T
		return zero
	}
	return *v
}

// eachText reads columns of a table as texts, which are exact.
func eachText(ctx context.Context, eng *books.Reader, columns, table, rest string, fn func(*texts)) error {
	list := strings.Split(columns, ",")
	for i, c := range list {
		list[i] = "cast(" + strings.TrimSpace(c) + " as varchar)"
	}
	rows, err := eng.Query(ctx, "select "+strings.Join(list, ", ")+" from "+table+rest)
	if err != nil {
		return err
	}
	found, err := books.ReadTable(rows)
	if err = errors.Join(err, rows.Close()); err != nil {
		return err
	}
	for _, row := range found.Rows {
		c := texts{cells: row}
		if fn(&c); c.err != nil {
			return c.err
		}
	}
	return nil
}

// agencyIndexHeader are the columns of the index of agencies' statements.
func agencyIndexHeader() []string {
	head := []string{"agency_id", "entity", "currency", "version", "provisional", "closing_amount", "folder"}
	for _, f := range Formats {
		head = append(head, f+"_sha256")
	}
	return append(head, "rows_sha256", "month_status")
}

// agencyFolder is where an agency's files lie, from the statements' folder.
func agencyFolder(in, id string) string {
	_, folder := statement.FolderName(id)
	return filepath.Join(in, folder)
}

// renderAgency makes one rendering of an agency's statement.
func renderAgency(page *html.Renderer, paper *pdf.Renderer, s *agency.Statement, format string) ([]byte, error) {
	switch format {
	case "html":
		return page.Agency(s)
	case "csv":
		return s.CSV()
	case "json":
		return s.JSON()
	}
	rows, err := s.CSV()
	if err != nil {
		return nil, err
	}
	return paper.Agency(s, rows)
}

// writeAgencies writes the statements of all agencies, or takes them away when there
// are none any more, and gives their number.
func writeAgencies(ctx context.Context, p *books.Books, run state.Run, o Options, folder string) (written int64, err error) {
	next := filepath.Join(folder, agenciesWritten)
	if err := os.RemoveAll(next); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(next)) }() // nothing is left of what failed
	var page html.Renderer
	var paper pdf.Renderer
	index := [][]string{agencyIndexHeader()}
	says := o.renderer(folder).says
	err = eachAgency(ctx, p, run, o, func(s *agency.Statement) error {
		rows, err := s.Digest()
		if err != nil {
			return err
		}
		row := []string{escape.CSVText(s.AgencyID), escape.CSVText(s.Entity), escape.CSVText(s.Currency), strconv.FormatInt(s.Version, 10), strconv.FormatBool(s.Provisional),
			s.Closing.String(), filepath.ToSlash(agencyFolder(AgenciesFolder, s.AgencyID))}
		dir := agencyFolder(next, s.AgencyID)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
		for _, format := range Formats {
			text, err := renderAgency(&page, &paper, s, format)
			if err != nil {
				return err
			}
			if err := disk.Put(filepath.Join(dir, statement.FileName(s.AgencyID, s.Entity, s.Currency, format)), text); err != nil {
				return err
			}
			row = append(row, certificate.SHA256Text(text))
		}
		index = append(index, append(row, rows, escape.CSVText(says)))
		written++
		return nil
	})
	if err != nil {
		return 0, err
	}
	target := filepath.Join(folder, AgenciesFolder)
	if written == 0 {
		return 0, os.RemoveAll(target)
	}
	var list strings.Builder
	w := csv.NewWriter(&list)
	if err := errors.Join(w.WriteAll(index), disk.Put(filepath.Join(next, IndexFile), []byte(list.String()))); err != nil {
		return 0, err
	}
	return written, disk.ReplaceFolder(next, target)
}

// oneAgency writes the statements of one agency beside the others.
func oneAgency(ctx context.Context, p *books.Books, run state.Run, o Options, result *Result) error {
	var page html.Renderer
	var paper pdf.Renderer
	err := eachAgency(ctx, p, run, o, func(s *agency.Statement) error {
		dir := agencyFolder(filepath.Join(result.Folder, AgenciesFolder), s.AgencyID)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
		for _, format := range o.Formats {
			text, err := renderAgency(&page, &paper, s, format)
			if err != nil {
				return err
			}
			file := filepath.Join(dir, statement.FileName(s.AgencyID, s.Entity, s.Currency, format))
			if err := disk.Put(file, text); err != nil {
				return err
			}
			result.Written = append(result.Written, file)
		}
		result.Agencies++
		return nil
	})
	if err != nil || result.Agencies > 0 {
		return err
	}
	return unknownAgency(ctx, p, run, o)
}

// unknownAgency says which agency may have been meant.
func unknownAgency(ctx context.Context, p *books.Books, run state.Run, o Options) error {
	var known []string
	name := o.Agency
	o.Agency = ""
	err := eachAgency(ctx, p, run, o, func(s *agency.Statement) error {
		known = append(known, s.AgencyID)
		return nil
	})
	if err != nil {
		return err
	}
	e := pipeline.Misnamed("find statement of agency", name, name, known, "no agency of that id has a movement or a balance in %s", o.Period)
	if e.Hint != "" {
		return e
	}
	return e.WithHint("`carat query 'select distinct agency_id from agency_statements'` lists them")
}

// agenciesStand says whether every file that the index of agencies names is there.
func agenciesStand(folder string) bool {
	return EachAgencyEntry(folder, func(e *Entry) (err error) {
		for _, format := range Formats {
			_, missing := os.Lstat(filepath.Join(folder, e.File(format)))
			err = errors.Join(err, missing)
		}
		return err
	}) == nil
}

// EachAgencyEntry goes through the index of agencies' statements in a period's folder
// of statements. Creator is the agency's id. Where there are none it calls nothing; a line
// that is no entry is an error.
func EachAgencyEntry(folder string, fn func(*Entry) error) error {
	f, err := os.Open(filepath.Join(folder, AgenciesFolder, IndexFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	for i := 1; i < len(rows) && err == nil; i++ {
		var e Entry
		if e, err = agencyEntry(rows[i]); err == nil {
			err = fn(&e)
		}
	}
	return err
}

// agencyEntry reads a line of the index of agencies' statements. Its folder follows
// from the id: an index that was tampered with leads to no other.
func agencyEntry(row []string) (e Entry, err error) {
	if len(row) != len(agencyIndexHeader()) {
		return e, pipeline.Errorf(pipeline.KindVerification, "read", "the index of agencies' statements", "a line has %d columns and not %d", len(row), len(agencyIndexHeader())).
			WithHint("`carat statements` writes it again")
	}
	e = Entry{Creator: escape.CSVPlain(row[0]), Entity: escape.CSVPlain(row[1]), Currency: escape.CSVPlain(row[2]), Provisional: row[4] == "true",
		SHA256: map[string]string{}, Rows: row[len(row)-2], Status: escape.CSVPlain(row[len(row)-1])}
	e.Folder = filepath.ToSlash(agencyFolder(AgenciesFolder, e.Creator))
	for i, f := range Formats {
		e.SHA256[f] = row[6+1+i]
	}
	var unread error
	e.Version, err = strconv.ParseInt(row[3], 10, 64)
	e.Closing, unread = pipeline.ParseAmount([]byte(row[5]))
	return e, errors.Join(err, unread)
}
