// Package score compares what a tool found in a generated month with what was planted
// there: the scoring half of the benchmark (docs/benchmark.md).
//
// It promises that anybody's tool can be scored, by a CSV or JSON of four columns; that
// each planted fault counts once and so does each finding; and that shares are told
// exactly, as fractions of counts. It opens no lake and knows nothing of how faults are
// found or planted.
package score
