// Package ask answers questions about the history: queries, the trace of anything
// to its source lines and back, and the evidence of an exception.
//
// It promises to change nothing, to record each access before it reads, and to
// find the rows that belong to something by the run's own models and the queries
// of sql/evidence. It must not import month or guard.
package ask
