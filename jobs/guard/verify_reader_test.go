package guard_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carat/jobs/books"
	"carat/jobs/guard"
	"carat/jobs/internal/trial"
	"carat/pipeline"
	"carat/pipeline/feed"
	"carat/pipeline/lake"
)

// A batch that an earlier reader took otherwise is no altered one, since its file and its rows
// have the hashes of the chain; one that this reader took otherwise is.
func TestVerifyOfWhatAnEarlierReaderRead(t *testing.T) {
	for name, c := range map[string]struct {
		reading, entity string
		note, differ    string
	}{
		"the same":                    {`{"entity":"main","books_zone":"UTC","zone":"UTC","reader":3}`, "main", "", ""},
		"by this reader":              {`{"entity":"main","books_zone":"UTC","zone":"UTC","reader":3}`, "other", "", "1 rows are not what the source file bank_lines.csv gives"},
		"by an earlier one":           {`{"entity":"main","books_zone":"UTC","zone":"UTC"}`, "other", "earlier reader of csv (0, and this one is 3)", ""},
		"by the one before":           {`{"entity":"main","books_zone":"UTC","zone":"UTC","reader":1}`, "other", "earlier reader of csv (1, and this one is 3)", ""},
		"by one that is to come":      {`{"entity":"main","books_zone":"UTC","zone":"UTC","reader":4}`, "other", "earlier reader of csv (4, and this one is 3)", ""},
		"by an earlier one, the same": {`{"entity":"main","books_zone":"UTC","zone":"UTC"}`, "main", "", ""},
	} {
		s := trial.Folder(t, "first_period: 2026-10\n", nil)
		take(t, s, "bank_lines.csv", "line_id,account,booked_at,amount,currency\nb1,a,2026-10-01,100,EUR\n", c.reading, c.entity)
		v, err := guard.Verify(t.Context(), guard.VerifyOptions{Setting: s})
		if v == nil {
			t.Fatal(err)
		}
		if notes := strings.Join(v.Notes, "\n"); c.note == "" && notes != "" || !strings.Contains(notes, c.note) {
			t.Errorf("%s: notes %q", name, notes)
		}
		if told := strings.Join(v.Differences, "\n"); c.differ == "" && (told != "" || err != nil) || !strings.Contains(told, c.differ) || c.differ != "" && pipeline.KindOf(err) != pipeline.KindVerification {
			t.Errorf("%s: differences %q, %v", name, told, err)
		}
	}
}

// take puts a file into the history as a carat read it that gave its rows that entity.
func take(t *testing.T, s books.Setting, name, text, reading, entity string) {
	t.Helper()
	p, err := books.Open(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	release, err := p.Lake.Lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	table, _ := pipeline.FeedByName("bank_lines")
	id := p.Lake.NextBatchID()
	stage, err := lake.StageFeed(t.Context(), p.Lake, table, id)
	if err != nil {
		t.Fatal(err)
	}
	o, zone, err := s.Config.ReadAgain("bank_lines", reading)
	if err != nil {
		t.Fatal(err)
	}
	o.BatchID, o.IngestedAt, o.Entity, o.Calendar = id, s.Now.UnixMicro(), entity, pipeline.NewCalendar(zone, "2026-10")
	r, err := feed.ReadFeed(t.Context(), table, feed.Input{Path: path, Name: name, File: f, Size: int64(len(text)), Tee: stage.Raw()}, o, stage)
	if err != nil {
		t.Fatal(err)
	}
	b := pipeline.Batch{ID: id, Feed: "bank_lines", Format: r.Format.String(), Source: name, IngestedAt: s.Now.UTC(), RowsRead: r.RowsRead, RowsAccepted: r.RowsAccepted,
		Reading: reading, ControlTotals: r.ControlTotals, FirstEvent: r.FirstEvent, EarliestOpen: "2026-10"}
	if b.SourceSHA256, b.SourceBytes, err = stage.SHA256(); err != nil {
		t.Fatal(err)
	}
	if _, err := stage.Commit(t.Context(), b); err != nil {
		t.Fatal(err)
	}
}
