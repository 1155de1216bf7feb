// Package substrait stands in for github.com/substrait-io/substrait, of which
// iceberg-go needs the definitions of functions to scan a table with a filter.
// carat reads with DuckDB and never scans so; reading the real definitions took a
// quarter of a second and 32 MB of the start of every command. A scan with a
// filter says that it doesn't know the function. docs/decisions.md has the reason.
package substrait

import "embed"

//go:embed extensions/*
var extensions embed.FS

// GetSubstraitExtensionsFS gives the definitions, in folder `extensions`: none.
func GetSubstraitExtensionsFS() embed.FS { return extensions }
