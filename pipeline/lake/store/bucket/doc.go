// Package bucket keeps objects in a bucket of Amazon's S3, or of a server that speaks its
// protocol and keeps to `If-None-Match: *`.
//
// It promises what the contract of objects says, over a network that loses answers, ends
// them early, is slow or asks to come later: what may be over soon is tried again, and after
// an answer that was lost, or one that the key is taken, the bytes that lie there decide.
// Credentials come of the SDK's chain: environment, shared files, roles of the machine.
//
// It may import the domain and the contract, and must not know what a key stands for.
package bucket
