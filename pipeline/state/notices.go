package state

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Where a notice stands.
const (
	NoticePending = "pending" // to be told, or told again after a failure
	NoticeTold    = "told"    // the receiver took it
	NoticeFailed  = "failed"  // given up; it is not tried again
	NoticeCleared = "cleared" // what it was about is over
)

// Notice is what one webhook is told of one thing. There is one row per
// webhook and key: the key names the thing, the event what happened to it.
type Notice struct {
	Webhook  string
	Key      string // "job_failed/ingest"
	Event    string // "2026-10-01T06:00": another event is told anew
	ID       string // of this telling: the same each time it is tried
	Kind     string
	Message  string // what is told, as JSON
	State    string
	Attempts int64
	RaisedAt time.Time
	NextAt   time.Time // not before
	ToldAt   time.Time // zero when it never was
	Error    string    // why the last attempt failed
}

const noticeColumns = "webhook, notice_key, event, notice_id, kind, message, state, attempts, raised_at, next_at, told_at, error"

// Notices gives every notice, by webhook and key.
func (s *Store) Notices(ctx context.Context) ([]Notice, error) {
	rows, err := s.db.QueryContext(ctx, "select "+noticeColumns+" from carat_notices order by webhook, notice_key")
	if err != nil {
		return nil, fmt.Errorf("read the notices: %w", err)
	}
	defer rows.Close()
	var list []Notice
	for rows.Next() {
		var n Notice
		var raised, next, told int64
		if err := rows.Scan(&n.Webhook, &n.Key, &n.Event, &n.ID, &n.Kind, &n.Message, &n.State, &n.Attempts, &raised, &next, &told, &n.Error); err != nil {
			return nil, fmt.Errorf("read the notices: %w", err)
		}
		n.RaisedAt, n.NextAt = time.UnixMicro(raised).UTC(), time.UnixMicro(next).UTC()
		if told != 0 {
			n.ToldAt = time.UnixMicro(told).UTC()
		}
		list = append(list, n)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the notices: %w", err)
	}
	return list, nil
}

// SaveNotices records notices as they stand now: all of them or none.
func (s *Store) SaveNotices(ctx context.Context, list ...Notice) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		for _, n := range list {
			told := int64(0)
			if !n.ToldAt.IsZero() {
				told = n.ToldAt.UnixMicro()
			}
			_, err := tx.ExecContext(ctx, s.bind("insert into carat_notices ("+noticeColumns+`) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
				on conflict (webhook, notice_key) do update set event = excluded.event, notice_id = excluded.notice_id, kind = excluded.kind,
				message = excluded.message, state = excluded.state, attempts = excluded.attempts, raised_at = excluded.raised_at,
				next_at = excluded.next_at, told_at = excluded.told_at, error = excluded.error`),
				n.Webhook, n.Key, n.Event, n.ID, n.Kind, n.Message, n.State, n.Attempts, n.RaisedAt.UnixMicro(), n.NextAt.UnixMicro(), told, n.Error)
			if err == nil {
				err = s.Record(ctx, tx, "carat_notices", n.Webhook, n.Key)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("record the notices: %w", err)
	}
	return nil
}
