package pipeline_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// badBooks are the reports of banks, stores and authorities that come as nobody wants them, each with
// the case that checks its amounts: a model's (TestModels of pipeline/engine runs every one) or a file
// that a story compares, and rows that it wants, a column and its value each. named says that the
// amounts are those of an exception, with its reason; else they are booked.
var badBooks = []struct {
	input, file, part string
	named             bool
	rows              []string
}{
	{"a settlement report whose lines don't add up to its payout", "sql/controls/ctl_settlement_payout.txtar", "fires/want.csv", true,
		[]string{"subject_id=p1 expected=1425 actual=1282.5 difference=-142.5 unit=USD reason=short", "subject_id=t3 expected=194 actual=200 difference=6 unit=JPY reason=over"}},
	{"the same, as a user sees it", "cmd/carat/testdata/script/receivables.txtar", "october.csv", false,
		[]string{"subject_id=provider_receivable/stripe line=paid_out amount=-100", "subject_id=provider_receivable/stripe line=closing amount=94"}},
	{"a payout that we pay in, and one of nothing", "sql/ledger/matching/led_settlement_payout.txtar", "a_payout_that_we_pay_in/want.csv", false,
		[]string{"line_id=p1 lines_amount=-20 paid_amount=-20 outcome=matched", "line_id=p2 lines_amount=-30 paid_amount=-29 outcome=over", "line_id=p3 lines_amount=0 paid_amount=0 outcome=matched"}},
	{"a payout split over two reports", "sql/ledger/matching/led_settlement_payout.txtar", "by_id/want.csv", false,
		[]string{"line_id=p1 reports=2 lines=3 lines_amount=85 paid_amount=85 outcome=matched"}},
	{"a payout split over two reports without an id", "sql/ledger/matching/led_settlement_payout.txtar", "by_report/want.csv", false,
		[]string{"line_id=t3 first_report=r2 report_id=r3 lines_amount=25 paid_amount=25 outcome=matched"}},
	{"a payout split over two reports of two months", "sql/ledger/matching/led_settlement_payout.txtar", "split_over_two_reports_and_months/want.csv", false,
		[]string{"line_id=p1 reports=2 lines_amount=870 paid_amount=870 outcome=matched", "line_id=b4 reports=2 lines_amount=1.5 paid_amount=1.499 outcome=short"}},
	{"a balance carried in one report and paid in the next", "sql/ledger/matching/led_settlement_payout.txtar", "a_reserve_and_a_carried_balance/want.csv", false,
		[]string{"line_id=c5 lines_amount=70 paid_amount=70 outcome=matched", "line_id=c8 lines_amount=25 paid_amount=25 outcome=matched"}},
	{"a balance carried in one month and paid in the next", "sql/controls/ctl_settlement_payout.txtar", "carried_in_one_month_and_paid_in_the_next/want.csv", true,
		[]string{"subject_id=b1 expected=0 actual=-10 difference=-10 reason=carried"}},
	{"the same, as a user sees it", "cmd/carat/testdata/script/receivables.txtar", "after.csv", false,
		[]string{"subject_id=provider_receivable/adyen line=opening amount=57", "subject_id=provider_receivable/adyen line=paid_out amount=-67", "subject_id=provider_receivable/adyen line=closing amount=0"}},
	{"a balance that is carried and never comes back", "sql/controls/ctl_settlement_payout.txtar", "carried_and_gone/want.csv", true,
		[]string{"subject_id=a1 expected=0 actual=-50 difference=-50 reason=carried"}},
	{"a reserve released after six months", "sql/ledger/receivables/led_receivable_rollforward.txtar", "a_reserve_released_after_six_months/want.csv", false,
		[]string{"identity=reserve line=opening amount=20", "identity=reserve line=released amount=-20", "identity=reserve line=closing amount=0"}},
	{"a reserve in another currency, released in the month after", "sql/ledger/receivables/led_receivable_rollforward.txtar", "held_in_one_month_and_released_in_the_next/want.csv", false,
		[]string{"identity=reserve line=opening amount=100 functional_amount=130", "identity=reserve line=released amount=-60 functional_amount=-72", "identity=reserve line=closing amount=40 functional_amount=50"}},
	{"two banks with one currency", "sql/ledger/cash/led_cash_rollforward.txtar", "two_banks_in_one_currency/want.csv", false,
		[]string{"account=A currency=EUR closing=40", "account=B currency=EUR closing=52.49", "account=A currency=JPY closing=1000"}},
	{"two banks with one currency, one of which lacks a statement", "sql/controls/ctl_bank_balance.txtar", "two_banks_in_one_currency/want.csv", true,
		[]string{"subject_kind=bank subject_id=o4 reason=gap"}},
	{"a bank statement missing in the middle", "sql/controls/ctl_bank_balance.txtar", "fires/want.csv", true,
		[]string{"subject_id=o3 expected=97 actual=90 difference=-7 unit=EUR reason=gap", "subject_id=a/EUR expected=102 actual=95 difference=-7 reason=entries"}},
	{"a rate missing on a weekend", "sql/ledger/rates/led_fx_rate.txtar", "a_weekend/want.csv", false,
		[]string{"day=2026-10-04 rate_day=2026-10-02 age_days=2 rate=1.2", "day=2026-10-05 rate_day=2026-10-05 age_days=0 rate=1.1"}},
	{"what is sold on it, in the entity's currency", "sql/ledger/tax/led_tax_line.txtar", "a_weekend/want.csv", false,
		[]string{"currency=EUR gross=357 tax=57 functional_gross=428.4 functional_tax=68.4"}},
	{"an agency that ends in mid-month", "sql/ledger/agencies/led_agency_rollforward.txtar", "an_agency_that_ends/want.csv", false,
		[]string{"agency_id=e1 accrued_amount=0.6 reversed_amount=-0.1 clawed_back_amount=-0.25 adjusted_amount=2 redeemed_amount=-1 closing_amount=1.25"}},
	{"an agency that a creator leaves at noon", "cmd/carat/testdata/script/agencyday.txtar", "lines.csv", false,
		[]string{"agency_id=a1 section=accrued diamonds=500 amount=0.5", "agency_id=a1 section=reversed diamonds=-500 amount=-0.5", "agency_id=a2 section=accrued diamonds=300 amount=0.6"}},
	{"tax rate zero and exempt", "sql/ledger/tax/led_purchase_tax.txtar", "of_sales/want.csv", false,
		[]string{"purchase_id=zero rate=0 treatment=zero rule_tax=0 due_tax=0", "purchase_id=exempt rate=0 treatment=exempt rule_tax=0 due_tax=0", "purchase_id=reverse_charge rate=0.2 rule_tax=0 due_tax=0"}},
	{"a tax stated where none is due", "sql/controls/ctl_tax_payable.txtar", "fires/want.csv", true,
		[]string{"subject_id=zero expected=0 actual=0.75 difference=0.75 reason=stated", "subject_id=exempt expected=0 actual=0.75 difference=0.75 reason=stated", "subject_id=fils expected=0.048 actual=0.047 difference=-0.001 unit=KWD"}},
	{"a year with an opening", "sql/ledger/tax/led_year_paid.txtar", "opening/want.csv", false,
		[]string{"payee_id=c1 year=2026 quarter=1 payouts=0 gross_amount=10.125", "payee_id=c1 year=2026 quarter=3 payouts=4 gross_amount=20.375 withholding_amount=3.05 fee_amount=0.3", "payee_id=c1 year=2026 quarter=4 payouts=1 gross_amount=10"}},
}

