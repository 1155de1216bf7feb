// Package exceptions lists what the controls found, with what was decided about it
// and how long it has stood.
//
// It promises to change nothing, and that a list says of each exception what the
// run in force says. It must not import ask, month or guard.
package exceptions
