package jobs_test

import (
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"carat/fixtures"
	"carat/jobs"
	"carat/jobs/ask"
	"carat/jobs/books"
	"carat/jobs/internal/trial"
	"carat/pipeline"
	"carat/sql"
)

// A month whose web orders were settled by PayPal, whose payouts PayPal made and
// whose bank sends ISO 20022, all in their own layouts, reconciles to the same
// exceptions as the same month in carat's columns.
func TestMonthInPayPalsAndTheBanksOwnLayouts(t *testing.T) {
	s, _ := trial.Made(t, fixtures.Options{Period: "2026-10", Gifts: 400, Viewers: 120, Creators: 30, Seed: 11, Files: fixtures.FilesMonth}, "none")
	want, tables := monthRead(t, s, "2026-10")

	lake := *s.Config
	lake.Lake = filepath.Join(t.TempDir(), "lake")
	s.Config = &lake
	settlement := lake.Feed("settlement_lines")
	settlement.MinorDigits = rewriteInbox(t, filepath.Join(lake.Dir, "inbox"))
	lake.Feeds["settlement_lines"] = settlement
	got, ours := monthRead(t, s, "2026-10")

	if missed, more := difference(want, got); len(missed)+len(more) > 0 {
		t.Errorf("%d exceptions; only in carat's columns\n%s\nonly in the others' layouts\n%s", len(want), strings.Join(missed, "\n"), strings.Join(more, "\n"))
	}
	if missed, more := difference(tables, ours); len(missed)+len(more) > 0 {
		t.Errorf("the tables hold, in carat's columns\n%s\nin the others' layouts\n%s", strings.Join(missed, "\n"), strings.Join(more, "\n"))
	}
}

// monthRead runs the month and gives its exceptions, without the ids that a
// layout makes anew, and what the tables add up to.
func monthRead(t *testing.T, s books.Setting, period pipeline.Period) (exceptions, tables []string) {
	t.Helper()
	if _, err := jobs.Run(context.Background(), jobs.RunOptions{Setting: s, SQL: sql.Files, Period: period}); err != nil {
		t.Fatal(err)
	}
	for _, e := range foundAll(t, s, period) {
		part := strings.Fields(e)
		if part[2] == "settlement" || part[2] == "bank" { // their subjects are line ids
			part[3] = "*"
		}
		exceptions = append(exceptions, strings.Join(part, " "))
	}
	sort.Strings(exceptions)
	defer func() { sort.Strings(tables) }()
	for _, query := range []string{
		"select concat_ws(' ', channel, kind, currency, count(*), sum(gross_amount), sum(fee_amount), sum(net_amount)) as n from settlement_lines group by channel, kind, currency order by n",
		"select concat_ws(' ', provider, status, currency, count(*), sum(amount), count(distinct payout_id)) as n from provider_payments group by provider, status, currency order by n",
		"select concat_ws(' ', account, currency, count(*), sum(amount), count(distinct reference)) as n from bank_lines where coalesce(kind, 'entry') not in ('opening', 'closing') group by account, currency order by n",
	} {
		rows, err := trial.Query(context.Background(), ask.QueryOptions{Setting: s, Query: query})
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows.Rows {
			tables = append(tables, fmt.Sprint(row[0]))
		}
	}
	return exceptions, tables
}

// sheet is a CSV of the inbox.
type sheet struct {
	t      *testing.T
	path   string
	header []string
	rows   [][]string
}

func readSheet(t *testing.T, inbox, feed string) sheet {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(inbox, feed+"*.csv"))
	if err != nil || len(paths) != 1 {
		t.Fatalf("%s: %q %v", feed, paths, err)
	}
	f, err := os.Open(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return sheet{t, paths[0], all[0], all[1:]}
}

func (s sheet) cell(row []string, column string) string {
	i := slices.Index(s.header, column)
	if i < 0 {
		s.t.Fatalf("%s has no column %s", s.path, column)
	}
	return row[i]
}

