// Package links is where the hash chain lies: a row for every link, in the table
// carat_links of the catalog's database and in the Iceberg table batches, which any
// other program reads.
//
// It promises that a row holds the exact bytes that were hashed, that all its other
// columns follow from them or are what verification can find again, and that one link
// is found, or the last, without reading the others.
//
// It may import chain and pages. It must not decide what a link says, or commit.
package links
