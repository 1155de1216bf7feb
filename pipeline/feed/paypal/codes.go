package paypal

import (
	"strings"

	"carat/pipeline"
)

// payPalKind gives the kind of settlement line that a transaction event code
// means; credit says whether the money came in. The code's first letter and two
// digits are its group. Codes: PayPal's reports reference, "transaction event
// codes". A payment that we sent is none of our refunds or payouts. What has no
// kind of its own is an adjustment: it moves the balance, and must be in it, but
// no order of ours explains it.
func payPalKind(code string, credit bool) string {
	switch code {
	case "T0001", "T1114", "T1115": // mass payment: our payouts, which provider_payments explain; reversed, returned
		return "disbursement"
	case "T0106", "T0114": // of a chargeback, of a dispute
		return "dispute_fee"
	case "T1101", "T1104": // a withdrawal or a deposit that the bank sent back
		return "payout"
	case "T1107", "T1113": // refund of a payment; a credit without reference to one
		return "refund"
	case "T1108", "T1109": // fee given back
		return "fee"
	case "T1106": // payment reversed by PayPal
		return "chargeback"
	case "T1105", "T1110", "T1111", "T1116": // holds on the balance and their end
		return "reserve"
	}
	switch {
	case strings.HasPrefix(code, "T00"):
		if credit {
			return "sale"
		}
		return "adjustment" // a payment that we sent
	case strings.HasPrefix(code, "T01"):
		return "fee"
	case strings.HasPrefix(code, "T02"): // in pairs
		return "conversion"
	case strings.HasPrefix(code, "T15"), strings.HasPrefix(code, "T21"): // holds, reserves
		return "reserve"
	case strings.HasPrefix(code, "T20"): // between accounts of ours
		return "transfer"
	case strings.HasPrefix(code, "T03"), strings.HasPrefix(code, "T04"):
		return "payout" // from and to our bank
	case strings.HasPrefix(code, "T12"):
		return "chargeback"
	}
	return "adjustment"
}

// payPalMoves says whether an event moves the balance: authorisations (T13)
// don't, and are left out.
func payPalMoves(code string) bool { return !strings.HasPrefix(code, "T13") }

// payPalPending says whether a transactional status means that no money moved:
// pending and denied.
func payPalPending(status string) bool { return status == "P" || status == "D" }

// payPalDigits gives the digits of a currency's amounts. PayPal writes amounts
// without a point, and the published descriptions disagree on currencies that
// have no cents, or for which PayPal keeps none: those are told by the
// configuration or not at all.
func payPalDigits(currency string, told map[string]int) (digits int, ok bool) {
	if digits, ok = told[currency]; ok {
		return digits, true
	}
	switch currency {
	case "HUF", "TWD": // PayPal keeps no decimals, ISO 4217 has two
		return 0, false
	}
	digits, ok = pipeline.MinorDigits(currency)
	return digits, ok && digits == 2
}
