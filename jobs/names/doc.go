// Package names says what people are called, so that one person has one name
// wherever it is written: as a role's holder, with --user and in CARAT_USER, as
// an approver in carat.yaml, in sign-offs and decisions.
//
// It promises that two spellings which a person reads as one name are one, or are
// refused. It must import nothing of carat.
package names
