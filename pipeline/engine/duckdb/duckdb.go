package duckdb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	client "github.com/duckdb/duckdb-go/v2"

	"carat/pipeline"
)

// Config bounds a database.
type Config struct {
	MemoryLimit string   // DuckDB's spelling, "4GB"; empty: DuckDB's default
	Threads     int      // 0: all cores
	TempDir     string   // where DuckDB spills; created when missing
	SpillLimit  string   // how much it may spill, "10GB"; empty: DuckDB's default, nine tenths of the free disk
	Folders     []string // what may be read and written besides TempDir; empty: everything, for trusted SQL only
}

// Database is one in-memory database. It is not safe for concurrent use, except
// for the connections that Connections gives.
type Database struct {
	db     *sql.DB
	conn   *sql.Conn
	beside [3]*sql.Conn      // for result sets that are read side by side
	tables map[string]bool   // names that Load made
	scans  map[string]string // the query of each, where Load made it of files
	config Config
}

// Open starts a database. With Folders given, nothing else on the machine can be
// read or written by any SQL that runs in it.
func Open(ctx context.Context, c Config) (*Database, error) {
	if err := os.MkdirAll(c.TempDir, 0o700); err != nil {
		return nil, pipeline.Errorf(pipeline.KindInternal, "create work folder", c.TempDir, "%w", err)
	}
	keepHeap()
	connector, err := client.NewConnector("", func(exec driver.ExecerContext) error {
		_, err := exec.ExecContext(ctx, "set TimeZone = 'UTC'", nil)
		return err
	})
	if err != nil {
		return nil, startFailure(err)
	}
	d := &Database{db: sql.OpenDB(connector), tables: map[string]bool{}, scans: map[string]string{}, config: c}
	for _, conn := range []**sql.Conn{&d.conn, &d.beside[0], &d.beside[1], &d.beside[2]} {
		if *conn, err = d.db.Conn(ctx); err != nil {
			return nil, errors.Join(startFailure(err), d.db.Close())
		}
	}
	// Every connection is open before the configuration is locked.
	for _, q := range settings(c) {
		if err := d.Exec(ctx, q); err != nil {
			return nil, errors.Join(startFailure(fmt.Errorf("%s: %w", q, err)), d.Close())
		}
	}
	return d, nil
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
		"set temp_directory = " + Literal(c.TempDir),
	}
	if c.MemoryLimit != "" {
		q = append(q, "set memory_limit = "+Literal(c.MemoryLimit))
	}
	if c.SpillLimit != "" {
		q = append(q, "set max_temp_directory_size = "+Literal(c.SpillLimit))
	}
	if c.Threads > 0 {
		q = append(q, fmt.Sprintf("set threads = %d", c.Threads))
	}
	if len(c.Folders) > 0 {
		list := []string{Literal(c.TempDir)}
		for _, f := range c.Folders {
			list = append(list, Literal(f))
		}
		q = append(q,
			"set allowed_directories = ["+strings.Join(list, ", ")+"]",
			"set enable_external_access = false",
			"set lock_configuration = true")
	}
	return q
}

// Close ends the database and gives its memory back.
func (d *Database) Close() error {
	return errors.Join(d.beside[0].Close(), d.beside[1].Close(), d.beside[2].Close(), d.conn.Close(), d.db.Close())
}

// Spill is where the database puts what doesn't fit into memory.
func (d *Database) Spill() string { return d.config.TempDir }

// Folders are what it may read and write besides Spill; none: everything.
func (d *Database) Folders() []string { return d.config.Folders }

// Exec runs statements of carat's own; values go into the placeholders (?) of
// a single one. A full disk is an error of its own, as FullDisk says.
func (d *Database) Exec(ctx context.Context, query string, values ...any) error {
	_, err := d.conn.ExecContext(ctx, query, values...)
	return FullDisk(err)
}

// FullDisk makes an error of its own of a full disk, and gives any other error
// as it is. DuckDB hands on the operating system's words and no number.
func FullDisk(err error) error {
	if err == nil || !strings.Contains(err.Error(), "No space left on device") {
		return err
	}
	return pipeline.Errorf(pipeline.KindInternal, "write", "what the SQL engine made", "%w", syscall.ENOSPC).
		WithHint("free space on the disk of the lake and run again; nothing was published")
}

// Literal quotes a text for SQL.
func Literal(text string) string { return pipeline.SQLText(text) }

// Identifier quotes a name for SQL.
func Identifier(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
