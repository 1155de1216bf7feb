// Package pipeline is carat's domain: money, periods, batches, the row type of
// every feed, and the kinds of error that become exit codes.
//
// It promises exact arithmetic: coins and diamonds are int64, amounts are int64
// millionths, rates are int64 billionths; no float appears. It imports the
// standard library only and does no I/O.
package pipeline
