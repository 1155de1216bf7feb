// Package decision says what a person can decide about an exception, and what of it
// a run is built with: exchange rates that nobody published, and rows of two sides
// that belong together.
//
// It promises that the text of a decision is read in one place. It must not import
// anything but pipeline.
package decision
