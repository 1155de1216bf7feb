// Package lots spends a viewer's coins first in, first out, in one pass over
// the viewer's events: which lot each debit took, what it owes, what an
// undoing event gave back, and how far the coins fell. It is the fast way to
// what the SQL of sql/ledger/lots says; that SQL is the specification, and each
// run compares a sample of its viewers with it.
//
// It promises integers alone, the memory of one viewer, and the same result
// for the same rows in whatever order they come. It reads and writes nothing,
// and must not import anything but the standard library.
package lots

// Version is said in a run's id. It goes up with every change after which the
// pass may give another row.
const Version = 1
