// Package saft writes a month's journal as Norway's SAF-T Financial, version 1.30: the
// file that the tax administration asks for when it looks into books.
//
// It promises a file that the published schema takes and whose own sums hold (every
// transaction balances, every account's opening, movements and closing, totals, references
// to accounts that are there, codes that the list has), and no file where they don't:
// Check says why. Amounts stand as they are, to the øre. It computes no money but those
// sums, and imports nothing of jobs or pipeline's adapters.
package saft
