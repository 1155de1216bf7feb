// Package authority is the part of carat.yaml that names who stamps time: what it holds,
// and what can be wrong with it.
//
// It promises that an authority without a problem can be called, where its network is
// allowed, and its stamps be checked. It reads no file, and must not import the
// configuration, which reads it.
package authority
