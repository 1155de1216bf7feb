// Package people is who works with a lake: authentication switched on and recovered,
// keys enrolled and revoked, roles granted and taken away, a person ended.
//
// It promises that each of these is a record in the chain, judged again in the
// transaction that writes it, that nobody grants to themselves, and that the last
// administrator stays. It imports books, and no job.
package people
