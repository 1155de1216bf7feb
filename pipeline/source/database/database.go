package database

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"carat/pipeline/source"
	"carat/pipeline/source/reach"
)

// Options say what is asked.
type Options struct {
	DSN     string // postgres://…, mysql://… or trino://…; it may hold a secret
	Query   string // one statement with :from and :to
	Name    string // of the files, before the window
	Span    string // source.Daily or source.Monthly
	Since   time.Time
	Overlap time.Duration // windows that ended less than this ago are asked for again
	Now     time.Time
	Zone    *time.Location
	Allow   reach.Allow
	Exact   []string // columns of amounts and rates: a floating-point number in one of them is refused
}

// engine is a database that is asked.
type engine interface {
	// ask runs a statement with bound instants in a transaction that can only read.
	ask(ctx context.Context, query string, bound []time.Time) (answer, error)
	// marker is how the database writes the n-th parameter.
	marker(n int) string
	where() string // host and database
	close() error
}

// answer is the rows of a query, as text.
type answer interface {
	columns() []column
	// next gives the next row, valid until the one after; io.EOF after the last. A nil
	// cell is NULL.
	next() ([][]byte, error)
	close() error
}

type table struct {
	o      Options
	engine engine
	query  string // as the database takes it
	order  []bool // of the parameters: true is from
}

// New gives the source of a query. An error holds no part of the DSN.
func New(o Options) (source.Source, error) {
	t := &table{o: o}
	var err error
	switch {
	case strings.HasPrefix(o.DSN, "postgres://"), strings.HasPrefix(o.DSN, "postgresql://"):
		t.engine, err = newPostgres(o.DSN, o.Allow)
	case strings.HasPrefix(o.DSN, "mysql://"), strings.HasPrefix(o.DSN, "mariadb://"):
		t.engine, err = newMySQL(o.DSN, o.Allow)
	case strings.HasPrefix(o.DSN, "trino://"):
		if err := onlySelects(o.Query); err != nil {
			return nil, err
		}
		t.engine, err = newTrino(o.DSN, o.Allow)
	default:
		return nil, errors.New("dsn: it begins with none of postgres://, mysql://, mariadb://, trino://")
	}
	if err != nil {
		return nil, err
	}
	t.query, t.order, err = bind(o.Query, t.engine.marker)
	return t, err
}

// Origin names the database, not who asks it.
func (t *table) Origin() string { return t.engine.where() }

// List gives a file for each window that is over.
func (t *table) List(context.Context) ([]source.Remote, error) {
	windows, err := t.windows()
	if err != nil {
		return nil, err
	}
	var list []source.Remote
	for _, w := range windows {
		again := t.o.Now.Sub(w.To) < t.o.Overlap
		list = append(list, source.Remote{Name: t.name(w), Size: -1, Recheck: again, Settled: !again})
	}
	return list, nil
}

func (t *table) windows() ([]source.Window, error) {
	return source.Windows(t.o.Span, t.o.Since, t.o.Now, t.o.Zone)
}

func (t *table) name(w source.Window) string { return t.o.Name + "-" + w.Name + ".parquet" }

// asked is what is put beside a file.
type asked struct {
	Query   string   `json:"query"`
	From    string   `json:"from"`
	To      string   `json:"to"`
	Of      string   `json:"database"`
	Columns []string `json:"columns"` // name and type
}

// Open asks for the rows of a window and gives them as Parquet.
func (t *table) Open(ctx context.Context, r source.Remote, _ int64) (*source.Download, error) {
	windows, err := t.windows()
	if err != nil {
		return nil, err
	}
	for _, w := range windows {
		if t.name(w) == r.Name {
			return t.window(ctx, w)
		}
	}
	return nil, fmt.Errorf("there is no window of that name")
}

func (t *table) window(ctx context.Context, w source.Window) (*source.Download, error) {
	rows, err := t.engine.ask(ctx, t.query, values(t.order, w))
	if err != nil {
		return nil, err
	}
	columns := rows.columns()
	if err := checkColumns(columns, t.o.Exact); err != nil {
		return nil, errors.Join(err, rows.close())
	}
	a := asked{Query: t.o.Query, From: w.From.Format(time.RFC3339), To: w.To.Format(time.RFC3339), Of: t.engine.where()}
	for _, c := range columns {
		a.Columns = append(a.Columns, c.name+" "+c.typed)
	}
	beside, err := json.MarshalIndent(a, "", "  ")
	if err != nil {
		return nil, errors.Join(err, rows.close())
	}
	out, in := io.Pipe()
	go func() {
		in.CloseWithError(errors.Join(writeParquet(in, columns, rows.next), rows.close()))
	}()
	return &source.Download{ReadCloser: out, Size: -1, Beside: append(beside, '\n')}, nil
}

// trialWrite is what a source must not be able to do.
const trialWrite = "create table carat_doctor_trial (a integer)"

// Probe asks for nothing, and then tries to write, as the query is asked: in a transaction
// that can only read. A database that lets it is an error; what it wrote is rolled back.
func (t *table) Probe(ctx context.Context) error {
	rows, err := t.engine.ask(ctx, "select 1 as a", nil)
	if err != nil {
		return err
	}
	if err := rows.close(); err != nil {
		return err
	}
	rows, err = t.engine.ask(ctx, trialWrite, nil)
	if err == nil {
		return errors.Join(errors.New("it let a table be made in a transaction that can only read: give carat an account that may only read"), rows.close())
	}
	var passing *source.Passing
	if errors.As(err, &passing) {
		return err
	}
	return nil
}

// Close ends the connections.
func (t *table) Close() error { return t.engine.close() }
