package lex

import "unsafe"

// Token is how a value was written, where the format tells.
type Token uint8

// The ways in which a value is written.
const (
	TokenText   Token = iota // CSV, a JSON string: anything
	TokenNumber              // a JSON number, an integer of Parquet
	TokenOther               // true, false, an object, an array
	TokenMicros              // eight bytes: microseconds since the epoch, native order
)

// MicrosText is a time as eight bytes, to be read as TokenMicros.
func MicrosText(v int64) []byte {
	b := new([8]byte)
	*(*int64)(unsafe.Pointer(b)) = v
	return b[:]
}
