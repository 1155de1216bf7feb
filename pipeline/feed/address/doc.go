// Package address reads mail addresses as carat takes them: of a feed, and
// before a letter goes out.
//
// It promises that what it accepts is exactly one address without a name, a
// comment or quotes, whose domain can be on the internet, so that a letter goes
// to that mailbox and to nobody else. What it refuses it gives the reason for,
// never the address.
//
// It must import nothing of carat.
package address
