// Package engine runs the SQL of sql/ over a snapshot of the lake in an
// embedded DuckDB: it loads tables by field id, orders models by what they
// read, refuses inexact columns, judges controls and writes result tables.
//
// It promises that nothing outside the folders it is given is read or written,
// and that a query which fails leaves no result. It must not import another
// adapter, jobs or reports; business rules belong in sql/, not here.
package engine

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"github.com/duckdb/duckdb-go/v2"

	"carat/pipeline"
)

// Config bounds an engine.
type Config struct {
	MemoryLimit string   // DuckDB's spelling, "4GB"; empty: DuckDB's default
	Threads     int      // 0: all cores
	TempDir     string   // where DuckDB spills; created when missing
	SpillLimit  string   // how much it may spill, "10GB"; empty: DuckDB's default, nine tenths of the free disk
	Folders     []string // what may be read and written besides TempDir; empty: everything, for trusted SQL only
}

// Engine is one in-memory database. It is not safe for concurrent use.
type Engine struct {
	db     *sql.DB
	conn   *sql.Conn
	beside [3]*sql.Conn // for result sets that are read side by side
	// inTransaction says that conn is in a transaction, of which no other
	// connection sees anything: tests undo a run so.
	inTransaction bool
	tables        map[string]bool     // names that Load made
	scans         map[string]string   // the query of each, where Load made it of files
	readBy        map[string][]string // tables that a query names, by its text
	dialect       string              // whose macros were read
	config        Config
	models        []Model // set by Reconcile
	run           Parameters
	closing       map[string]pipeline.TableFiles // set by LoadClosing, by table
}

// Open starts an engine. With Folders given, nothing else on the machine can be
// read or written by any SQL that runs in it.
func Open(ctx context.Context, c Config) (*Engine, error) {
	if err := os.MkdirAll(c.TempDir, 0o755); err != nil {
		return nil, pipeline.Errorf(pipeline.KindInternal, "create work folder", c.TempDir, "%w", err)
	}
	keepHeap()
	connector, err := duckdb.NewConnector("", func(exec driver.ExecerContext) error {
		_, err := exec.ExecContext(ctx, "set TimeZone = 'UTC'", nil)
		return err
	})
	if err != nil {
		return nil, startFailure(err)
	}
	e := &Engine{db: sql.OpenDB(connector), tables: map[string]bool{}, scans: map[string]string{}, readBy: map[string][]string{}, config: c}
	for _, conn := range []**sql.Conn{&e.conn, &e.beside[0], &e.beside[1], &e.beside[2]} {
		if *conn, err = e.db.Conn(ctx); err != nil {
			return nil, errors.Join(startFailure(err), e.db.Close())
		}
	}
	// Every connection is open before the configuration is locked.
	for _, q := range settings(c) {
		if err := e.exec(ctx, q); err != nil {
			return nil, errors.Join(startFailure(fmt.Errorf("%s: %w", q, err)), e.Close())
		}
	}
	return e, nil
}

func startFailure(err error) error {
	return pipeline.Errorf(pipeline.KindUsage, "start the SQL engine", "", "%w", err).
		WithHint("check memory and threads in carat.yaml")
}

func settings(c Config) []string {
	q := []string{
		"set preserve_insertion_order = false",
		"set parquet_metadata_cache = true", // files never change
		"set autoinstall_known_extensions = false",
		"set autoload_known_extensions = false",
		"set temp_directory = " + literal(c.TempDir),
	}
	if c.MemoryLimit != "" {
		q = append(q, "set memory_limit = "+literal(c.MemoryLimit))
	}
	if c.SpillLimit != "" {
		q = append(q, "set max_temp_directory_size = "+literal(c.SpillLimit))
	}
	if c.Threads > 0 {
		q = append(q, fmt.Sprintf("set threads = %d", c.Threads))
	}
	if len(c.Folders) > 0 {
		list := []string{literal(c.TempDir)}
		for _, f := range c.Folders {
			list = append(list, literal(f))
		}
		q = append(q,
			"set allowed_directories = ["+strings.Join(list, ", ")+"]",
			"set enable_external_access = false",
			"set lock_configuration = true")
	}
	return q
}

// Close ends the engine and gives its memory back.
func (e *Engine) Close() error {
	return errors.Join(e.beside[0].Close(), e.beside[1].Close(), e.beside[2].Close(), e.conn.Close(), e.db.Close())
}

func (e *Engine) exec(ctx context.Context, query string) error {
	_, err := e.conn.ExecContext(ctx, query)
	return fullDisk(err)
}

// fullDisk makes an error of its own of a full disk. DuckDB hands on the
// operating system's words and no number.
func fullDisk(err error) error {
	if err == nil || !strings.Contains(err.Error(), "No space left on device") {
		return err
	}
	return pipeline.Errorf(pipeline.KindInternal, "write", "what the SQL engine made", "%w", syscall.ENOSPC).
		WithHint("free space on the disk of the lake and run again; nothing was published")
}

// literal quotes a text for SQL.
func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// identifier quotes a name for SQL.
func identifier(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
