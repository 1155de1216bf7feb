// Package relocate brings a lake with its state to another place: from a folder into a bucket,
// or back.
//
// It promises that what is copied stays as it is, that a copy which was broken off is none and
// goes on where it was, and that a copy is verified by its own bytes before it counts.
//
// It must not import schedule or serve.
package relocate
