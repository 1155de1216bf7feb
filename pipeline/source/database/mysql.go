package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"carat/pipeline/source"
	"carat/pipeline/source/reach"
)

// mariadb is a database that speaks MySQL's protocol.
type mariadb struct {
	config *mysql.Config
	db     *sql.DB
}

func newMySQL(dsn string, allow reach.Allow) (engine, error) {
	u, err := url.Parse(dsn)
	if err != nil || u.Host == "" || strings.Trim(u.Path, "/") == "" {
		return nil, errors.New("dsn: it is no address such as mysql://reader@db.example/shop?tls=true")
	}
	config := mysql.NewConfig()
	config.User, config.DBName = u.User.Username(), strings.Trim(u.Path, "/")
	config.Passwd, _ = u.User.Password()
	port := u.Port()
	if port == "" {
		port = "3306"
	}
	config.Net, config.Addr = "tcp", net.JoinHostPort(u.Hostname(), port)
	for name := range u.Query() {
		if name != "tls" {
			return nil, fmt.Errorf("dsn: %q is no parameter that is taken; tls is", name)
		}
	}
	switch config.TLSConfig = u.Query().Get("tls"); config.TLSConfig {
	case "true":
	case "", "false":
		if !open(u.Hostname(), allow) {
			return nil, errNoTLS
		}
	default:
		return nil, errors.New("dsn: tls is true or false")
	}
	dialer := allow.Dialer()
	config.DialFunc = dialer.DialContext
	config.Timeout, config.MultiStatements, config.AllowCleartextPasswords, config.Loc, config.ParseTime = 30*time.Second, false, false, time.UTC, false
	config.Params = map[string]string{"time_zone": "'+00:00'"}
	config.Logger = &mysql.NopLogger{}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, errors.New("dsn: it is no address such as mysql://reader@db.example/shop?tls=true")
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(1)
	return &mariadb{config, db}, nil
}

func (m *mariadb) marker(int) string { return "?" }

func (m *mariadb) where() string { return "mysql://" + m.config.Addr + "/" + m.config.DBName }

func (m *mariadb) ask(ctx context.Context, query string, bound []time.Time) (a answer, err error) {
	conn, err := m.db.Conn(ctx)
	if err != nil {
		return nil, judgedMySQL("connect", err)
	}
	defer func() {
		if a == nil {
			_ = conn.Close() // gives the connection back; the first error says more
		}
	}()
	// A statement that makes or changes a table ends the transaction before it is judged:
	// what comes behind it must be read only too.
	if _, err := conn.ExecContext(ctx, "set session transaction read only"); err != nil {
		return nil, judgedMySQL("connect", err)
	}
	// database/sql begins the transaction with START TRANSACTION READ ONLY.
	tx, err := conn.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return nil, judgedMySQL("connect", err)
	}
	var arguments []any
	for _, at := range bound {
		arguments = append(arguments, at.UTC().Format("2006-01-02 15:04:05.000000"))
	}
	rows, err := tx.QueryContext(ctx, query, arguments...)
	if err != nil {
		return nil, errors.Join(judgedMySQL("query", err), ignoreDone(tx.Rollback()))
	}
	found := &mysqlAnswer{conn: conn, tx: tx, rows: rows}
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, errors.Join(judgedMySQL("query", err), found.close())
	}
	for _, t := range types {
		c := column{name: t.Name(), typed: strings.ToLower(t.DatabaseTypeName())}
		switch t.DatabaseTypeName() {
		case "TINYINT", "SMALLINT", "MEDIUMINT", "INT", "BIGINT", "YEAR", "UNSIGNED TINYINT", "UNSIGNED SMALLINT", "UNSIGNED MEDIUMINT", "UNSIGNED INT":
			c.kind = whole // an UNSIGNED BIGINT can be too large for INT64: it is text
		case "TIMESTAMP":
			c.kind = instant
		case "DATETIME":
			c.kind = local
		case "DATE":
			c.kind = day
		case "FLOAT", "DOUBLE":
			c.inexact = true
		}
		found.list = append(found.list, c)
	}
	return found, nil
}

// judgedMySQL tells what may be over later from what stays.
func judgedMySQL(what string, err error) error {
	if errors.Is(err, reach.ErrForbidden) {
		return err
	}
	var said *mysql.MySQLError
	if errors.As(err, &said) {
		switch said.Number {
		case 1040, 1053, 1158, 1159, 1160, 1161, 1203, 1205, 1213: // connections, shutdown, network, locks
			return source.Passes("%s: %s (%d)", what, said.Message, said.Number)
		}
		return fmt.Errorf("%s: %s (%d)", what, said.Message, said.Number)
	}
	return source.Passes("%s: %w", what, err)
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) || errors.Is(err, sql.ErrConnDone) {
		return nil
	}
	return err
}

type mysqlAnswer struct {
	conn *sql.Conn
	tx   *sql.Tx
	rows *sql.Rows
	list []column
}

func (a *mysqlAnswer) columns() []column { return a.list }

func (a *mysqlAnswer) next() ([][]byte, error) {
	if !a.rows.Next() {
		if err := a.rows.Err(); err != nil {
			return nil, judgedMySQL("query", err)
		}
		return nil, io.EOF
	}
	values, into := make([]any, len(a.list)), make([]any, len(a.list))
	for i := range values {
		into[i] = &values[i]
	}
	if err := a.rows.Scan(into...); err != nil {
		return nil, judgedMySQL("query", err)
	}
	cells := make([][]byte, len(values))
	for i, v := range values {
		switch v := v.(type) {
		case nil:
		case []byte:
			cells[i] = append([]byte{}, v...)
		case string:
			cells[i] = []byte(v)
		case int64:
			cells[i] = strconv.AppendInt([]byte{}, v, 10)
		case uint64:
			cells[i] = strconv.AppendUint([]byte{}, v, 10)
		case float32:
			cells[i] = strconv.AppendFloat([]byte{}, float64(v), 'f', -1, 32)
		case float64:
			cells[i] = strconv.AppendFloat([]byte{}, v, 'f', -1, 64)
		default:
			return nil, fmt.Errorf("%w: column %s is of a type that isn't known", source.ErrContent, a.list[i].name)
		}
	}
	return cells, nil
}

func (a *mysqlAnswer) close() error {
	return errors.Join(a.rows.Close(), ignoreDone(a.tx.Rollback()), ignoreDone(a.conn.Close()))
}

func (m *mariadb) close() error { return m.db.Close() }