// keep writes the rows that stay in carat's columns.
func (s sheet) keep(stays func(row []string) bool) (moved [][]string) {
	s.t.Helper()
	f, err := os.Create(s.path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close()
	w := csv.NewWriter(f)
	_ = w.Write(s.header)
	for _, row := range s.rows {
		if stays(row) {
			_ = w.Write(row)
		} else {
			moved = append(moved, row)
		}
	}
	w.Flush()
	if err := w.Error(); err != nil {
		s.t.Fatal(err)
	}
	return moved
}

func writeReport(t *testing.T, inbox, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(inbox, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// rewriteInbox puts PayPal's and the bank's lines into their own layouts. It gives
// what a person has to say of currencies that don't have two decimals.
func rewriteInbox(t *testing.T, inbox string) map[string]int {
	t.Helper()
	told := map[string]int{}
	settlement := readSheet(t, inbox, "settlement_lines")
	web := settlement.keep(func(row []string) bool { return settlement.cell(row, "channel") != "web" })
	for _, row := range web {
		currency := settlement.cell(row, "currency")
		if digits, _ := pipeline.MinorDigits(currency); digits != 2 {
			told[currency] = digits
		}
	}
	writeReport(t, inbox, "STL-20261101.01.009.CSV", payPalReport(settlement, web))
	payments := readSheet(t, inbox, "provider_payments")
	paypal := payments.keep(func(row []string) bool { return payments.cell(row, "provider") != "paypal" })
	writeReport(t, inbox, "result.json", payoutsResult(payments, paypal))
	if len(web) > 0 { // whom PayPal's report names as the counterparty, what it owes names too
		balances := readSheet(t, inbox, "balances")
		text, err := os.ReadFile(balances.path)
		if err != nil {
			t.Fatal(err)
		}
		writeReport(t, inbox, filepath.Base(balances.path), strings.ReplaceAll(string(text), "\ncounterparty,web,", "\ncounterparty,paypal,"))
	}
	bank := readSheet(t, inbox, "bank_lines")
	lines := bank.keep(func([]string) bool { return false })
	if err := os.Remove(bank.path); err != nil {
		t.Fatal(err)
	}
	writeReport(t, inbox, "statement.xml", camtStatements(bank, lines))
	if len(web) == 0 || len(paypal) == 0 || len(lines) == 0 {
		t.Fatalf("%d web lines, %d payouts of PayPal, %d bank lines", len(web), len(paypal), len(lines))
	}
	return told
}

// payPalReport writes settlement lines as one section of PayPal's report.
func payPalReport(s sheet, rows [][]string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\uFEFF\"RH\",2026/11/01 02:05:05 +0000,\"A\",\"ACME1\",009,\n\"FH\",01\n\"SH\",2026/10/01 00:00:00 +0000,2026/10/31 23:59:59 +0000,\"ACME1\",\"\"\n")
	b.WriteString("\"CH\",\"Transaction ID\",\"Invoice ID\",\"Transaction Event Code\",\"Transaction Initiation Date\",\"Transaction Completion Date\",\"Transaction Debit or Credit\"," +
		"\"Gross Transaction Amount\",\"Gross Transaction Currency\",\"Fee Debit or Credit\",\"Fee Amount\",\"Fee Currency\",\"Bank Reference ID\"\n")
	sums, counts := map[string]*[4]int64{}, map[string]int{}
	for n, row := range rows {
		currency := s.cell(row, "currency")
		digits, _ := pipeline.MinorDigits(currency)
		minor := int64(1)
		for range pipeline.AmountDigits - digits {
			minor *= 10
		}
		if sums[currency] == nil {
			sums[currency] = &[4]int64{}
		}
		counts[currency]++
		side := func(text string, at int) (direction, amount string) {
			v, err := pipeline.ParseAmount([]byte(text))
			if err != nil || int64(v)%minor != 0 {
				s.t.Fatalf("line %d: %q is no amount in minor units of %s", n+2, text, currency)
			}
			units := int64(v) / minor
			if units < 0 {
				sums[currency][at+1] -= units
				return "DR", fmt.Sprint(-units)
			}
			sums[currency][at] += units
			return "CR", fmt.Sprint(units)
		}
		direction, gross := side(s.cell(row, "gross_amount"), 0)
		feeDirection, fee, feeCurrency := "", "", ""
		if text := s.cell(row, "fee_amount"); text != "" {
			feeDirection, fee = side(text, 2)
			feeCurrency = currency
		}
		code := map[string]string{"sale": "T0006", "refund": "T1107", "chargeback": "T1201", "payout": "T0400"}[s.cell(row, "kind")]
		if code == "T1201" && direction == "CR" {
			code = "T1202"
		}
		stamp := func(text string) string {
			at, err := time.Parse(time.RFC3339Nano, text)
			if err != nil {
				s.t.Fatal(err)
			}
			return at.UTC().Format("2006/01/02 15:04:05 -0700")
		}
		id, began := s.cell(row, "store_transaction_id"), s.cell(row, "transaction_at")
		if code == "T0400" {
			id, began = fmt.Sprintf("W%d", n), s.cell(row, "settled_at")
		}
		fmt.Fprintf(&b, "\"SB\",%s,\"\",%s,%s,%s,%s,%s,%s,%s,%s,%s,%s\n", id, code, stamp(began), stamp(s.cell(row, "settled_at")),
			direction, gross, currency, feeDirection, fee, feeCurrency, s.cell(row, "bank_reference"))
	}
	for _, kind := range []string{"SF", "RF"} {
		for currency, sum := range sums {
			fmt.Fprintf(&b, "\"%s\",\"%s\",%d,%d,%d,%d,\"CR\",0,\"CR\",0,%d\n", kind, currency, sum[0], sum[1], sum[2], sum[3], counts[currency])
		}
	}
	fmt.Fprintf(&b, "\"FF\",%d", len(rows)) // no last end of line
	return b.String()
}

// payoutsResult writes provider payments as batches of PayPal's Payouts API.
func payoutsResult(s sheet, rows [][]string) string {
	statuses := map[string]string{"paid": "SUCCESS", "failed": "FAILED", "returned": "RETURNED"}
	batches := map[string][]string{}
	for _, row := range rows {
		id := s.cell(row, "report_id")
		batches[id] = append(batches[id], fmt.Sprintf(`{"payout_item_id":%q,"transaction_id":%q,"transaction_status":%q,"payout_batch_id":%q,`+
			`"payout_item":{"amount":{"currency":%q,"value":%q},"sender_item_id":%q},"time_processed":%q}`,
			s.cell(row, "line_id"), s.cell(row, "provider_reference"), statuses[s.cell(row, "status")], id,
			s.cell(row, "currency"), s.cell(row, "amount"), s.cell(row, "payout_id"), s.cell(row, "booked_at")))
	}
	var b strings.Builder
	for id, items := range batches {
		fmt.Fprintf(&b, "{\"total_items\":%d,\"batch_header\":{\"payout_batch_id\":%q},\"items\":[\n%s]}\n", len(items), id, strings.Join(items, ",\n"))
	}
	return b.String()
}

// camtStatements writes bank lines as one statement of each account.
func camtStatements(s sheet, rows [][]string) string {
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;").Replace
	entries, sums := map[string]string{}, map[string]int64{}
	currencies, stated := map[string]string{}, map[string]map[string]string{}
	direction := func(v int64) (string, string) {
		if v < 0 {
			return pipeline.Amount(-v).String(), "DBIT"
		}
		return pipeline.Amount(v).String(), "CRDT"
	}
	for _, row := range rows {
		account, currency := s.cell(row, "account"), s.cell(row, "currency")
		if kind := s.cell(row, "kind"); kind == "opening" || kind == "closing" { // a balance, and no booking
			if stated[account] == nil {
				stated[account] = map[string]string{}
			}
			stated[account][kind] = s.cell(row, "balance")
			continue
		}
		v, err := pipeline.ParseAmount([]byte(s.cell(row, "amount")))
		if err != nil {
			s.t.Fatal(err)
		}
		amount, sign := direction(int64(v))
		sums[account] += int64(v)
		currencies[account] = currency
		entries[account] += fmt.Sprintf("<Ntry><Amt Ccy=%q>%s</Amt><CdtDbtInd>%s</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><DtTm>%s</DtTm></BookgDt><AcctSvcrRef>%s</AcctSvcrRef>"+
			"<NtryDtls><TxDtls><RltdPties><Dbtr><Pty><Nm>%s</Nm></Pty></Dbtr></RltdPties><RmtInf><Ustrd>%s</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>\n",
			currency, amount, sign, s.cell(row, "booked_at"), s.cell(row, "line_id"), escape(s.cell(row, "counterparty")), escape(s.cell(row, "reference")))
	}
	var b strings.Builder
	b.WriteString("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt><GrpHdr><MsgId>M</MsgId></GrpHdr>\n")
	for account, text := range entries {
		opening, err := pipeline.ParseAmount([]byte(stated[account]["opening"]))
		if err != nil {
			s.t.Fatal(err)
		}
		from, began := direction(int64(opening))
		closing, sign := direction(int64(opening) + sums[account])
		fmt.Fprintf(&b, "<Stmt><Id>2026-10</Id><Acct><Id><Othr><Id>%s</Id></Othr></Id><Ccy>%s</Ccy></Acct>\n", account, currencies[account])
		for _, bal := range [][4]string{{"OPBD", from, began, "2026-10-01"}, {"CLBD", closing, sign, "2026-10-31"}} {
			fmt.Fprintf(&b, "<Bal><Tp><CdOrPrtry><Cd>%s</Cd></CdOrPrtry></Tp><Amt Ccy=%q>%s</Amt><CdtDbtInd>%s</CdtDbtInd><Dt><Dt>%s</Dt></Dt></Bal>\n", bal[0], currencies[account], bal[1], bal[2], bal[3])
		}
		b.WriteString(text + "</Stmt>\n")
	}
	return b.String() + "</BkToCstmrStmt></Document>\n"
}
