// Package identity is who people are: the records that they sign, the keys that
// they sign with, and what the records come to, which is who has which key and
// which role.
//
// It promises that a record has one spelling in bytes, that a signature is judged
// by where its record stands in the chain and never by the clock, and that what
// carat accepts OpenSSH's ssh-keygen accepts too. It reads and writes no file,
// calls no agent (that is identity/sshkey) and no database (that is state), and
// must not import another adapter.
package identity
