// Package apple reads Apple's reports: financial reports, with their totals, the
// detailed ones, payment summaries, sales reports, and the fiscal calendar that
// they follow.
//
// It promises that a report whose own totals don't match its lines is refused.
//
// It imports the domain package, lex and published; no other provider.
package apple
