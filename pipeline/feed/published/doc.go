// Package published is the frame of the formats that stores, providers, banks and
// recorders publish: what a Format is, the Report that its reader is given, the
// Writer that takes its rows, and what such readers share, such as records found
// by the names of their header, ids for lines without one, and amounts.
//
// It promises that a format sees nothing of packing, encodings, blocks and row
// types, and that a row begun is judged like any other.
//
// It imports the domain package and lex. The providers import it; it imports none
// of them.
package published
