// Package sandbox runs the SQL that people write (queries, controls of their
// own) in a process of its own: carat's binary, called with Verb, which is in no
// help.
//
// It promises that such a process can be ended at any moment, whatever it is
// computing, and ends with the one that started it; that it has bounds on time,
// memory, disk and the size of its answer; that it has no environment, no network
// and no signal of the terminal; and that it reads the tables it is given and
// writes its scratch folder alone. It knows no lake and no state, and must not
// import books or what stands above it.
package sandbox
