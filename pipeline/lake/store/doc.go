// Package store is where the bytes of a lake lie: today a folder on a disk.
//
// Every write goes through Disk and is durable: a file is complete and synced
// before its name appears, and the name is synced too. Each step can be made to
// fail, as by a crash or a full disk, which is how all other rooms of the lake
// are tested. layout.go says what lies where.
//
// Its rooms are the seam of a lake in a bucket: object is the contract of whole
// objects that are put, read, listed, deleted and told the size of, folder and
// bucket keep it, and storetest is the suite that both pass, also over networks
// that fail.
//
// It must not import another room of the lake, and knows neither Iceberg nor
// Parquet.
package store
