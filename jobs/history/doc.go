// Package history shows what ran, what was signed and locked, and who read what: the chain of
// records as an auditor goes through it.
//
// It promises to change nothing and to verify nothing: that is `carat verify`. It must
// not import ask, month or guard.
package history
