// Package repeats is what reading a file asks of the history: the rows of the staged
// file whose key was read before, there or earlier in the file itself (Each), and the
// lines of a bank's account that are held around a day (HeldLines).
//
// It promises every such row once, in the order of the file, with what it is
// compared with. It knows no model and writes nothing; it must not import engine,
// jobs or another adapter than the database.
package repeats
