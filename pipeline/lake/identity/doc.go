// Package identity says which lake lies in a folder, and whether its catalog is
// where it should be: lake.json, and the DSN of the catalog's database.
//
// It promises that no second lake.json is made beside tables, and that no password
// of a DSN gets into an error.
//
// It may import store. It must not open the catalog.
package identity
