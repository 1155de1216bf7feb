// Package postgrestest is a server of PostgreSQL for a test.
//
// It promises that the server is a real one, that no other test sees it, and that
// nothing of it is left when the test ends. Tests alone import it.
package postgrestest
