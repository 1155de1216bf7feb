// Package literal finds secrets that stand in the text of a configuration itself, inside
// addresses: to tell of them, to refuse them, and to leave them out of copies.
//
// It promises never to repeat one, and takes what refers to a secret for none. It imports
// nothing of carat.
package literal
