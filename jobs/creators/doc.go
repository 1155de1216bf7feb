// Package creators answers what finance and support ask of one creator: what their
// statements came to, month by month, what of them was paid, and why a payout is what
// it is.
//
// It promises to record whom somebody looked at before it reads, to change nothing
// else, and to show no name and no address: those are for the statement. Numbers are
// those of the runs in force; it adds up none. It must not import ask, month or guard.
package creators
