// Package sample draws audit samples from a month's rows, writes what an auditor
// fills in, and projects what they found onto the month.
//
// It promises that a sample can be drawn again by anybody from the same history, and is
// drawn again before anything is projected from it; that the folder it writes is there
// whole or not at all; and that it changes nothing in the history. The statistics are in
// pipeline/sampling. It must not import publish, month or guard.
package sample
