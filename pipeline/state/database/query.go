package database

import (
	"errors"
	"strconv"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"carat/pipeline"
	"carat/pipeline/postgres"
)

// Busy makes a database that another program keeps locked for longer than it is
// waited for an error that a person understands, and that passes.
func Busy(err error) error {
	var se *sqlite.Error
	if errors.As(err, &se) && se.Code()&0xff == sqlite3.SQLITE_BUSY {
		return pipeline.Errorf(pipeline.KindBusy, "write to", "state database", "another program keeps it locked (%w)", err).
			WithHint("close what has opened catalog.sqlite, and run again; nothing was changed")
	}
	return postgres.Busy(err)
}

// Bind gives a query with the database's own placeholders: ? as it is for SQLite, $1,
// $2, … for PostgreSQL. No query of the state holds a literal ?.
func Bind(query string, postgres bool) string {
	if !postgres {
		return query
	}
	var b strings.Builder
	n := 0
	for _, r := range query {
		if r != '?' {
			b.WriteRune(r)
			continue
		}
		n++
		b.WriteString("$" + strconv.Itoa(n))
	}
	return b.String()
}
