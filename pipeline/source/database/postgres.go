package database

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"carat/pipeline/source"
	"carat/pipeline/source/reach"
)

type postgres struct {
	config *pgx.ConnConfig
	conn   *pgx.Conn
}

// errNoTLS is a database that would be asked in the open.
var errNoTLS = errors.New("dsn: what the database answers could be read and changed on the way; have it use TLS (sslmode=verify-full, tls=true), or put its address under allow")

// open says whether a database may be asked without TLS: on this machine's socket, or
// at an address that is allowed by its number.
func open(host string, allow reach.Allow) bool {
	if strings.HasPrefix(host, "/") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	for _, p := range allow {
		if p.Contains(ip.Unmap()) {
			return true
		}
	}
	return false
}

func newPostgres(dsn string, allow reach.Allow) (engine, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, errors.New("dsn: it is no address such as postgres://reader@db.example/shop?sslmode=verify-full")
	}
	if !open(config.Host, allow) {
		plain := config.TLSConfig == nil
		for _, f := range config.Fallbacks {
			plain = plain || f.TLSConfig == nil
		}
		if plain {
			return nil, errNoTLS
		}
	}
	dialer, local := allow.Dialer(), &net.Dialer{}
	config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		if network == "unix" {
			return local.DialContext(ctx, network, address)
		}
		return dialer.DialContext(ctx, network, address)
	}
	// What it answers is text, in one form whatever the server's settings are.
	for name, value := range map[string]string{"timezone": "UTC", "datestyle": "ISO", "intervalstyle": "iso_8601", "extra_float_digits": "1",
		"bytea_output": "hex", "default_transaction_read_only": "on", "application_name": "carat"} {
		config.RuntimeParams[name] = value
	}
	return &postgres{config: config}, nil
}

func (p *postgres) marker(n int) string { return "$" + strconv.Itoa(n) + "::timestamptz" }

func (p *postgres) where() string {
	return "postgres://" + net.JoinHostPort(p.config.Host, strconv.Itoa(int(p.config.Port))) + "/" + p.config.Database
}

func (p *postgres) ask(ctx context.Context, query string, bound []time.Time) (answer, error) {
	var err error
	if p.conn == nil || p.conn.IsClosed() {
		if p.conn, err = pgx.ConnectConfig(ctx, p.config); err != nil {
			p.conn = nil
			return nil, judgedPostgres("connect", err)
		}
	}
	tx, err := p.conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return nil, judgedPostgres("begin", err)
	}
	arguments := []any{pgx.QueryExecModeDescribeExec, pgx.QueryResultFormats{pgx.TextFormatCode}}
	for _, at := range bound {
		arguments = append(arguments, at)
	}
	rows, err := tx.Query(ctx, query, arguments...)
	if err != nil {
		return nil, errors.Join(judgedPostgres("query", err), tx.Rollback(ctx))
	}
	a := &postgresAnswer{ctx: ctx, tx: tx, rows: rows}
	a.more = rows.Next() // an error of the query comes with the first row
	if err := rows.Err(); err != nil {
		rows.Close()
		return nil, errors.Join(judgedPostgres("query", err), tx.Rollback(ctx))
	}
	types := p.conn.TypeMap()
	for _, f := range rows.FieldDescriptions() {
		c := column{name: f.Name, typed: "oid " + strconv.Itoa(int(f.DataTypeOID))}
		if t, known := types.TypeForOID(f.DataTypeOID); known {
			c.typed = t.Name
		}
		switch f.DataTypeOID {
		case pgtype.Int2OID, pgtype.Int4OID, pgtype.Int8OID:
			c.kind = whole
		case pgtype.TimestamptzOID:
			c.kind = instant
		case pgtype.TimestampOID:
			c.kind = local
		case pgtype.DateOID:
			c.kind = day
		case pgtype.Float4OID, pgtype.Float8OID:
			c.inexact = true
		}
		a.list = append(a.list, c)
	}
	return a, nil
}

// judgedPostgres tells what may be over later from what stays.
func judgedPostgres(what string, err error) error {
	if errors.Is(err, reach.ErrForbidden) {
		return err
	}
	var said *pgconn.PgError
	if errors.As(err, &said) {
		switch said.Code[:2] {
		case "08", "53", "57", "40": // connection, resources, operator, serialisation
			return source.Passes("%s: %s (%s)", what, said.Message, said.Code)
		}
		return fmt.Errorf("%s: %s (%s)", what, said.Message, said.Code)
	}
	return source.Passes("%s: %w", what, err)
}

type postgresAnswer struct {
	ctx  context.Context
	tx   pgx.Tx
	rows pgx.Rows
	list []column
	more bool
}

func (a *postgresAnswer) columns() []column { return a.list }

func (a *postgresAnswer) next() ([][]byte, error) {
	if !a.more {
		if err := a.rows.Err(); err != nil {
			return nil, judgedPostgres("query", err)
		}
		return nil, io.EOF
	}
	raw := a.rows.RawValues()
	cells := make([][]byte, len(raw))
	for i, v := range raw {
		if v != nil {
			cells[i] = append([]byte{}, v...)
		}
	}
	a.more = a.rows.Next()
	return cells, nil
}

func (a *postgresAnswer) close() error {
	a.rows.Close()
	return a.tx.Rollback(context.WithoutCancel(a.ctx))
}

func (p *postgres) close() error {
	if p.conn == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return p.conn.Close(ctx)
}
