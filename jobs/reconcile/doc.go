// Package reconcile runs the models over what the lake holds: for an open month,
// whose results it publishes all or none, and again for a closed one, to compare
// it with its certificate. What a run is made of - models, parameters, the month
// before as it was closed, its id - is told here alone.
//
// It promises that the same inputs are the same run, and that a run again writes
// nothing. It imports books, never statements or what is made of results: closing
// and verifying ask it, not the other way.
package reconcile
