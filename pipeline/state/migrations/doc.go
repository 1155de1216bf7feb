// Package migrations is the statements that make the state's tables, step by step, and
// which of them a database says were applied.
//
// It promises that a step which was published is never changed: another is added. It
// applies none, and must import no other package of carat's.
package migrations
