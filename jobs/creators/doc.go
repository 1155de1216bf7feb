// Package creators answers what finance and support ask of one creator: what their
// statements came to, month by month, what of them was paid, and why a payout is what
// it is; and what a creator asks of themselves: months that are final, the statement, and
// what each line of it is made of.
//
// It promises to record whom somebody looked at before it reads, to change nothing
// else, and to show no name and no address: those are for the statement. Whose rows a
// creator sees the record of their role says, never what is asked for; whatever isn't
// theirs is told as what there is not. Numbers are those of the runs in force, for
// creators of closed months alone; it adds up none. It must not import month or guard.
package creators
