// Package shape says what the Iceberg table of some columns looks like: schema,
// partitions and properties, and what brings one of before to the columns of today.
//
// It promises that field ids are kept: they are a contract. It reads and writes no file.
//
// It must not import another room of the lake.
package shape
