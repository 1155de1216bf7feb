// Package room is the seam between the server and the rooms of its pages: what a page is
// given of whoever asks for it, and what it gives back.
//
// It promises that a room which knows it needs nothing else of the server: neither
// sessions nor tokens nor how a page is written. It knows no room, and judges no right:
// what may be read the jobs judge. It imports books and what lays pages out.
package room
