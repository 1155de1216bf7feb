package database

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"carat/pipeline/source"
	"carat/pipeline/source/reach"
)

// trino is a database that speaks Trino's protocol of statements over HTTP
// (https://trino.io/docs/current/develop/client-protocol.html). Its Go client gives times to
// the millisecond and follows an answer to any host: neither will do here.
type trino struct {
	base            *url.URL // scheme and host
	user, secret    string
	token           string // in the password's place
	catalog, schema string
	client          *http.Client
}

var errTrinoDSN = errors.New("dsn: it is no address such as trino://reader:…@trino.example:8443/catalog/schema")

func newTrino(dsn string, allow reach.Allow) (engine, error) {
	u, err := url.Parse(dsn)
	if err != nil || u.Hostname() == "" || u.User.Username() == "" {
		return nil, errTrinoDSN
	}
	t := &trino{base: &url.URL{Scheme: "https", Host: u.Host}, user: u.User.Username(), client: reach.Client(reach.Options{Allow: allow, PlainHTTP: true})}
	t.secret, _ = u.User.Password()
	parts := strings.Split(strings.Trim(u.Path, "/"), "/")
	if len(parts) > 2 {
		return nil, errTrinoDSN
	}
	t.catalog = parts[0]
	if len(parts) == 2 {
		t.schema = parts[1]
	}
	for name, values := range u.Query() {
		switch {
		case name == "tls" && values[0] == "false":
			if !open(u.Hostname(), allow) {
				return nil, errNoTLS
			}
			t.base.Scheme = "http"
		case name == "tls" && values[0] == "true":
		case name == "tls":
			return nil, errors.New("dsn: tls is true or false")
		case name == "access_token":
			t.token = values[0]
		default:
			return nil, fmt.Errorf("dsn: %q is no parameter that is taken; tls and access_token are", name)
		}
	}
	return t, nil
}

// onlySelects refuses what isn't one query: Trino has no account of its own to stand in the
// way, and a catalog's connector need not heed the transaction.
func onlySelects(query string) error {
	rest := strings.TrimLeft(query, "( \t\r\n")
	for n := comment(rest); n > 0; n = comment(rest) {
		rest = strings.TrimLeft(rest[n:], "( \t\r\n")
	}
	end := strings.IndexFunc(rest, func(r rune) bool { return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') })
	if end < 0 {
		end = len(rest)
	}
	switch word := strings.ToLower(rest[:end]); word {
	case "select", "with", "values", "table":
		return nil
	default:
		return fmt.Errorf("query: it begins with %q; of Trino only a query is asked, which begins with select or with", word)
	}
}

// comment gives the length of a comment with which a text begins.
func comment(text string) int {
	if strings.HasPrefix(text, "--") || strings.HasPrefix(text, "/*") {
		return quoted(text)
	}
	return 0
}

func (t *trino) marker(int) string { return "?" }

func (t *trino) where() string {
	at := t.base.Host
	if t.base.Port() == "" {
		at = net.JoinHostPort(t.base.Hostname(), map[string]string{"https": "443", "http": "80"}[t.base.Scheme])
	}
	return strings.TrimRight("trino://"+at+"/"+t.catalog+"/"+t.schema, "/")
}

// ask runs a statement with bound instants in a transaction that can only read, which ends
// when the answer is closed.
func (t *trino) ask(ctx context.Context, query string, bound []time.Time) (answer, error) {
	transaction, err := t.begin(ctx)
	if err != nil {
		return nil, err
	}
	if len(bound) > 0 {
		var instants []string
		for _, at := range bound {
			instants = append(instants, at.UTC().Format("TIMESTAMP '2006-01-02 15:04:05.000000 UTC'"))
		}
		query = "EXECUTE IMMEDIATE '" + strings.ReplaceAll(query, "'", "''") + "' USING " + strings.Join(instants, ", ")
	}
	a := &trinoAnswer{trino: t, ctx: ctx, transaction: transaction}
	if a.statement, err = t.post(ctx, query, transaction); err != nil {
		return nil, errors.Join(err, a.close())
	}
	for a.statement.fields == nil && a.statement.next != nil {
		if err := a.statement.turn(ctx); err != nil {
			return nil, errors.Join(err, a.close())
		}
	}
	for _, f := range a.statement.fields {
		a.list = append(a.list, trinoColumn(f.Name, f.Type))
	}
	return a, nil
}

// begin begins a transaction that can only read.
func (t *trino) begin(ctx context.Context) (id string, err error) {
	s, err := t.post(ctx, "START TRANSACTION READ ONLY", noTransaction)
	for err == nil && s.next != nil {
		err = s.turn(ctx)
	}
	if err != nil {
		return "", err
	}
	if s.started == "" {
		return "", errors.New("begin: the server began no transaction that can only read; is it Trino itself that answers?")
	}
	return s.started, nil
}

type trinoAnswer struct {
	trino       *trino
	ctx         context.Context
	transaction string
	statement   *statement
	list        []column
	at          int // of the page's rows
}

func (a *trinoAnswer) columns() []column { return a.list }

func (a *trinoAnswer) next() ([][]byte, error) {
	for a.at == len(a.statement.rows) {
		if a.statement.next == nil {
			return nil, io.EOF
		}
		if err := a.statement.turn(a.ctx); err != nil {
			return nil, err
		}
		a.at = 0
	}
	row := a.statement.rows[a.at]
	a.at++
	if len(row) != len(a.list) {
		return nil, fmt.Errorf("%w: a row has %d values, and there are %d columns", source.ErrContent, len(row), len(a.list))
	}
	cells := make([][]byte, len(row))
	for i, raw := range row {
		cell, err := trinoCell(a.list[i], raw)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w: %w", a.list[i].name, source.ErrContent, err)
		}
		cells[i] = cell
	}
	return cells, nil
}

// closing is how long the end of a transaction may take; one that isn't ended ends by itself.
const closing = 5 * time.Second

// close ends the statement and its transaction. All that was wanted was read, so that how
// this goes is of no matter.
func (a *trinoAnswer) close() error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(a.ctx), closing)
	defer cancel()
	if a.statement != nil {
		a.statement.leave(ctx)
	}
	if s, err := a.trino.post(ctx, "ROLLBACK", a.transaction); err == nil {
		for s.next != nil && s.turn(ctx) == nil {
		}
	}
	return nil
}

func (t *trino) close() error {
	t.client.CloseIdleConnections()
	return nil
}
