package chart

import (
	"fmt"
	"strings"
)

// builtin is what the journal posts to, in the order of the chart of accounts: each role
// with the number of its account and the side of the books on which it stands. The chart
// itself, with the accounts' names, is the model led_account; a test keeps the two alike.
var builtin = []struct{ role, number, side string }{
	{"cash", "1000", sheet}, {"clearing", "1050", sheet}, {"store_receivable", "1100", sheet}, {"provider_receivable", "1110", sheet},
	{"reseller_receivable", "1120", sheet}, {"creator_receivable", "1130", sheet}, {"creator_debt_allowance", "1138", sheet},
	{"deferred_debt_gain", "1139", sheet}, {"reserves", "1140", sheet}, {"agency_receivable", "1150", sheet},
	{"withholding_receivable", "1160", sheet}, {"deferred_store_fee", "1200", sheet}, {"contract_liability", "2000", sheet},
	{"tax_payable", "2100", sheet}, {"refund_liability", "2110", sheet}, {"creator_payable", "2200", sheet},
	{"payouts_in_transit", "2210", sheet}, {"agency_payable", "2220", sheet}, {"withholding_payable", "2230", sheet},
	{"counterparty_payable", "2240", sheet}, {"retained_earnings", "3000", equity}, {"gift_revenue", "4000", result},
	{"breakage_revenue", "4010", result}, {"refunds", "4100", result}, {"payout_fees", "4200", result}, {"store_fee_cost", "5000", result},
	{"provider_fees", "5010", result}, {"dispute_fees", "5020", result}, {"settlement_adjustments", "5030", result},
	{"payment_fees", "5040", result}, {"creator_share", "5100", result}, {"creator_adjustments", "5110", result},
	{"agency_share", "5200", result}, {"marketing", "5300", result}, {"uncollectible", "5400", result}, {"debt_allowance", "5410", result},
	{"rounding", "7000", result}, {"tolerated", "7010", result}, {"fx_difference", "7020", result}, {"suspense", "9000", sheet},
	{"other_bank", "9010", sheet},
}

// The sides of the books: what a balance sheet has, what a year closes into, and profit and loss.
const (
	sheet  = "the balance sheet"
	equity = "equity"
	result = "profit and loss"
)

// Roles gives the roles to which carat.yaml can give another account.
func Roles() (roles []string) {
	for _, r := range builtin {
		roles = append(roles, r.role)
	}
	return roles
}

// Wrong is an account that a role can't have, and why.
type Wrong struct{ Role, Why string }

// Check judges the accounts that carat.yaml gives to roles, in the order of the
// chart. An account can't be empty, and no account, which its number tells, else its
// whole text, has roles of two sides of the books: its balance would be neither, and
// what a year closes into is nobody else's.
func Check(given map[string]string) (wrong []Wrong) {
	number := func(i int) string {
		text, ok := given[builtin[i].role]
		if !ok {
			return builtin[i].number
		}
		if first, _, _ := strings.Cut(strings.TrimSpace(text), " "); strings.Trim(first, "0123456789.-") == "" {
			return first
		}
		return strings.TrimSpace(text)
	}
	for i, own := range builtin {
		text, ok := given[own.role]
		if !ok {
			continue
		}
		if strings.TrimSpace(text) == "" {
			wrong = append(wrong, Wrong{own.role, `an account is needed, such as "1000 Cash"`})
			continue
		}
		for j, other := range builtin {
			if i != j && number(i) == number(j) && own.side != other.side {
				wrong = append(wrong, Wrong{own.role, fmt.Sprintf("%s is the account of %s too, which is of %s, and %s is of %s: give one of them another account", number(i), other.role, other.side, own.role, own.side)})
				break
			}
		}
	}
	return wrong
}
