package postgres

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"carat/pipeline"
)

// Driver is the name by which database/sql opens a database of carat's own in
// PostgreSQL, with the address that carat.yaml gives.
const Driver = "carat-postgres"

// held is how long a statement waits for what another session has locked, as long as
// for a file of SQLite. An address may say otherwise: ?lock_timeout=5min.
const held = "30s"

// silent is how long a server may say nothing that takes a connection: one that was stopped does. An address may say
// otherwise: ?connect_timeout=120.
const silent = 30 * time.Second

// configOf reads an address, with the bounds that it doesn't set itself.
func configOf(dsn string) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(DSN(dsn))
	if err != nil {
		return nil, err
	}
	if config.RuntimeParams["lock_timeout"] == "" {
		config.RuntimeParams["lock_timeout"] = held
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = silent
	}
	return config, nil
}

func init() { sql.Register(Driver, opener{stdlib.GetDefaultDriver()}) }

type opener struct{ driver.Driver }

// OpenConnector gives connections that end waiting for a lock, and that are refused by
// a database whose texts aren't UTF-8: it would store half of a commit's names, and
// refuse or change the others.
func (o opener) OpenConnector(dsn string) (driver.Connector, error) {
	config, err := configOf(dsn)
	if err != nil {
		return nil, err
	}
	return connector{stdlib.GetConnector(*config, stdlib.OptionAfterConnect(func(ctx context.Context, conn *pgx.Conn) error {
		return cmp.Or(wantUTF8(ctx, conn), wantOwn(ctx, conn))
	})), o}, nil
}

// connector names the driver that it comes from: who asks for it opens connections alike.
type connector struct {
	driver.Connector
	driver driver.Driver
}

func (c connector) Driver() driver.Driver { return c.driver }

// Open is OpenConnector's for one connection.
func (o opener) Open(dsn string) (driver.Conn, error) {
	c, err := o.OpenConnector(dsn)
	if err != nil {
		return nil, err
	}
	return c.Connect(context.Background())
}

// EncodingError says that a database keeps its texts otherwise than as UTF-8.
type EncodingError struct{ Database, Encoding string }

func (e *EncodingError) Error() string {
	return fmt.Sprintf("database %s keeps its texts as %s, not as UTF-8", e.Database, e.Encoding)
}

func wantUTF8(ctx context.Context, conn *pgx.Conn) error {
	if has := conn.PgConn().ParameterStatus("server_encoding"); has != "UTF8" {
		return errors.Join(&EncodingError{conn.Config().Database, has}, conn.Close(ctx))
	}
	return nil
}

// Codes by which PostgreSQL says that something is held by another session (Appendix A).
const (
	lockNotAvailable = "55P03"
	deadlockDetected = "40P01"
)

// Busy makes a table that another session keeps locked an error that a person
// understands, and that passes; any other error is given back.
func Busy(err error) error {
	var said *pgconn.PgError
	var known *pipeline.Error
	if !errors.As(err, &said) || said.Code != lockNotAvailable && said.Code != deadlockDetected ||
		errors.As(err, &known) && known.Kind == pipeline.KindBusy {
		return err
	}
	return pipeline.Errorf(pipeline.KindBusy, "wait for", "catalog's database", "another session keeps it locked (%w)", err).
		WithHint("pg_stat_activity in PostgreSQL shows which; end that session's transaction, and run again")
}
