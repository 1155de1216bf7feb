// Package agency says what an agency's statement says: which creators' gifts gave
// what, what was taken back, adjusted and paid. It also writes it for programs, as
// CSV and JSON; the layouts for people lie beside those of creators' statements.
//
// It promises that every rendering is made from the same rows, and computes no
// money. It must not import an adapter of pipeline.
package agency
