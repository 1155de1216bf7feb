// Package repeats finds the rows of a staged file whose key was read before: in
// the history, or earlier in the file itself.
//
// It promises every such row once, in the order of the file, with what it is
// compared with. It knows no model and writes nothing; it must not import engine,
// jobs or another adapter than the database.
package repeats
