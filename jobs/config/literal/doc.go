// Package literal tells secrets that stand in the text of a configuration itself, inside
// addresses, from references to secrets, and fills the latter in.
//
// It promises that a secret is never printed, and that an error never repeats one. It imports
// nothing of carat but disk.
package literal
