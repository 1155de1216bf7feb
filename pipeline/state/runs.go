package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"carat/pipeline"
)

// Run is one reconciliation of a period over certain inputs. Its id is a hash
// of them, so the same inputs are the same run.
type Run struct {
	ID        string
	Period    pipeline.Period
	Status    string // balanced, exceptions or blocked
	CreatedAt time.Time
	Inputs    map[string]int64 // raw table -> snapshot id
	Controls  []Control
	Engine    string // that built it, with its version; "" of runs by an older carat
	Settings  string // what its numbers depend on of what users set, as JSON; "": an older carat ran it
}

// Control is the result of one control in one run.
type Control struct {
	Control    string `json:"control"`
	Severity   string `json:"severity"`
	Checked    int64  `json:"checked"`
	Exceptions int64  `json:"exceptions"`
	Result     string `json:"result"` // pass, fail or not compared

	// ReviewOnly is how many exceptions of a blocking control need only a review.
	ReviewOnly int64 `json:"review_only,omitempty"`

	// NotCompared is how many things the control found nothing to compare with,
	// nil when it doesn't speak of it or an older carat judged it; NotComparedReason
	// is why, nil when each had something and there was one.
	NotCompared       *int64  `json:"not_compared"`
	NotComparedReason *string `json:"not_compared_reason"`
}

// LeftOut says in one sentence what the control compared with nothing; "" when
// that was nothing.
func (c Control) LeftOut() string {
	if c.NotComparedReason == nil {
		return ""
	}
	if c.NotCompared == nil || *c.NotCompared == 0 {
		return *c.NotComparedReason
	}
	return strconv.FormatInt(*c.NotCompared, 10) + ", " + *c.NotComparedReason
}

// PeriodState is where a period stands.
type PeriodState struct {
	Period    pipeline.Period
	Status    string
	RunID     string // its current run
	UpdatedAt time.Time
}

// RecordRun writes the run and makes it the current one of its period, inside
// the caller's transaction: the one that publishes the run's tables.
func (s *Store) RecordRun(ctx context.Context, tx *sql.Tx, r Run) error {
	inputs, err := json.Marshal(r.Inputs)
	if err != nil {
		return fmt.Errorf("record run %s: %w", r.ID, err)
	}
	controls, err := json.Marshal(r.Controls)
	if err != nil {
		return fmt.Errorf("record run %s: %w", r.ID, err)
	}
	_, err = tx.ExecContext(ctx, s.bind(`insert into carat_runs
		(run_id, period, status, created_at, inputs, controls, engine) values (?, ?, ?, ?, ?, ?, ?)`),
		r.ID, string(r.Period), r.Status, r.CreatedAt.UnixMicro(), string(inputs), string(controls), r.Engine)
	if err != nil {
		return fmt.Errorf("record run %s: %w", r.ID, err)
	}
	if err := s.Record(ctx, tx, "carat_runs", r.ID); err != nil {
		return err
	}
	if r.Settings != "" {
		if _, err := tx.ExecContext(ctx, s.bind("insert into carat_settings (name, value) values (?, ?)"), settingsOfRun+r.ID, r.Settings); err != nil {
			return fmt.Errorf("record run %s: %w", r.ID, err)
		}
		if err := s.Record(ctx, tx, "carat_settings", settingsOfRun+r.ID); err != nil {
			return err
		}
	}
	return s.makeCurrent(ctx, tx, r, r.CreatedAt)
}

// settingsOfRun begins the name of what was set in a run.
const settingsOfRun = "run "

// MakeCurrent makes a recorded run the current one of its period again: the
// inputs went back to what they were.
func (s *Store) MakeCurrent(ctx context.Context, r Run, at time.Time) error {
	return s.inTx(ctx, func(tx *sql.Tx) error { return s.makeCurrent(ctx, tx, r, at) })
}

func (s *Store) makeCurrent(ctx context.Context, tx *sql.Tx, r Run, at time.Time) error {
	_, err := tx.ExecContext(ctx, s.bind(`insert into carat_periods (period, status, run_id, updated_at) values (?, ?, ?, ?)
		on conflict (period) do update set status = excluded.status, run_id = excluded.run_id, updated_at = excluded.updated_at`),
		string(r.Period), r.Status, r.ID, at.UnixMicro())
	if err != nil {
		return fmt.Errorf("make run %s current: %w", r.ID, err)
	}
	return s.Record(ctx, tx, "carat_periods", string(r.Period))
}

