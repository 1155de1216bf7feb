// Package postgres says how carat connects to a database of its own in PostgreSQL.
//
// It promises that a connection which stays open is none the worse when another
// program changes a table meanwhile, that nothing waits for ever for a lock of another
// session, and that texts are kept as UTF-8. It must not import the lake or the state,
// which both open their database with it.
package postgres
