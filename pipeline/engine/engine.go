package engine

import (
	"context"
	"database/sql"

	"carat/pipeline"
	"carat/pipeline/engine/duckdb"
	"carat/pipeline/engine/history"
	"carat/pipeline/engine/sqltext"
)

// RawPrefix stands before a lake table's name in models: raw_gift_events.
const RawPrefix = sqltext.RawPrefix

// Config bounds an engine.
type Config = duckdb.Config

// Engine builds models and judges controls in a database of its own, whose
// tables it is given to begin with. It is not safe for concurrent use.
type Engine struct {
	*duckdb.Database
	// Apart runs the controls that users wrote; nil: they run in this process, as
	// in tests of what they find.
	Apart Apart
	// Remote builds the models of a run elsewhere; nil: this database does.
	Remote Remote
	own    map[string]*OwnJudgement // how these came out, by model
	// inTransaction says that the database's own connection is in a transaction,
	// of which no other connection sees anything: tests undo a run so.
	inTransaction bool
	byPasses      bool                                    // a run: passes make what they can
	tamper        func(conn *sql.Conn, lead string) error // for tests: spoils what a pass made
	dialect       string                                  // whose macros were read
	models        []Model                                 // set by Reconcile
	run           Parameters
	closing       map[string]pipeline.TableFiles // set by LoadClosing, by table
	yearAgo       map[string]pipeline.TableFiles // set by LoadYearAgo, by table
}

// Open starts an engine. With Folders given, nothing else on the machine can be
// read or written by any SQL that runs in it.
func Open(ctx context.Context, c Config) (*Engine, error) {
	db, err := duckdb.Open(ctx, c)
	if err != nil {
		return nil, err
	}
	return &Engine{Database: db}, nil
}

// CatalogFile, CatalogView and CatalogTable say what a DuckDB file shows of a
// lake.
type (
	CatalogFile  = duckdb.CatalogFile
	CatalogView  = duckdb.CatalogView
	CatalogTable = duckdb.CatalogTable
)

// WriteCatalogFile makes the DuckDB file at path, which must not exist. After
// an error the file may be there in part.
func WriteCatalogFile(ctx context.Context, path string, c CatalogFile) error {
	return duckdb.WriteCatalogFile(ctx, path, c)
}

// AreFew says whether all tables together have so few rows that a second thread
// costs more than it gains. It goes by the files' size.
func AreFew(tables []pipeline.TableFiles) bool { return duckdb.AreFew(tables) }

// SplitEarlier gives the tables of a run that is carried forward into a period: gifts of
// earlier months are a table of their own, which is read only where some of them are needed.
func SplitEarlier(tables []pipeline.TableFiles, period pipeline.Period) []pipeline.TableFiles {
	return history.Split(tables, period)
}

// IsEarlier says whether a table is one that SplitEarlier made.
func IsEarlier(table string) bool { return history.IsEarlier(table) }
