// Package guard keeps the history safe: it verifies all of it and runs closed
// months again, compacts files, erases a person, copies the lake away and brings
// it back.
//
// It promises that none of these changes a row, a result or a run, that a backup
// that doesn't verify is none, and that whatever was changed is named. It must not
// import month: it judges the certificates, it makes none.
package guard
