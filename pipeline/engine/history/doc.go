// Package history says which rows of months before a run's an engine reads with the
// others, and which only where they are looked for, and what it reads of how a
// month was closed.
//
// It promises that no row is lost or told twice by it. It knows no model, and must
// not import engine, jobs or reports.
package history