// amounts are columns by which a case checks how much, and not only that something is there.
var amounts = []string{"amount", "closing", "closing_amount", "lines_amount", "difference", "rate", "functional_amount", "functional_gross", "gross", "gross_amount", "rule_tax"}

// What is bad and comes every year is booked right, to the last unit, or named with the difference:
// each has a case that wants its amounts.
func TestBadInputOfTheBooksHasCases(t *testing.T) {
	for _, b := range badBooks {
		head, rows := wantedRows(t, b.file, b.part)
		if b.named && !slices.Contains(head, "reason") {
			t.Errorf("%s: %s %s names no reason", b.input, b.file, b.part)
		}
		checksAmounts := false
		for _, want := range b.rows {
			if !slices.ContainsFunc(rows, func(row map[string]string) bool { return holds(row, want) }) {
				t.Errorf("%s: %s %s wants no row %q", b.input, b.file, b.part, want)
			}
			for _, pair := range strings.Fields(want) {
				column, _, _ := strings.Cut(pair, "=")
				checksAmounts = checksAmounts || slices.Contains(amounts, column)
			}
		}
		if !checksAmounts && !(b.named && len(b.rows) > 0) {
			t.Errorf("%s: no amount of %s %s is told here; it wants %v", b.input, b.file, b.part, rows)
		}
	}
}

// holds says whether a row has each of "column=value column=value".
func holds(row map[string]string, want string) bool {
	for _, pair := range strings.Fields(want) {
		column, value, _ := strings.Cut(pair, "=")
		if have, told := row[column]; !told || have != value {
			return false
		}
	}
	return true
}

// wantedRows reads the rows that a case, or a file beside a story, wants. A story must compare it.
func wantedRows(t *testing.T, file, part string) (head []string, rows []map[string]string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(house, filepath.FromSlash(file)))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "\n-- "+part+" --\n")
	if !found {
		t.Errorf("%s has no %s", file, part)
		return nil, nil
	}
	if strings.HasPrefix(file, "cmd/") && !strings.Contains(string(text), "\ncmp stdout "+part+"\n") {
		t.Errorf("%s doesn't compare %s", file, part)
	}
	rest, _, _ = strings.Cut("\n"+rest, "\n-- ")
	r := csv.NewReader(strings.NewReader(rest))
	r.TrimLeadingSpace, r.FieldsPerRecord = true, -1
	all, err := r.ReadAll()
	if err != nil || len(all) == 0 {
		t.Errorf("%s %s: %v", file, part, err)
		return nil, nil
	}
	for _, cells := range all[1:] {
		row := map[string]string{}
		for i, c := range cells {
			if i < len(all[0]) {
				row[all[0][i]] = strings.TrimSpace(c)
			}
		}
		rows = append(rows, row)
	}
	return all[0], rows
}
