// Package trinotest starts a Trino server for tests. It is imported by tests alone, which
// are skipped, by name, where there is no server or no Java 25: `make test-trino` fetches
// the server.
package trinotest
