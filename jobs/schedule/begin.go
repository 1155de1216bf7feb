package schedule

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"time"

	"carat/jobs/config"
	"carat/pipeline/state"
)

// before tells when each job was done last, by whomever.
func (s *scheduler) before(ctx context.Context) error {
	if s.o.Before == nil {
		return nil
	}
	records, err := s.state.Jobs(ctx, jobsLooked)
	if err != nil {
		return err
	}
	done := map[string]time.Time{}
	for _, r := range records {
		if r.Result == state.JobDone && r.EndedAt.After(done[r.Job]) {
			done[r.Job] = r.EndedAt
		}
	}
	for job := range s.tables {
		s.o.Before(job, done[job])
	}
	return nil
}

// configSum tells one carat.yaml from the next; "" where it can't be read, as while it is being written.
func (s *scheduler) configSum() string {
	text, err := os.ReadFile(filepath.Join(s.o.Config.Dir, config.File))
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
