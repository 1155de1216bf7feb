package ingest_test

import (
	"context"
	"strings"
	"testing"

	"carat/jobs/ingest"
	"carat/jobs/internal/trial"
	"carat/pipeline"
)

// Two accounts' exports of one fee are the same bytes: the second isn't passed over in silence.
func TestTheSameBytesOfAnotherAccountAreRefused(t *testing.T) {
	const yaml = `first_period: 2026-10
feeds:
  bank_lines:
    layout:
      - {name: opera, files: ["a-*.csv"], time_format: YYYY-MM-DD, columns: {booked_at: Date, reference: Ref, amount: Amount}, constants: {account: A, currency: EUR}, id: content}
      - {name: reser, files: ["b-*.csv"], time_format: YYYY-MM-DD, columns: {booked_at: Date, reference: Ref, amount: Amount}, constants: {account: B, currency: EUR}, id: content}
`
	const fee = "Date,Ref,Amount\n2026-10-31,FEE,-1.50\n"
	s := trial.Folder(t, yaml, map[string]string{"a-1.csv": fee, "a-2.csv": fee, "b-1.csv": fee})
	for range 2 { // also when it comes again
		r, err := ingest.Files(context.Background(), ingest.Options{Setting: s})
		if pipeline.KindOf(err) != pipeline.KindBadInput || !strings.Contains(err.Error(), "b-1.csv: its bytes are those of a-1.csv (b000001), which was read by layout opera with account A, currency EUR; by layout reser, with account B") {
			t.Fatal(err)
		}
		if len(r.Files) != 3 || r.Files[1].Result != ingest.FileKnown || r.Files[2].Result != ingest.FileFailed {
			t.Errorf("%+v", r.Files)
		}
	}
	dry, err := ingest.DryRun(context.Background(), ingest.Options{Setting: s})
	if len(dry) != 3 || dry[2].Result != ingest.FileWouldFail || pipeline.KindOf(err) != pipeline.KindBadInput {
		t.Errorf("%v, %+v", err, dry)
	}
}
