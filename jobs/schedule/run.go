package schedule

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"carat/jobs/config"
	"carat/jobs/ingest"
	"carat/jobs/timetable"
	"carat/pipeline"
	"carat/pipeline/state"
)

// run does the work of a slot.
func (s *scheduler) run(ctx context.Context, slot state.Slot) error {
	job := s.o.Config.Jobs[slot.Job]
	run := fmt.Sprintf("%s@%s#%d", slot.Job, slot.Key, slot.Attempts+1) // one id for each line of one run
	log := s.o.Log.With("run", run, "job", slot.Job, "slot", slot.Key, "attempt", slot.Attempts+1)
	began := s.o.Clock.Now()
	if err := s.state.BeginSlot(ctx, slot, began); err != nil {
		return err
	}
	log.Info("begins")
	err := s.work(ctx, slot.Job, job.Timeout, began)
	ended := s.o.Clock.Now()
	if slot.Job == "ingest" || slot.Job == "run" {
		s.tellLeftAlone(log)
	}
	slot.Attempts++
	key := slot.Job + " " + slot.Key
	// What is recorded now is recorded although the context may have ended.
	record := context.WithoutCancel(ctx)
	if err != nil {
		slot.Code = int64(pipeline.KindOf(err))
	}
	switch {
	case err == nil:
		slot.Status, slot.Detail = state.SlotDone, ""
		log.Info("done", "seconds", ended.Sub(began).Seconds())
	case ctx.Err() == nil && finds(err):
		slot.Status, slot.Detail = state.SlotDone, errorText(err)
		log.Warn("done, and found", "seconds", ended.Sub(began).Seconds(), "error", err)
	case ctx.Err() != nil:
		slot.Status, slot.Detail = state.SlotPending, "the scheduler was stopped"
		log.Warn("stopped; the next scheduler does it again")
	case passes(err) && slot.Attempts <= int64(job.Retries):
		slot.Status, slot.Detail = state.SlotPending, errorText(err)
		wait := backOff(slot.Attempts)
		s.retryAt[key] = &retry{ended, ended.Add(wait)}
		log.Warn("failed; tried again", "error", err, "in", wait)
	default:
		slot.Status, slot.Detail = state.SlotFailed, errorText(err)
		log.Error("failed", "error", err)
	}
	err = s.record(record, slot, ended)
	if s.o.Observe != nil {
		result := slot.Status
		if result == state.SlotDone && slot.Detail != "" {
			result = jobFound
		}
		s.o.Observe(SlotRun{Slot: timetable.Slot{Job: slot.Job, Key: slot.Key, At: slot.At}, Result: result, Took: ended.Sub(began)})
	}
	if err == nil && job.Overlap == config.OverlapSkip {
		err = s.skipOverlapped(record, slot, ended)
	}
	return err
}

// tellLeftAlone logs the files of the inbox that are no input, each once for its
// reason.
func (s *scheduler) tellLeftAlone(log *slog.Logger) {
	left := ingest.LeftAlone(s.o.Config)
	before := s.leftAlone
	s.leftAlone = map[string]string{}
	for _, f := range left {
		s.leftAlone[f.Name] = f.Reason
		if before[f.Name] != f.Reason {
			log.Warn("left a file of the inbox alone", "file", f.Name, "reason", f.Reason)
		}
	}
	if s.o.LeftAlone != nil {
		s.o.LeftAlone(len(left))
	}
}

// record records how a slot's run ended. While the database is away it is kept
// in mind, so that what was done is not done again.
func (s *scheduler) record(ctx context.Context, slot state.Slot, ended time.Time) error {
	if slot.Status == state.SlotPending {
		return s.state.PutOffSlot(ctx, slot, slot.Detail)
	}
	delete(s.retryAt, slot.Job+" "+slot.Key)
	err := s.state.EndSlot(ctx, slot, ended)
	if err != nil {
		slot.EndedAt = ended
		s.unrecorded = &slot
	}
	return err
}

// work calls the job, for at most its timeout, and for at most the grace after
// the context ended.
func (s *scheduler) work(ctx context.Context, job string, timeout time.Duration, now time.Time) (err error) {
	working, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	if timeout > 0 {
		timer := time.AfterFunc(timeout, func() { cancel(fmt.Errorf("it took longer than its timeout of %s", timeout)) })
		defer timer.Stop()
	}
	stop := context.AfterFunc(ctx, func() {
		time.AfterFunc(s.o.Grace, func() { cancel(context.Canceled) })
	})
	defer stop()
	if err = s.o.Work[job](working, now); err != nil {
		if cause := context.Cause(working); cause != nil && !errors.Is(cause, context.Canceled) {
			return cause
		}
	}
	return err
}

// skipOverlapped records slots that came due while the job ran as skipped.
func (s *scheduler) skipOverlapped(ctx context.Context, ran state.Slot, now time.Time) error {
	if err := s.tell(ctx, now); err != nil {
		return err
	}
	open, err := s.state.OpenSlots(ctx)
	if err != nil {
		return err
	}
	for _, slot := range open {
		if slot.Job == ran.Job && slot.Key != ran.Key && slot.At.After(ran.At) {
			if err := s.state.SkipSlot(ctx, slot, "the run of "+ran.Key+" still went on", now); err != nil {
				return err
			}
		}
	}
	return nil
}

// passes says whether an error may be gone later: a lock, a database that is
// away, a full disk. Bad input stays what it is.
func passes(err error) bool {
	switch pipeline.KindOf(err) {
	case pipeline.KindBusy, pipeline.KindInternal:
		return true
	default:
		return false
	}
}

// finds says whether an error is what the job found, and not that it couldn't
// do its work: a bad file, a blocking exception. Nothing is gained by trying
// again, and what comes after goes on.
func finds(err error) bool {
	switch pipeline.KindOf(err) {
	case pipeline.KindBadInput, pipeline.KindBlocked:
		return true
	default:
		return false
	}
}

// backOff is how long a slot waits after its n-th attempt: a minute, two, four,
// at most an hour.
func backOff(attempts int64) time.Duration {
	if attempts > 6 {
		return time.Hour
	}
	return time.Minute << (attempts - 1)
}

// errorText is an error for the record.
func errorText(err error) string {
	text := err.Error()
	if len(text) > 2000 {
		text = text[:2000] + "…"
	}
	return text
}
