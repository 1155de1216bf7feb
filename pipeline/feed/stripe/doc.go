// Package stripe reads Stripe's itemized reports, and exports of balance
// transactions and payouts.
//
// It promises gross + fee = net in every line, and rejects categories that it
// doesn't know.
//
// It imports the domain package, lex and published; no other provider.
package stripe
