// Package timestamp asks an authority for RFC 3161 time stamps and checks them: proof, by
// somebody else's clock and key, that some bytes were there at an instant.
//
// It promises that a stamp which passes is over the bytes' SHA-256, was signed by a
// certificate that may do nothing but stamp time, names that certificate, chains to a
// root that is trusted, and has the policy that was asked for; and, when it is
// asked for, the nonce of its request. Checking needs no network. What it gives and
// takes is DER as OpenSSL's `ts` writes and reads it. It knows neither lakes nor
// certificates of months, and dials with the client that it is handed.
package timestamp
