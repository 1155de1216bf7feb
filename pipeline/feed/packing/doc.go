// Package packing takes files out of what they are packed in: gzip, zstd, and a zip
// of one file.
//
// It promises that a file's own bytes are read once and in order, to whoever keeps
// them; that what unfolds too far, leads elsewhere or ends in the middle is refused
// with its next step; and that an error of the machine is told from one of the file.
//
// It imports the domain package, lex and decoders of packing; no format, no feed.
package packing
