package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"carat/pipeline"
)

// What became of a job.
const (
	JobRunning = "running" // or cut short: nothing was written about its end
	JobCut     = "cut short"
	JobDone    = "done"
	JobFailed  = "failed"
)

// Job is one run of one job: who did what, when, with which outcome.
type Job struct {
	No        int64
	Job       string // "ingest", "reconcile", "close", …
	Period    pipeline.Period
	Arguments []string
	User      string
	OSUser    string // whom the operating system says it was
	Build     string // the version of carat
	StartedAt time.Time
	EndedAt   time.Time // zero while it runs
	Result    string    // JobRunning, JobDone or JobFailed
	Error     string
	RunID     string   // the reconciliation that it made or read
	Inputs    []string // what it took in: "b000004 gift_events.csv", "gift_events@7812…"
}

const jobColumns = `job_no, job, period, arguments, user_name, os_user, build, started_at, coalesce(ended_at, 0), result, error, run_id, inputs`

// BeginJob records that a job has begun, and gives its number.
func (s *Store) BeginJob(ctx context.Context, j Job) (no int64, err error) {
	arguments, err := json.Marshal(j.Arguments)
	if err != nil {
		return 0, fmt.Errorf("record job %s: %w", j.Job, err)
	}
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		if err := tx.QueryRowContext(ctx, "select coalesce(max(job_no), 0) + 1 from carat_jobs").Scan(&no); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, s.bind(`insert into carat_jobs
			(job_no, job, period, arguments, user_name, os_user, build, started_at, result, error, run_id, inputs)
			values (?, ?, ?, ?, ?, ?, ?, ?, ?, '', '', '[]')`),
			no, j.Job, string(j.Period), string(arguments), j.User, j.OSUser, j.Build, j.StartedAt.UnixMicro(), JobRunning)
		if err != nil {
			return err
		}
		return s.Record(ctx, tx, "carat_jobs", no)
	})
	if err != nil {
		return 0, fmt.Errorf("record job %s: %w", j.Job, err)
	}
	return no, nil
}

// EndJob records how a job that was begun has ended.
func (s *Store) EndJob(ctx context.Context, j Job) error {
	if j.Inputs == nil {
		j.Inputs = []string{}
	}
	inputs, err := json.Marshal(j.Inputs)
	if err != nil {
		return fmt.Errorf("record end of job %d: %w", j.No, err)
	}
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, s.bind("update carat_jobs set ended_at = ?, result = ?, error = ?, run_id = ?, inputs = ? where job_no = ?"),
			j.EndedAt.UnixMicro(), j.Result, j.Error, j.RunID, string(inputs), j.No)
		if err != nil {
			return err
		}
		return s.Record(ctx, tx, "carat_jobs", j.No)
	})
	if err != nil {
		return fmt.Errorf("record end of job %d: %w", j.No, err)
	}
	return nil
}

// ForgetJob takes back that a job has begun: it was asked for something that isn't
// there, and did nothing. One that has ended stays.
func (s *Store) ForgetJob(ctx context.Context, no int64) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, s.bind("delete from carat_jobs where job_no = ? and result = ?"), no, JobRunning)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return err
		}
		return s.Record(ctx, tx, "carat_jobs", no)
	})
	if err != nil {
		return fmt.Errorf("forget job %d: %w", no, err)
	}
	return nil
}

// Jobs gives the newest jobs, newest first.
func (s *Store) Jobs(ctx context.Context, limit int) ([]Job, error) {
	return s.jobs(ctx, "select "+jobColumns+" from carat_jobs order by job_no desc limit ?", limit)
}

// Job gives one job by its number; false when there is none.
func (s *Store) Job(ctx context.Context, no int64) (Job, bool, error) {
	list, err := s.jobs(ctx, "select "+jobColumns+" from carat_jobs where job_no = ?", no)
	if err != nil || len(list) == 0 {
		return Job{}, false, err
	}
	return list[0], true, nil
}

// JobsOfRun gives the jobs that made or read a reconciliation, newest first.
func (s *Store) JobsOfRun(ctx context.Context, run string) ([]Job, error) {
	return s.jobs(ctx, "select "+jobColumns+" from carat_jobs where run_id = ? order by job_no desc", run)
}

func (s *Store) jobs(ctx context.Context, query string, args ...any) ([]Job, error) {
	rows, err := s.db.QueryContext(ctx, s.bind(query), args...)
	if err != nil {
		return nil, fmt.Errorf("read jobs: %w", err)
	}
	defer rows.Close()
	var list []Job
	for rows.Next() {
		var j Job
		var arguments, inputs string
		var started, ended int64
		if err := rows.Scan(&j.No, &j.Job, &j.Period, &arguments, &j.User, &j.OSUser, &j.Build, &started, &ended,
			&j.Result, &j.Error, &j.RunID, &inputs); err != nil {
			return nil, fmt.Errorf("read jobs: %w", err)
		}
		j.StartedAt = time.UnixMicro(started).UTC()
		if ended != 0 {
			j.EndedAt = time.UnixMicro(ended).UTC()
		}
		if err := json.Unmarshal([]byte(arguments), &j.Arguments); err != nil {
			return nil, fmt.Errorf("read job %d: %w", j.No, err)
		}
		if err := json.Unmarshal([]byte(inputs), &j.Inputs); err != nil {
			return nil, fmt.Errorf("read job %d: %w", j.No, err)
		}
		list = append(list, j)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read jobs: %w", err)
	}
	return list, nil
}
