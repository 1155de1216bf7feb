package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"carat/fixtures"
	"carat/jobs/ask"
	"carat/jobs/books"
	"carat/jobs/guard"
	"carat/jobs/ingest"
	"carat/jobs/internal/trial"
	"carat/jobs/month"
	"carat/jobs/reconcile"
	"carat/pipeline"
	"carat/sql"
)

// A year of a lake: every day files arrive, some of them late, some days two
// workers ingest at once, some days the power fails in the middle of a job and
// the job is run again. Months are reconciled while they are open, closed by two
// people when they are over, one is opened again and closed anew; the history is
// compacted and verified. The seed decides all of it.

// A file comes up to this many days late; a month is closed on the day after all
// of its files have come.
const lateDaysMax = 6

// year is one simulated lake, day by day.
type year struct {
	t       *testing.T
	s       books.Setting
	random  *rand.Rand
	arrives map[int][]string // files by the day on which they come
	whole   map[string]int   // the day on which the last file of a month comes
	months  []pipeline.Period
	first   time.Time
	stride  int // days between reconciliations
	closed  int // months
	came    int // files
	before  map[string]*rolled
	count   struct{ files, late, cuts, pairs, busy, reconciled, closed, reopened, compacted, verified int }
}

// simulatedDays says how long a year is: all of it in `make simulate`, else forty days, of which
// CARAT_YEAR_STRIDE doesn't reconcile each day.
func simulatedDays() (days, stride int) {
	days, stride = 40, 13
	if os.Getenv("CARAT_SIMULATE") != "" {
		days, stride = 365, 1
	}
	if text := os.Getenv("CARAT_YEAR_STRIDE"); text != "" {
		if n, err := strconv.Atoi(text); err == nil && n > 0 {
			stride = n
		}
	}
	return days, stride
}

func TestSimulatedYear(t *testing.T) {
	if os.Getenv("CARAT_SIMULATE") == "" && os.Getenv("CARAT_YEAR_STRIDE") == "" {
		t.Skip("a simulated year takes long: `make simulate` runs it, CARAT_YEAR_STRIDE=13 forty days of it")
	}
	trial.Simulate(t, 1, 1, func(t *testing.T, seed uint64) {
		days, stride := simulatedDays()
		y := newYear(t, seed, days)
		y.stride = stride
		for day := range days {
			y.day(day)
			if t.Failed() {
				t.Fatalf("day %d, %s", day, y.first.AddDate(0, 0, day).Format(time.DateOnly))
			}
		}
		y.verify()
		c := y.count
		t.Logf("counted: %d days of files, reconciled %d times; %d files, %d of them late; the power cut %d times; two at once %d times, of which one waited %d times; %d months closed, %d opened again; %d tables compacted; %d batches verified at the end",
			days, c.reconciled, c.files, c.late, c.cuts, c.pairs, c.busy, c.closed, c.reopened, c.compacted, c.verified)
	})
}

// fileDay finds the day or the month in a file's name.
var fileDay = regexp.MustCompile(`-(\d{4}-\d{2})(-\d{2})?\.`)

func newYear(t *testing.T, seed uint64, days int) *year {
	months := days/28 + 1
	o := fixtures.Options{Period: "2026-01", Periods: months, Gifts: 620, Viewers: 60, Creators: 20, Seed: seed, Files: fixtures.FilesDaily}
	s, _ := trial.Made(t, o, "none")
	y := &year{t: t, s: s, random: rand.New(rand.NewPCG(seed, 6)), arrives: map[int][]string{}, whole: map[string]int{}, months: worldMonths(o),
		first: time.Date(2026, 1, 1, 5, 0, 0, 0, time.UTC)}
	inbox := filepath.Join(s.Config.Dir, "inbox")
	if err := os.Rename(inbox, inbox+"-later"); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(inbox, 0o755); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(inbox + "-later")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		day := y.arrival(e.Name())
		y.arrives[day] = append(y.arrives[day], e.Name())
	}
	return y
}

