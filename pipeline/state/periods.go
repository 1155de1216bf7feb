package state

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"carat/pipeline"
)

// Lock is one lock of a period: the certificate that two people signed. It is
// in force until it is reopened.
type Lock struct {
	Period            pipeline.Period
	Version           int64 // from 1; a reopened period's next lock is one more
	RunID             string
	CertificateSHA256 string
	PreparedBy        string
	PreparedOS        string // whom the operating system says that was
	ApprovedBy        string
	ApprovedOS        string
	LockedAt          time.Time
	ReopenedBy        string // "" while it is in force
	ReopenedOS        string
	ReopenedAt        time.Time
	ReopenReason      string
	ApprovedNo        int64 // the record by which it was approved; 0: an older carat's
	ReopenedNo        int64
}

// InForce says whether the period is still closed by it.
func (l Lock) InForce() bool { return l.ReopenedBy == "" }

const lockColumns = `period, version, run_id, certificate_sha256, prepared_by, approved_by, locked_at,
coalesce(reopened_by, ''), coalesce(reopened_at, 0), coalesce(reopen_reason, ''), prepared_os, approved_os, reopened_os, approved_no, reopened_no`

// Locks gives every lock there ever was, by period and version.
func (s *Store) Locks(ctx context.Context) ([]Lock, error) {
	rows, err := s.db.QueryContext(ctx, "select "+lockColumns+" from carat_locks order by period, version")
	if err != nil {
		return nil, fmt.Errorf("read locks: %w", err)
	}
	defer rows.Close()
	var locks []Lock
	for rows.Next() {
		var l Lock
		var locked, reopened int64
		if err := rows.Scan(&l.Period, &l.Version, &l.RunID, &l.CertificateSHA256, &l.PreparedBy, &l.ApprovedBy, &locked,
			&l.ReopenedBy, &reopened, &l.ReopenReason, &l.PreparedOS, &l.ApprovedOS, &l.ReopenedOS, &l.ApprovedNo, &l.ReopenedNo); err != nil {
			return nil, fmt.Errorf("read locks: %w", err)
		}
		l.LockedAt = time.UnixMicro(locked).UTC()
		if reopened != 0 {
			l.ReopenedAt = time.UnixMicro(reopened).UTC()
		}
		locks = append(locks, l)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read locks: %w", err)
	}
	return locks, nil
}

// RecordLock locks a period, inside the caller's transaction: the one that
// tags the snapshots which the certificate names; p is the approver's record of it.
func (s *Store) RecordLock(ctx context.Context, tx *sql.Tx, l Lock, p *Proof) error {
	if err := s.prove(ctx, tx, p); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, s.bind(`insert into carat_locks
		(period, version, run_id, certificate_sha256, prepared_by, approved_by, locked_at, prepared_os, approved_os, approved_no) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`),
		string(l.Period), l.Version, l.RunID, l.CertificateSHA256, l.PreparedBy, l.ApprovedBy, l.LockedAt.UnixMicro(), l.PreparedOS, l.ApprovedOS, p.number())
	if err != nil {
		return fmt.Errorf("lock period %s: %w", l.Period, err)
	}
	return s.Record(ctx, tx, "carat_locks", string(l.Period), l.Version)
}

// Reopen ends a lock that is in force, with a record of it. The preparations of later
// periods fall away: what they open with may move.
func (s *Store) Reopen(ctx context.Context, l Lock, p *Proof) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		if err := s.prove(ctx, tx, p); err != nil {
			return err
		}
		done, err := tx.ExecContext(ctx, s.bind(`update carat_locks set reopened_by = ?, reopened_at = ?, reopen_reason = ?, reopened_os = ?, reopened_no = ?
			where period = ? and version = ? and reopened_by is null`),
			l.ReopenedBy, l.ReopenedAt.UnixMicro(), l.ReopenReason, l.ReopenedOS, p.number(), string(l.Period), l.Version)
		if err != nil {
			return fmt.Errorf("reopen period %s: %w", l.Period, err)
		}
		n, err := done.RowsAffected()
		if err == nil && n != 1 {
			err = fmt.Errorf("version %d is not locked", l.Version)
		}
		if err != nil {
			return fmt.Errorf("reopen period %s: %w", l.Period, err)
		}
		if _, err := s.voidSignOffs(ctx, tx, l.ReopenedAt, string(l.Period)+" was opened again", preparedLater, string(l.Period)); err != nil {
			return err
		}
		return s.Record(ctx, tx, "carat_locks", string(l.Period), l.Version)
	})
}

