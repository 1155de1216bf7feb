// Package source is where files lie that come by themselves: a folder of a bank, a
// bucket, a store's reports, a database. It says what every kind of source
// promises, how one file is read to its end in spite of a network, and under which
// name it is put into the inbox; each kind has a package below it.
//
// It promises that a source changes nothing at the other side, that no error holds a
// secret, and that what a remote name says chooses no path. It writes only the file
// that it is given, and imports nothing of carat but the domain.
package source
