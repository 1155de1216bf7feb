// Package views keeps filters of exceptions that people save, each under a name of its own
// and for themselves alone.
//
// It promises that a saved filter is one that the list itself knows, whatever was sent, and
// that nobody reads or removes another's. It must not ask for any exception.
package views