// arrival gives the day on which a file comes: a daily one the morning after
// its day, a weekly one after its week, a monthly one after its month. One in
// fifteen is late.
func (y *year) arrival(name string) int {
	found := fileDay.FindStringSubmatch(name)
	if found == nil {
		return 0 // the exchange rates of all years
	}
	feed := name[:strings.IndexByte(name, '-')]
	if f, ok := pipeline.FeedByName(feed); ok && f.Reference {
		return 0
	}
	period, err := time.Parse("2006-01", found[1])
	if err != nil {
		y.t.Fatal(err)
	}
	at := period.AddDate(0, 1, 0)
	if found[2] != "" {
		day, err := time.Parse(time.DateOnly, found[1]+found[2])
		if err != nil {
			y.t.Fatal(err)
		}
		at = day.AddDate(0, 0, 1)
		if feed == "payouts" {
			at = day.AddDate(0, 0, 7)
		}
	}
	day := int(at.Sub(y.first.Truncate(24*time.Hour)).Hours() / 24)
	if name == "balances-2026-01.csv" || day < 0 {
		return 0 // openings
	}
	if y.random.IntN(15) == 0 {
		y.count.late++
		day += 1 + y.random.IntN(lateDaysMax)
	}
	y.whole[found[1]] = max(y.whole[found[1]], day)
	return day
}

// at is the setting of a job on a day: the clock, who it is, and, on some days, a
// power cut at some step.
func (y *year) at(day int, user string) books.Setting {
	s := y.s
	s.Now = y.first.AddDate(0, 0, day)
	s.By = books.Actor{User: user, OSUser: user}
	return s
}

var errCut = errors.New("the power was cut")

// insist runs a job to its end: on one day in six the power is cut at some step
// before, and it is run again.
func (y *year) insist(s books.Setting, what string, job func(books.Setting) error) {
	y.t.Helper()
	for y.random.IntN(6) == 0 {
		left := 1 + y.random.IntN(150)
		cut := s
		cut.Fault = func(string, string) error {
			if left--; left <= 0 {
				return errCut
			}
			return nil
		}
		if err := job(cut); err == nil {
			return
		} else if !errors.Is(err, errCut) && !strings.Contains(err.Error(), errCut.Error()) {
			y.t.Errorf("%s: %v", what, err)
		}
		y.count.cuts++
	}
	if err := job(s); err != nil {
		y.t.Errorf("%s: %v", what, err)
	}
}

func (y *year) day(day int) {
	if day > 0 && day%30 == 0 {
		y.t.Logf("after %d days: %+v", day, y.count)
	}
	s := y.at(day, "carat")
	y.receive(day)
	if y.random.IntN(10) == 0 {
		y.ingestTwice(s)
	} else {
		y.insist(s, "ingest", func(s books.Setting) error {
			_, err := ingest.Files(context.Background(), ingest.Options{Setting: s})
			return err
		})
	}
	y.conserved(s)
	if y.random.IntN(12) == 0 {
		y.insist(s, "compact", func(s books.Setting) error {
			r, err := guard.Compact(context.Background(), guard.CompactOptions{Setting: s})
			if err == nil {
				y.count.compacted += len(r.Tables)
			}
			return err
		})
	}
	if period := y.months[y.closed]; day > y.whole[string(period)] && y.first.AddDate(0, 0, day).After(period.End(time.UTC)) {
		y.close(day, period)
	} else if day%y.stride == y.stride-1 {
		y.reconcile(s, period)
	}
}

// receive puts the files of the day into the inbox, and takes away those of the
// days before, as a mailbox that is emptied.
func (y *year) receive(day int) {
	inbox := filepath.Join(y.s.Config.Dir, "inbox")
	old, err := filepath.Glob(filepath.Join(inbox, "*"))
	if err != nil {
		y.t.Fatal(err)
	}
	for _, path := range old {
		if y.random.IntN(4) > 0 { // some stay, and are known the next time
			if err := os.Remove(path); err != nil {
				y.t.Fatal(err)
			}
		}
	}
	for _, name := range y.arrives[day] {
		if err := os.Rename(filepath.Join(inbox+"-later", name), filepath.Join(inbox, name)); err != nil {
			y.t.Fatal(err)
		}
		y.came++
		y.count.files++
	}
}

// ingestTwice has two workers at one inbox: one waits its turn or is told that
// the lake is busy, nothing is there twice.
func (y *year) ingestTwice(s books.Setting) {
	done := make(chan error, 2)
	for range 2 {
		go func() {
			_, err := ingest.Files(context.Background(), ingest.Options{Setting: s})
			done <- err
		}()
	}
	y.count.pairs++
	for _, err := range []error{<-done, <-done} {
		switch {
		case err == nil:
		case pipeline.KindOf(err) == pipeline.KindBusy:
			y.count.busy++
		default:
			y.t.Errorf("two workers: %v", err)
		}
	}
	if _, err := ingest.Files(context.Background(), ingest.Options{Setting: s}); err != nil {
		y.t.Error(err)
	}
}

