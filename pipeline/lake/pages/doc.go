// Package pages turns rows into Parquet files and back.
//
//	schema.go         the columns of a row type, from its parquet tags
//	rawtable.go       what is known of a raw table: its columns, how its rows are hashed
//	rowhash.go        the canonical form of a row, and rows-sha256; rowdecode.go: back
//	hashfiles.go      rows-sha256 from files
//	rowfile.go        a file of rows in their canonical form, as blocks hold them
//	parquetfile.go    a file of rows as they are: rejects, and files that lost rows
//	compactor.go      several files into one, and the proof that it holds their rows
//	numbers.go        the hash of a result table's numbers
//	resultcolumns.go  the columns of a result table's file
//
// It promises that the same rows give the same bytes on any machine, and that a
// damaged file is an error, not a panic.
//
// It must import no room of the lake but store, and does not know Iceberg.
package pages
