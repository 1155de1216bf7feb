// Package bank reads what banks send of accounts: camt.053 and camt.054, MT940 and BAI2.
//
// It promises that a statement is taken only if opening + entries = closing, to
// the last unit, and that one movement has one id in every message about it.
//
// It imports the domain package, lex and published; no provider.
package bank
