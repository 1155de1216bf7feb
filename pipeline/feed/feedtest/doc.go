// Package feedtest is what the tests of the formats share: reading a text as a
// file and keeping all that became of it, published samples, hostile content, and
// the checks that every report goes through.
//
// It promises that each file read through it is checked for what holds of any:
// rows read = accepted + rejected, every block closed, every byte passed on. It is
// imported by tests alone.
package feedtest
