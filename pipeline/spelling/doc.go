// Package spelling makes texts that others chose fit to be recorded and shown:
// names of files and accounts, what a person typed, messages that may hold a secret.
//
// It promises that what it gives holds no byte that steers a terminal and no
// password of an address. It must import nothing but the domain, and do no I/O.
package spelling
