package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// What became of a slot of the schedule.
const (
	SlotPending = "pending"
	SlotRunning = "running"
	SlotDone    = "done"
	SlotFailed  = "failed"
	SlotSkipped = "skipped" // due while the job still ran, and configured not to wait
	SlotCovered = "covered" // the run of a later slot did its work too
)

// Slot is one time at which a scheduled job was due.
type Slot struct {
	Job       string
	Key       string
	At        time.Time
	Status    string
	Attempts  int64
	StartedAt time.Time // zero when it never was
	EndedAt   time.Time
	CoveredBy string // the key of the slot whose run did its work
	Detail    string // why it failed
	Code      int64  // the number of the error's kind; 0 without one
}

// ToldUntil gives how far the job's slots were told. A job that is new to the
// schedule begins now: nothing before is due.
func (s *Store) ToldUntil(ctx context.Context, job string, now time.Time) (time.Time, error) {
	var at int64
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, s.bind("select told_until from carat_schedule where job = ?"), job).Scan(&at)
		if errors.Is(err, sql.ErrNoRows) {
			at = now.UnixMicro()
			if _, err = tx.ExecContext(ctx, s.bind("insert into carat_schedule (job, told_until) values (?, ?)"), job, at); err == nil {
				err = s.Record(ctx, tx, "carat_schedule", job)
			}
		}
		return err
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("read the schedule: %w", err)
	}
	return time.UnixMicro(at).UTC(), nil
}

// TellSlots records slots as pending, and that all up to an instant were told.
// A slot that is known already stays as it is, so that none runs twice.
func (s *Store) TellSlots(ctx context.Context, job string, slots []Slot, until time.Time) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		for _, slot := range slots {
			done, err := tx.ExecContext(ctx, s.bind(`insert into carat_slots (job, slot_key, slot_at, status, attempts, covered_by, detail)
values (?, ?, ?, ?, 0, '', '') on conflict (job, slot_key) do nothing`), job, slot.Key, slot.At.UnixMicro(), SlotPending)
			if err := s.recordIf(ctx, tx, done, err, "carat_slots", job, slot.Key); err != nil {
				return err
			}
		}
		// A clock that was set back tells nothing new, and must not tell it again later.
		done, err := tx.ExecContext(ctx, s.bind("update carat_schedule set told_until = ? where job = ? and told_until < ?"),
			until.UnixMicro(), job, until.UnixMicro())
		return s.recordIf(ctx, tx, done, err, "carat_schedule", job)
	})
	if err != nil {
		return fmt.Errorf("record the slots of %s: %w", job, err)
	}
	return nil
}

// OpenSlots gives the slots that are pending or running, oldest first.
func (s *Store) OpenSlots(ctx context.Context) ([]Slot, error) {
	return s.slots(ctx, "where status in ('pending', 'running') order by slot_at, job, slot_key")
}

// LastSlots gives each job's last slot that ended by a run of its own.
func (s *Store) LastSlots(ctx context.Context) (map[string]Slot, error) {
	all, err := s.slots(ctx, `where status in ('done', 'failed') and slot_at = (
select max(later.slot_at) from carat_slots as later where later.job = carat_slots.job and later.status in ('done', 'failed'))
order by job, slot_key`)
	if err != nil {
		return nil, err
	}
	last := map[string]Slot{}
	for _, slot := range all {
		last[slot.Job] = slot
	}
	return last, nil
}

// Slots gives every slot of a job, oldest first.
func (s *Store) Slots(ctx context.Context, job string) ([]Slot, error) {
	return s.slots(ctx, "where job = ? order by slot_at, slot_key", job)
}