// SignOff is what a preparer signed: the numbers of one run.
type SignOff struct {
	Period        pipeline.Period
	Version       int64 // of the lock that is to come
	Attempt       int64 // from 1 within the version
	RunID         string
	NumbersSHA256 string // over every result table, the run's id aside
	PreparedBy    string
	OSUser        string // whom the operating system says that was
	PreparedAt    time.Time
	VoidAt        time.Time // zero while it stands
	VoidReason    string
	Signed        int64 // the record of it; 0: an older carat's
}

// Stands says whether the sign-off has not fallen away.
func (s SignOff) Stands() bool { return s.VoidReason == "" }

// SignOffs gives the preparations of one version of a period, oldest first.
func (s *Store) SignOffs(ctx context.Context, period pipeline.Period, version int64) ([]SignOff, error) {
	rows, err := s.db.QueryContext(ctx, s.bind(`select attempt, run_id, numbers_sha256, prepared_by, os_user, prepared_at,
		coalesce(void_at, 0), coalesce(void_reason, ''), signed_no from carat_sign_offs where period = ? and version = ? order by attempt`),
		string(period), version)
	if err != nil {
		return nil, fmt.Errorf("read sign-offs of %s: %w", period, err)
	}
	defer rows.Close()
	var list []SignOff
	for rows.Next() {
		o := SignOff{Period: period, Version: version}
		var prepared, void int64
		if err := rows.Scan(&o.Attempt, &o.RunID, &o.NumbersSHA256, &o.PreparedBy, &o.OSUser, &prepared, &void, &o.VoidReason, &o.Signed); err != nil {
			return nil, fmt.Errorf("read sign-offs of %s: %w", period, err)
		}
		o.PreparedAt = time.UnixMicro(prepared).UTC()
		if void != 0 {
			o.VoidAt = time.UnixMicro(void).UTC()
		}
		list = append(list, o)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read sign-offs of %s: %w", period, err)
	}
	return list, nil
}

// RecordSignOff adds a preparation; one that stood before falls away with the
// reason that it was prepared again. It gives the attempt's number; p is the preparer's record of it.
func (s *Store) RecordSignOff(ctx context.Context, o SignOff, p *Proof) (attempt int64, err error) {
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		if err := s.prove(ctx, tx, p); err != nil {
			return err
		}
		if _, err := s.voidSignOffs(ctx, tx, o.PreparedAt, "prepared again", "period = ? and version = ?", string(o.Period), o.Version); err != nil {
			return err
		}
		if err := tx.QueryRowContext(ctx, s.bind("select coalesce(max(attempt), 0) + 1 from carat_sign_offs where period = ? and version = ?"),
			string(o.Period), o.Version).Scan(&attempt); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, s.bind(`insert into carat_sign_offs
			(period, version, attempt, run_id, numbers_sha256, prepared_by, os_user, prepared_at, signed_no) values (?, ?, ?, ?, ?, ?, ?, ?, ?)`),
			string(o.Period), o.Version, attempt, o.RunID, o.NumbersSHA256, o.PreparedBy, o.OSUser, o.PreparedAt.UnixMicro(), p.number())
		if err != nil {
			return err
		}
		return s.Record(ctx, tx, "carat_sign_offs", string(o.Period), o.Version, attempt)
	})
	if err != nil {
		return 0, fmt.Errorf("record sign-off of %s: %w", o.Period, err)
	}
	return attempt, nil
}

// VoidSignOffs makes the preparations of a version that stand fall away, and
// gives how many there were.
func (s *Store) VoidSignOffs(ctx context.Context, period pipeline.Period, version int64, at time.Time, reason string) (n int64, err error) {
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		n, err = s.voidSignOffs(ctx, tx, at, reason, "period = ? and version = ?", string(period), version)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("void sign-offs of %s: %w", period, err)
	}
	return n, nil
}

// preparedLater are the preparations of later periods than one that are not locked.
const preparedLater = "period > ? and not exists (select 1 from carat_locks l where l.period = carat_sign_offs.period and l.version = carat_sign_offs.version)"

func (s *Store) voidSignOffs(ctx context.Context, tx *sql.Tx, at time.Time, reason, which string, args ...any) (int64, error) {
	standing, err := s.rowsOf(ctx, tx, "carat_sign_offs", " where "+which+" and void_reason is null order by period, version, attempt", args...)
	for _, o := range standing {
		if _, err := tx.ExecContext(ctx, s.bind("update carat_sign_offs set void_at = ?, void_reason = ? where period = ? and version = "+*o["version"]+" and attempt = "+*o["attempt"]),
			at.UnixMicro(), reason, *o["period"]); err != nil {
			return 0, err
		}
		if err := s.Record(ctx, tx, "carat_sign_offs", *o["period"], *o["version"], *o["attempt"]); err != nil {
			return 0, err
		}
	}
	return int64(len(standing)), err
}
