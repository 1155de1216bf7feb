// Package people keeps what can be erased: names and addresses by creator id, and what
// creators asked, in a database of their own outside the history.
//
// It promises that what is erased is overwritten, and that the people of a batch
// are stored once the batch is committed, also when a crash falls between; and that
// nothing is read of rows that another program changed.
//
// It must import no room of the lake but store.
package people
