package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"
	"unicode/utf8"

	"carat/pipeline"
	"carat/pipeline/spelling"
)

// Open is sql.Open of a database into which no text goes that isn't UTF-8
// or holds a NUL: SQLite keeps such a text as it is, whoever reads the row later
// fails on it, and PostgreSQL refuses it with words that nobody understands. What
// came in before is spelled when it is read.
func Open(name, dsn string) (*sql.DB, error) {
	db, err := sql.Open(name, dsn)
	if err != nil {
		return nil, err
	}
	plain := db.Driver()
	if err := db.Close(); err != nil {
		return nil, err
	}
	within := driver.Connector(dsnConnector{dsn, plain})
	if opener, ok := plain.(driver.DriverContext); ok {
		if within, err = opener.OpenConnector(dsn); err != nil {
			return nil, err
		}
	}
	return sql.OpenDB(checkedConnector{within}), nil
}

// dsnConnector connects by a driver that has no connectors.
type dsnConnector struct {
	dsn    string
	driver driver.Driver
}

func (c dsnConnector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.dsn) }
func (c dsnConnector) Driver() driver.Driver                        { return c.driver }

type checkedConnector struct{ driver.Connector }

// Connect gives a connection that checks what it is handed.
func (c checkedConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	whole, ok := conn.(fullConn)
	if !ok {
		return nil, errors.Join(errors.New("the database's driver is not one that carat knows"), conn.Close())
	}
	return checkedConn{whole}, nil
}

// fullConn is what both drivers' connections can do.
type fullConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
}

type checkedConn struct{ fullConn }

// CheckNamedValue refuses a text that may not be kept.
func (c checkedConn) CheckNamedValue(v *driver.NamedValue) error {
	if text, ok := v.Value.(string); ok && (!utf8.ValidString(text) || strings.ContainsRune(text, 0)) {
		return pipeline.Errorf(pipeline.KindUsage, "write to", "state database", `"%s" is no text: it must be UTF-8 and hold no NUL`, pipeline.CutText(spelling.Spell(text)))
	}
	if text, ok := v.Value.(string); ok {
		v.Value = spelling.Redact(text) // the password of an address, in whatever is recorded
	}
	if within, ok := c.fullConn.(driver.NamedValueChecker); ok {
		return within.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

// IsValid says whether the connection can be used again.
func (c checkedConn) IsValid() bool {
	within, ok := c.fullConn.(driver.Validator)
	return !ok || within.IsValid()
}
