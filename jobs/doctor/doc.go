// Package doctor tries what carat rests on: the configuration, folders and their rights,
// the disk, the clock, catalog and state, the engine, the mail server, the sources.
//
// It promises that each thing is tried by itself, that each that isn't well says what to
// do next, and that nothing is left changed: a trial file is taken away again, no file is
// taken from a source, and a database is written to only to see that it refuses. It may
// import fetch and what is below, and no other job.
package doctor
