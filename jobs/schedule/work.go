package schedule

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"carat/jobs"
	"carat/jobs/books"
	"carat/jobs/creators"
	"carat/jobs/fetch"
	"carat/jobs/guard"
	"carat/jobs/ingest"
	"carat/jobs/mail"
	"carat/jobs/month"
	"carat/jobs/reconcile"
	"carat/jobs/stamp"
	"carat/jobs/statements"
	"carat/pipeline"
)

// WorkOf gives what each job of the schedule does. Months are those that
// are open and have begun; only what is over is prepared for approval, and
// nothing is ever approved.
func WorkOf(s books.Setting, models fs.FS) map[string]Work {
	s.By = books.Actor{User: books.SchedulerUser, OSUser: s.By.OSUser, Program: true}
	at := func(now time.Time, job string) books.Setting {
		own := s
		own.Now, own.Arguments = now, []string{"schedule", job}
		return own
	}
	each := func(job string, do func(ctx context.Context, own books.Setting, month pipeline.Period) error) Work {
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
		"fetch": func(ctx context.Context, now time.Time) error {
			_, err := fetch.Run(ctx, fetch.Options{Setting: at(now, "fetch")})
			return err
		},
		"ingest": func(ctx context.Context, now time.Time) error {
			own := at(now, "ingest")
			_, err := ingest.Files(ctx, ingest.Options{Setting: own})
			creators.AfterIngest(ctx, own)
			return err
		},
		"reconcile": each("reconcile", func(ctx context.Context, own books.Setting, month pipeline.Period) error {
			r, err := reconcile.Run(ctx, reconcile.Options{Setting: own, SQL: models, Period: month})
			if err == nil && r.Status == books.StatusBlocked {
				err = r.Blocked()
			}
			return err
		}),
		"statements": each("statements", func(ctx context.Context, own books.Setting, month pipeline.Period) error {
			_, err := statements.Write(ctx, statements.Options{Setting: own, SQL: models, Period: month})
			return err
		}),
		"run": each("run", func(ctx context.Context, own books.Setting, month pipeline.Period) error {
			r, err := jobs.Run(ctx, jobs.RunOptions{Setting: own, SQL: models, Period: month})
			creators.AfterIngest(ctx, own)
			if err == nil && r.Reconcile != nil && r.Reconcile.Status == books.StatusBlocked {
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
			_, err = month.Close(ctx, month.CloseOptions{Setting: own, SQL: models, Period: months[0]})
			return err
		},
		"send": func(ctx context.Context, now time.Time) error { return sendClosed(ctx, at(now, "send"), models) },
		"compact": func(ctx context.Context, now time.Time) error {
			_, err := guard.Compact(ctx, guard.CompactOptions{Setting: at(now, "compact")})
			return err
		},
		"timestamp": func(ctx context.Context, now time.Time) error {
			_, err := stamp.Run(ctx, stamp.Options{Setting: at(now, "timestamp")})
			return err
		},
		"verify": func(ctx context.Context, now time.Time) error {
			_, err := guard.Verify(ctx, guard.VerifyOptions{Setting: at(now, "verify")})
			return err
		},
		"backup": func(ctx context.Context, now time.Time) error {
			_, err := guard.Backup(ctx, guard.BackupOptions{Setting: at(now, "backup"), Keep: -1})
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
func sendClosed(ctx context.Context, s books.Setting, models fs.FS) (err error) {
	months, err := lockedSince(ctx, s, s.Now.Add(-sendWithin))
	if err != nil {
		return err
	}
	password := s.Config.Mail.Password.Reveal()
	if password == "" && s.Variable != nil {
		password = s.Variable(mail.PasswordVariable)
	}
	var failures error
	for _, month := range months {
		if _, err := os.Stat(filepath.Join(s.Config.OutFolder(month), statements.FolderName, statements.IndexFile)); err != nil && !statements.OnDemand(s.Config) {
			continue // they lie on another machine, or were not written
		}
		r, err := mail.Send(ctx, mail.Options{Setting: s, SQL: models, Period: month, Password: password})
		if err == nil && len(r.Failed) > 0 {
			first := r.Failed[0]
			err = pipeline.Errorf(pipeline.KindInternal, "send statements of", string(month), "%s, among them that of %s: %s",
				plural(int64(len(r.Failed)), "was not taken", "were not taken"), first.CreatorID, first.Reason)
		}
		if err == nil && len(r.Unknown) > 0 {
			err = pipeline.Errorf(pipeline.KindInternal, "send statements of", string(month), "nobody knows whether that of %s went", strings.Join(r.Unknown[:min(len(r.Unknown), 3)], ", ")).
				WithHint("ask the mail server; `carat send --again` sends one once more")
		}
		failures = errors.Join(failures, err)
	}
	return failures
}

// lockedSince gives the closed months that were locked after an instant.
func lockedSince(ctx context.Context, s books.Setting, since time.Time) (months []pipeline.Period, err error) {
	if books.WantLake(s) != nil {
		return nil, nil
	}
	p, err := books.Open(ctx, s)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	locks, err := p.State.Locks(ctx)
	for _, l := range locks {
		if l.InForce() && l.LockedAt.After(since) {
			months = append(months, l.Period)
		}
	}
	return months, err
}

// openMonths gives the open months of which the lake holds rows, up to the
// present one, in order, and before them those in which nothing happened since
// the last closed one: months are closed in order. None when nothing was ingested yet.
func openMonths(ctx context.Context, s books.Setting) (months []pipeline.Period, err error) {
	if books.WantLake(s) != nil {
		return nil, nil
	}
	p, err := books.Open(ctx, s)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	tables, err := p.Lake.Tables(ctx, books.Latest)
	if err != nil {
		return nil, err
	}
	closed, err := p.Closures(ctx, s.Config)
	if err != nil {
		return nil, err
	}
	present := pipeline.PeriodOf(s.Now, s.Config.Zone)
	for _, month := range pipeline.MonthsWithRows(tables) {
		if month >= closed.EarliestOpen() && month <= present {
			months = append(months, month)
		}
	}
	if last, ok := closed.Last(); ok && len(months) > 0 {
		var empty []pipeline.Period
		for month := last.Period.Next(); month < months[0]; month = month.Next() {
			empty = append(empty, month)
		}
		months = append(empty, months...)
	}
	return months, nil
}
