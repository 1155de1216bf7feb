// Package chain is how the records of the state are spelled and hashed, and how rows
// are compared with them.
//
// It promises that the same record has the same hash. It reads no database, and must
// not import state.
package chain
