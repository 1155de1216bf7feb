// Package store is where the bytes of a lake lie: today a folder on a disk.
//
// Every write goes through Disk and is durable: a file is complete and synced
// before its name appears, and the name is synced too. Each step can be made to
// fail, as by a crash or a full disk, which is how all other rooms of the lake
// are tested. layout.go says what lies where.
//
// It is the seam of a lake in a bucket, where whole objects are put, read,
// listed, deleted and told the size of: the other rooms ask Disk for what they
// write, and no more of the operating system than to open and to list what is
// there.
//
// It must not import another room of the lake, and knows neither Iceberg nor
// Parquet.
package store