// conserved checks that every file that came is there once, and that no row of
// any was lost or doubled.
func (y *year) conserved(s books.Setting) {
	y.t.Helper()
	p, err := books.OpenExisting(context.Background(), s, books.RightQuery)
	if err != nil {
		y.t.Fatal(err)
	}
	batches, err := p.Lake.Batches(context.Background(), books.Latest)
	if err := errors.Join(err, p.Close()); err != nil {
		y.t.Fatal(err)
	}
	accepted, sources := map[string]int64{}, map[string]int{}
	for _, b := range batches {
		accepted[b.Feed] += b.RowsAccepted
		sources[b.SourceSHA256]++
		if b.RowsRead != b.RowsAccepted+b.RowsRejected+b.RowsDuplicate {
			y.t.Errorf("batch %s: %d rows read, %d accepted, %d rejected, %d duplicate", b.ID, b.RowsRead, b.RowsAccepted, b.RowsRejected, b.RowsDuplicate)
		}
	}
	if len(batches) != y.came || len(sources) != y.came {
		y.t.Errorf("%d files came, %d batches of %d sources are in the lake", y.came, len(batches), len(sources))
	}
	var parts []string
	for feed, n := range accepted {
		parts = append(parts, fmt.Sprintf("select '%s' as feed, count(*) as n, %d as accepted from %s", feed, n, feed))
	}
	if len(parts) == 0 {
		return
	}
	sort.Strings(parts)
	table, err := trial.Query(context.Background(), ask.QueryOptions{Setting: s, Query: "select feed, n, accepted from (" + strings.Join(parts, " union all ") + ") as t where n <> accepted order by feed"})
	if err != nil {
		y.t.Fatal(err)
	}
	for _, row := range table.Rows {
		y.t.Errorf("%v: %v rows, %v were accepted", row[0], row[1], row[2])
	}
}

// reconcile runs the controls of an open month, whose identities hold on any day.
func (y *year) reconcile(s books.Setting, period pipeline.Period) {
	y.t.Helper()
	known := false
	y.insist(s, "reconcile", func(s books.Setting) error {
		_, err := reconcile.Run(context.Background(), reconcile.Options{Setting: s, SQL: sql.Files, Period: period})
		known = pipeline.KindOf(err) != pipeline.KindNotFound && !pipeline.IsMisnamed(err)
		if !known {
			return nil // nothing of the month came yet
		}
		return err
	})
	if !known {
		return
	}
	y.count.reconciled++
	heldIdentities(y.t, period, y.before, published(y.t, s, period))
}

// close closes a month that is over, by two people. One month is opened again.
func (y *year) close(day int, period pipeline.Period) {
	y.t.Helper()
	sign := func() {
		y.insist(y.at(day, "ann"), "close "+string(period), func(s books.Setting) error {
			_, err := month.Close(context.Background(), month.CloseOptions{Setting: s, SQL: sql.Files, Period: period})
			return err
		})
		y.insist(y.at(day, "bob"), "approve "+string(period), func(s books.Setting) error {
			_, err := month.Approve(context.Background(), month.ApproveOptions{Setting: s, SQL: sql.Files, Period: period})
			if pipeline.KindOf(err) == pipeline.KindLocked {
				return nil // it was locked before the power went
			}
			return err
		})
	}
	sign()
	y.count.closed++
	if y.closed == 4 || len(y.months) < 4 && y.closed == 0 {
		y.insist(y.at(day, "bob"), "reopen "+string(period), func(s books.Setting) error {
			_, err := month.Reopen(context.Background(), month.ReopenOptions{Setting: s, Period: period, Reason: "a credit note came"})
			if pipeline.KindOf(err) == pipeline.KindUsage {
				return nil // it was open already
			}
			return err
		})
		y.count.reopened++
		sign()
	}
	if y.t.Failed() {
		y.t.Logf("exceptions: %v", foundAll(y.t, y.at(day, "ann"), period))
		return
	}
	now := published(y.t, y.at(day, "ann"), period)
	heldIdentities(y.t, period, y.before, now)
	y.before = now
	y.closed++
	y.verify()
}

func (y *year) verify() {
	y.t.Helper()
	v, err := guard.Verify(context.Background(), guard.VerifyOptions{Setting: y.s})
	if err != nil {
		y.t.Errorf("verify: %v", err)
		return
	}
	y.count.verified = v.Batches
}
