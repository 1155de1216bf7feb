package lotpass

import (
	"context"
	"database/sql"
	"fmt"
	"sync"

	"carat/pipeline/engine/duckdb"
)

// Differences is the table of what passes made otherwise than the models' text
// says, for control lots_as_specified.
const Differences = "run_lot_differences"

// Maker makes the tables of a run's passes, one pass at a time.
type Maker struct {
	*duckdb.Database
	RunID  string
	All    bool                                    // every viewer is compared
	Texts  map[string]string                       // the SQL of all models, by name
	Tamper func(conn *sql.Conn, lead string) error // for tests: spoils what a pass made

	mu      sync.Mutex
	sampled bool // the viewers who are compared were chosen
}

// Fits says whether all that the pass makes is of the text that it was written
// for; hashes has that of each model's.
func (p *Pass) Fits(hashes map[string]string) bool {
	for _, m := range p.Makes {
		if hashes[m.Name] != m.SHA256 {
			return false
		}
	}
	return true
}

// Make makes a pass's tables and compares them with what the models' text says,
// of some viewers; of all when any of these differ. Then the rows of the text
// are the ones that count, and Differences names the viewers.
func (m *Maker) Make(ctx context.Context, conn *sql.Conn, pass *Pass) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := pass.Run(ctx, m.Database, conn, m.Texts); err != nil {
		return err
	}
	if m.Tamper != nil {
		if err := m.Tamper(conn, pass.Makes[0].Name); err != nil {
			return err
		}
	}
	if !m.sampled {
		areAll, err := sample(ctx, m.Database, m.RunID)
		if err != nil {
			return err
		}
		m.sampled, m.All = true, areAll || m.All
	}
	found, err := pass.check(ctx, conn, m.Texts, m.All)
	if err == nil && len(found) > 0 && !m.All {
		found, err = pass.check(ctx, conn, m.Texts, true)
	}
	for _, d := range found {
		if err == nil {
			_, err = conn.ExecContext(ctx, "insert into "+Differences+" select viewer_id, entity, ?, ? from led_viewer where viewer_no = ?", d.model, d.rows, d.viewer)
		}
	}
	for _, made := range pass.Makes {
		var bad []string
		if err == nil {
			bad, err = duckdb.Inexact(ctx, conn, made.Name)
		}
		if err == nil && len(bad) > 0 {
			err = fmt.Errorf("the columns of %s are not exact: %v", made.Name, bad)
		}
	}
	return err
}
