// Package inventory is the list of every file of the history, with its hash as it was
// written, in the catalog's database.
//
// It promises that a file stands in it from the transaction on that made it part of the
// history, and that what is no longer needed is removed when its time has come: metadata
// of tables alone, and never on the word of a row that the history contradicts.
//
// It may import pipeline and store. It must not know what the files hold.
package inventory
