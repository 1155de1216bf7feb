package jobs

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"carat/pipeline"
)

// ScheduledWork gives what each job of the schedule does. Months are those that
// are open and have begun; only what is over is prepared for approval, and
// nothing is ever approved.
func ScheduledWork(s Setting, models fs.FS) map[string]Work {
	s.By.User = SchedulerUser
	at := func(now time.Time, job string) Setting {
		own := s
		own.Now, own.Arguments = now, []string{"schedule", job}
		return own
	}
	each := func(job string, do func(ctx context.Context, own Setting, month pipeline.Period) error) Work {
		return func(ctx context.Context, now time.Time) error {
			own := at(now, job)
			months, err := openMonths(ctx, own)
			var failures error
			for _, month := range months {
				failures = errors.Join(failures, do(ctx, own, month))
			}
			return errors.Join(err, failures)
		}
	}
	return map[string]Work{
		"ingest": func(ctx context.Context, now time.Time) error {
			_, err := Ingest(ctx, IngestOptions{Setting: at(now, "ingest")})
			return err
		},
		"reconcile": each("reconcile", func(ctx context.Context, own Setting, month pipeline.Period) error {
			r, err := Reconcile(ctx, ReconcileOptions{Setting: own, SQL: models, Period: month})
			if err == nil && r.Status == StatusBlocked {
				err = r.Blocked()
			}
			return err
		}),
		"statements": each("statements", func(ctx context.Context, own Setting, month pipeline.Period) error {
			_, err := Statements(ctx, StatementsOptions{Setting: own, SQL: models, Period: month})
			return err
		}),
		"run": each("run", func(ctx context.Context, own Setting, month pipeline.Period) error {
			r, err := Run(ctx, RunOptions{Setting: own, SQL: models, Period: month})
			if err == nil && r.Reconcile != nil && r.Reconcile.Status == StatusBlocked {
				err = r.Reconcile.Blocked()
			}
			return err
		}),
		"close": func(ctx context.Context, now time.Time) error {
			own := at(now, "close")
			months, err := openMonths(ctx, own)
			if err != nil || len(months) == 0 || months[0].End(own.Config.Zone).After(now) {
				return err
			}
			_, err = Close(ctx, CloseOptions{Setting: own, SQL: models, Period: months[0]})
			return err
		},
		"send": func(ctx context.Context, now time.Time) error { return sendClosed(ctx, at(now, "send")) },
		"compact": func(ctx context.Context, now time.Time) error {
			_, err := Compact(ctx, CompactOptions{Setting: at(now, "compact")})
			return err
		},
		"verify": func(ctx context.Context, now time.Time) error {
			_, err := Verify(ctx, VerifyOptions{Setting: at(now, "verify")})
			return err
		},
		"backup": func(ctx context.Context, now time.Time) error {
			_, err := Backup(ctx, BackupOptions{Setting: at(now, "backup"), Keep: -1})
			return err
		},
	}
}

// sendWithin is how long after its lock the statements of a month are sent by
// the schedule. Older ones are sent by a person: whoever begins to mail doesn't
// mean to mail the past.
const sendWithin = 40 * 24 * time.Hour

// sendClosed mails the final statements of months that were closed lately,
// each once.
func sendClosed(ctx context.Context, s Setting) (err error) {
	months, err := lockedSince(ctx, s, s.Now.Add(-sendWithin))
	if err != nil {
		return err
	}
	password := ""
	if s.Variable != nil {
		password = s.Variable(MailPasswordVariable)
	}
	var failures error
	for _, month := range months {
		if _, err := os.Stat(filepath.Join(s.Config.outFolder(month), statementsFolder, indexFile)); err != nil {
			continue // they lie on another machine, or were not written
		}
		r, err := Send(ctx, SendOptions{Setting: s, Period: month, Password: password})
		if err == nil && len(r.Failed) > 0 {
			first := r.Failed[0]
			err = pipeline.Errorf(pipeline.KindInternal, "send statements of", string(month), "%s, among them that of %s: %s",
				plural(int64(len(r.Failed)), "was not taken", "were not taken"), first.CreatorID, first.Reason)
		}
		failures = errors.Join(failures, err)
	}
	return failures
}

// lockedSince gives the closed months that were locked after an instant.
func lockedSince(ctx context.Context, s Setting, since time.Time) (months []pipeline.Period, err error) {
	if wantLake(s) != nil {
		return nil, nil
	}
	p, err := openPlace(ctx, s)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	locks, err := p.state.Locks(ctx)
	for _, l := range locks {
		if l.InForce() && l.LockedAt.After(since) {
			months = append(months, l.Period)
		}
	}
	return months, err
}

// openMonths gives the open months of which the lake holds rows, up to the
// present one, in order. None when nothing was ingested yet.
func openMonths(ctx context.Context, s Setting) (months []pipeline.Period, err error) {
	if wantLake(s) != nil {
		return nil, nil
	}
	p, err := openPlace(ctx, s)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	tables, err := p.lake.Tables(ctx, latest)
	if err != nil {
		return nil, err
	}
	closed, err := p.closures(ctx, s.Config)
	if err != nil {
		return nil, err
	}
	present := pipeline.PeriodOf(s.Now, s.Config.Zone)
	for _, month := range monthsWithRows(tables) {
		if month >= closed.earliestOpen() && month <= present {
			months = append(months, month)
		}
	}
	return months, nil
}
