// Package pointers is the rows that the catalog's library keeps in its database: which
// metadata file is a table's, and the properties of the namespace.
//
// It promises to read all of them, those that another program put there too. It writes
// nothing, and must import no other room of the lake.
package pointers
