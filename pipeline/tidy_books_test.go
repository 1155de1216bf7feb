package pipeline_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// badBooks are the reports of banks, stores and authorities that come as nobody wants them, each with
// what shows that it is named or booked right: a file of cases or a story, and words of it.
var badBooks = []struct{ input, file, words string }{
	{"a settlement report whose lines don't add up to its payout", "sql/controls/ctl_settlement_payout.txtar", "47 JPY remain that no line explains"},
	{"the same, as a user sees it", "cmd/carat/testdata/script/receivables.txtar", "short,194,100,-94"},
	{"a payout split over two reports", "sql/ledger/matching/led_settlement_payout.txtar", "p1, payout_id, 2, 3, 85, 85, matched"},
	{"a balance carried in one report and paid in the next", "sql/controls/ctl_settlement_payout.txtar", "-- a_reserve_and_a_carried_balance/want.csv --"},
	{"a balance carried in one month and paid in the next", "cmd/carat/testdata/script/receivables.txtar", "the carried balance is paid"},
	{"a balance that is carried and never comes back", "sql/controls/ctl_settlement_payout.txtar", "-- carried_and_gone/want.csv --"},
	{"a reserve released after six months", "sql/ledger/receivables/led_receivable_rollforward.txtar", "-- a_reserve_released_after_six_months/want.csv --"},
	{"two banks with one currency", "sql/controls/ctl_bank_balance.txtar", "-- two_banks_in_one_currency/want.csv --"},
	{"a bank statement missing in the middle", "sql/controls/ctl_bank_balance.txtar", "a statement between them is missing"},
	{"a rate missing on a weekend", "sql/ledger/rates/led_fx_rate.txtar", "-- a_weekend/want.csv --"},
	{"an agency that ends in mid-month", "sql/ledger/agencies/led_agency_rollforward.txtar", "-- an_agency_that_ends/want.csv --"},
	{"an agency that a creator leaves at noon", "cmd/carat/testdata/script/agencyday.txtar", "morning"},
	{"tax rate zero and exempt", "sql/ledger/tax/led_purchase_tax.txtar", "zero, 0, zero, us, 0, 0"},
	{"a tax stated where none is due", "sql/controls/ctl_tax_payable.txtar", "it is zero-rated"},
	{"a year with an opening", "sql/ledger/tax/led_year_paid.txtar", "-- opening/want.csv --"},
}

// What is bad and comes every year is named or booked right, and a test says so.
func TestBadInputOfTheBooksHasCases(t *testing.T) {
	for _, b := range badBooks {
		text, err := os.ReadFile(filepath.Join(house, filepath.FromSlash(b.file)))
		if err != nil || !strings.Contains(string(text), b.words) {
			t.Errorf("%s: %s doesn't hold %q: %v", b.input, b.file, b.words, err)
		}
	}
}