func (s *Store) slots(ctx context.Context, where string, args ...any) ([]Slot, error) {
	rows, err := s.db.QueryContext(ctx, s.bind(
		"select job, slot_key, slot_at, status, attempts, started_at, ended_at, covered_by, detail, code from carat_slots "+where), args...)
	if err != nil {
		return nil, fmt.Errorf("read the slots: %w", err)
	}
	defer rows.Close()
	var list []Slot
	for rows.Next() {
		var slot Slot
		var at int64
		var started, ended sql.NullInt64
		if err := rows.Scan(&slot.Job, &slot.Key, &at, &slot.Status, &slot.Attempts, &started, &ended, &slot.CoveredBy, &slot.Detail, &slot.Code); err != nil {
			return nil, fmt.Errorf("read the slots: %w", err)
		}
		slot.At = time.UnixMicro(at).UTC()
		if started.Valid {
			slot.StartedAt = time.UnixMicro(started.Int64).UTC()
		}
		if ended.Valid {
			slot.EndedAt = time.UnixMicro(ended.Int64).UTC()
		}
		list = append(list, slot)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the slots: %w", err)
	}
	return list, nil
}

// BeginSlot records that a slot's run begins.
func (s *Store) BeginSlot(ctx context.Context, slot Slot, now time.Time) error {
	return s.changeSlot(ctx, slot, "status = ?, attempts = attempts + 1, started_at = ?", SlotRunning, now.UnixMicro())
}

// PutOffSlot records that a slot's run did not end well and is to be tried
// again.
func (s *Store) PutOffSlot(ctx context.Context, slot Slot, detail string) error {
	return s.changeSlot(ctx, slot, "status = ?, detail = ?", SlotPending, detail)
}

// EndSlot records how a slot's run ended (its status, code and detail), and that
// the job's older pending slots are covered by it.
func (s *Store) EndSlot(ctx context.Context, slot Slot, now time.Time) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, s.bind("update carat_slots set status = ?, ended_at = ?, detail = ?, code = ? where job = ? and slot_key = ?"),
			slot.Status, now.UnixMicro(), slot.Detail, slot.Code, slot.Job, slot.Key); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, s.bind(`update carat_slots set status = ?, covered_by = ?
where job = ? and status = ? and slot_at <= ? and slot_key <> ?`),
			SlotCovered, slot.Key, slot.Job, SlotPending, slot.At.UnixMicro(), slot.Key)
		if err != nil {
			return err
		}
		return s.recordAll(ctx, tx, "carat_slots", " where job = ? and (slot_key = ? or covered_by = ?)", slot.Job, slot.Key, slot.Key)
	})
	if err != nil {
		return fmt.Errorf("record the slot %s of %s: %w", slot.Key, slot.Job, err)
	}
	return nil
}

// SkipSlot records that a slot is not run.
func (s *Store) SkipSlot(ctx context.Context, slot Slot, detail string, now time.Time) error {
	return s.changeSlot(ctx, slot, "status = ?, ended_at = ?, detail = ?", SlotSkipped, now.UnixMicro(), detail)
}

// ResumeSlots makes slots whose run was cut short (by a crash, or the death of
// another scheduler) pending again, and gives how many.
func (s *Store) ResumeSlots(ctx context.Context) (n int64, err error) {
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		cut, err := s.rowsOf(ctx, tx, "carat_slots", " where status = ? order by job, slot_key", SlotRunning)
		if err != nil || len(cut) == 0 {
			return err
		}
		n = int64(len(cut))
		if _, err := tx.ExecContext(ctx, s.bind("update carat_slots set status = ?, detail = ? where status = ?"), SlotPending, "its run was cut short", SlotRunning); err != nil {
			return err
		}
		for _, r := range cut {
			if err := s.Record(ctx, tx, "carat_slots", *r["job"], *r["slot_key"]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("resume the slots: %w", err)
	}
	return n, nil
}

// changeSlot sets columns of a slot's row.
func (s *Store) changeSlot(ctx context.Context, slot Slot, set string, args ...any) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, s.bind("update carat_slots set "+set+" where job = ? and slot_key = ?"), append(args, slot.Job, slot.Key)...)
		return s.recordIf(ctx, tx, done, err, "carat_slots", slot.Job, slot.Key)
	})
	if err != nil {
		return fmt.Errorf("record a slot: %w", err)
	}
	return nil
}

// recordIf records a row if a statement that ended with err changed it.
func (s *Store) recordIf(ctx context.Context, tx *sql.Tx, done sql.Result, err error, table string, key ...any) error {
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return err
	}
	return s.Record(ctx, tx, table, key...)
}