const runColumns = "run_id, period, status, created_at, inputs, controls, engine, coalesce((select value from carat_settings where name = '" + settingsOfRun + "' || run_id), '')"

// Run gives a run by its id; false when there is none.
func (s *Store) Run(ctx context.Context, id string) (Run, bool, error) {
	return scanRun(s.db.QueryRowContext(ctx, s.bind("select "+runColumns+" from carat_runs where run_id = ?"), id))
}

// CurrentRun gives the current run of a period; false when it was never
// reconciled.
func (s *Store) CurrentRun(ctx context.Context, p pipeline.Period) (Run, bool, error) {
	return scanRun(s.db.QueryRowContext(ctx, s.bind("select "+runColumns+` from carat_runs
		where run_id = (select run_id from carat_periods where period = ?)`), string(p)))
}

// firstRecord is the number of the first record of a row: the order in which rows
// were written, whatever the clock said.
func firstRecord(table, key string) string {
	return "(select coalesce(min(record_no), 0) from carat_records where table_name = '" + table + "' and row_key = " + key + ")"
}

// Runs gives the newest runs, newest first: in the order of their records, not of
// their times.
func (s *Store) Runs(ctx context.Context, limit int) ([]Run, error) {
	rows, err := s.db.QueryContext(ctx, s.bind("select "+runColumns+" from carat_runs order by "+firstRecord("carat_runs", "run_id")+" desc, created_at desc, run_id limit ?"), limit)
	if err != nil {
		return nil, fmt.Errorf("read runs: %w", err)
	}
	defer rows.Close()
	var runs []Run
	for rows.Next() {
		r, _, err := scanRun(rows)
		if err != nil {
			return nil, err
		}
		runs = append(runs, r)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read runs: %w", err)
	}
	return runs, nil
}

func scanRun(row interface{ Scan(...any) error }) (Run, bool, error) {
	var r Run
	var created int64
	var inputs, controls string
	err := row.Scan(&r.ID, &r.Period, &r.Status, &created, &inputs, &controls, &r.Engine, &r.Settings)
	if errors.Is(err, sql.ErrNoRows) {
		return Run{}, false, nil
	}
	if err != nil {
		return Run{}, false, fmt.Errorf("read run: %w", err)
	}
	r.CreatedAt = time.UnixMicro(created).UTC()
	for _, part := range []struct {
		text string
		into any
	}{{inputs, &r.Inputs}, {controls, &r.Controls}} {
		if err := json.Unmarshal([]byte(part.text), part.into); err != nil {
			return Run{}, false, fmt.Errorf("read run %s: %w", r.ID, err)
		}
	}
	return r, true, nil
}

// Periods gives every period that was reconciled, oldest first.
func (s *Store) Periods(ctx context.Context) ([]PeriodState, error) {
	rows, err := s.db.QueryContext(ctx, "select period, status, run_id, updated_at from carat_periods order by period")
	if err != nil {
		return nil, fmt.Errorf("read periods: %w", err)
	}
	defer rows.Close()
	var periods []PeriodState
	for rows.Next() {
		var p PeriodState
		var updated int64
		if err := rows.Scan(&p.Period, &p.Status, &p.RunID, &updated); err != nil {
			return nil, fmt.Errorf("read periods: %w", err)
		}
		p.UpdatedAt = time.UnixMicro(updated).UTC()
		periods = append(periods, p)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read periods: %w", err)
	}
	return periods, nil
}

// RunHead is a run without what it found.
type RunHead struct {
	ID        string
	Period    pipeline.Period
	CreatedAt time.Time
	Current   bool // of its period
}

// RunHeads gives every run, oldest first.
func (s *Store) RunHeads(ctx context.Context) ([]RunHead, error) {
	rows, err := s.db.QueryContext(ctx, `select r.run_id, r.period, r.created_at, case when p.run_id is null then 0 else 1 end
		from carat_runs r left join carat_periods p on p.run_id = r.run_id order by `+firstRecord("carat_runs", "r.run_id")+`, r.created_at, r.run_id`)
	if err != nil {
		return nil, fmt.Errorf("read runs: %w", err)
	}
	defer rows.Close()
	var heads []RunHead
	for rows.Next() {
		var h RunHead
		var created, current int64
		if err := rows.Scan(&h.ID, &h.Period, &created, &current); err != nil {
			return nil, fmt.Errorf("read runs: %w", err)
		}
		h.CreatedAt, h.Current = time.UnixMicro(created).UTC(), current == 1
		heads = append(heads, h)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read runs: %w", err)
	}
	return heads, nil
}
