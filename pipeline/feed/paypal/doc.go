// Package paypal reads PayPal's settlement reports and the results of its payouts.
//
// It promises that a report is refused whose sections, counts or totals don't
// match its rows.
//
// It imports the domain package, lex and published; no other provider.
package paypal
