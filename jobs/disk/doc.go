// Package disk writes and reads the files that jobs leave on the machine's disk:
// what people open, backups, marks.
//
// It promises that a file or folder that it puts in place is there whole or not
// at all. It imports nothing of carat but the lake's way to make names durable.
package disk
