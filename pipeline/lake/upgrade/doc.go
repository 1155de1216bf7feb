// Package upgrade brings a lake of an earlier carat to the form of today (see
// docs/lake.md).
//
// It promises to verify the lake before it writes and after, to change no row, no kept
// file and no certificate, and to go on where it was cut short.
//
// It may import every room of the lake but keys, people and seal.
package upgrade
