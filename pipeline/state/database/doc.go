// Package database opens the database that the state is in: SQLite, or PostgreSQL.
//
// It promises that no text goes in that isn't UTF-8 or holds a NUL. It knows no table
// of the state, and must import no other package of it.
package database
