// Package postgres says how carat connects to a database of its own in PostgreSQL.
//
// It promises that a connection which stays open is none the worse when another
// program changes a table meanwhile. It must import nothing else of carat.
package postgres
