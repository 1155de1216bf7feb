package schedule

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"carat/jobs/books"
	"carat/jobs/config"
	"carat/jobs/creators"
	"carat/jobs/fetch"
	"carat/jobs/ingest"
	"carat/jobs/reconcile"
	"carat/jobs/written"
	"carat/pipeline"
	"carat/pipeline/identity"
	"carat/pipeline/state"
)

// lateAfter is how long a feed that is expected daily may be without a file
// before it is late: a day, and the morning after it.
const lateAfter = 36 * time.Hour

// StatusResult is where everything stands.
type StatusResult struct {
	At          time.Time
	Lake        string // the lake's id
	FirstPeriod pipeline.Period
	Periods     []PeriodStatus
	Jobs        []JobStatus
	Feeds       []FeedStatus
	LateFeeds   []LateFeed
	Late        []string // a sentence for each thing that is late
	Sources     []fetch.Standing
	Webhooks    []string             // a sentence for each that could not be told something
	LeftAlone   []ingest.IgnoredFile // of the inbox: no input, with the reason
	Refused     []string             // a sentence of each person and verb that was refused lately
	Changed     []string             // a sentence for each file of a month that is not as carat wrote it
	Recovered   []identity.Grant     // administrators for a day, by whoever owned the files
	People      []string             // a sentence for each of these, and for each role that waits for a second administrator
}

// PeriodStatus is where one period stands.
type PeriodStatus struct {
	Period       pipeline.Period
	Stage        string // open, prepared or closed
	Status       string // closed, or with the decisions in force counted in
	Says         string // the status in words
	RunID        string
	RunAt        time.Time
	Exceptions   int64
	Counts       string // "2 block (1 waived)"
	Signed       string // who prepared it, and who approved it
	PreparedAt   time.Time
	NewerBatches int64    // ingested since the run
	BlockedBy    []string // controls with a blocking exception that is not waived
	Undecided    []string // controls with an exception that needs a decision
	Unknown      []string // which exchange rates are missing, a line for each pair
	NotCompared  []string // a sentence of each control that compared nothing, or not everything
	Shared       []string // accounts of the operating system that play several people, a sentence each
	Settings     []string // what is set otherwise than when a month was signed last, a sentence each; none when closed
	Waits        []string // what the close waits for, a sentence each; none when closed
}

// FeedStatus is what was ingested of one feed.
type FeedStatus struct {
	Feed       string
	Batches    int64
	Rows       int64
	Rejected   int64
	LastIngest time.Time
}

// LateFeed is a feed that is expected daily and didn't come.
type LateFeed struct {
	Feed       string
	LastIngest time.Time // zero: never
	Why        string
}

// Status says where periods, jobs and feeds stand. It changes nothing.
func Status(ctx context.Context, s books.Setting) (result *StatusResult, err error) {
	p, err := books.OpenExisting(ctx, s, books.RightStatus)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	return status(ctx, p, s)
}

// status is Status in books that are open.
func status(ctx context.Context, p *books.Books, s books.Setting) (*StatusResult, error) {
	batches, err := p.Batches(ctx, books.Latest)
	if err != nil {
		return nil, err
	}
	result := &StatusResult{At: s.Now, Lake: p.Lake.ID()}
	if result.FirstPeriod, err = p.FirstPeriod(ctx, s.Config); err != nil {
		return nil, err
	}
	if result.Periods, err = periodStatus(ctx, p, s, batches); err != nil {
		return nil, err
	}
	if result.Jobs, err = jobStatus(ctx, p, s); err != nil {
		return nil, err
	}
	result.Feeds = feedStatus(batches)
	result.LeftAlone = ingest.LeftAlone(s.Config)
	result.LateFeeds = lateFeeds(s, result.Feeds)
	for _, f := range result.LateFeeds {
		result.Late = append(result.Late, f.Feed+": "+f.Why)
	}
	for _, ps := range result.Periods {
		if ps.NewerBatches > 0 {
			result.Late = append(result.Late, fmt.Sprintf("%s: %s ingested since its last run", ps.Period, plural(ps.NewerBatches, "batch was", "batches were")))
		}
	}
	for _, j := range result.Jobs {
		if !j.LateSince.IsZero() {
			result.Late = append(result.Late, fmt.Sprintf("%s: due since %s%s", j.Job, j.LateSince.UTC().Format(time.RFC3339), j.lateWhy()))
		}
	}
	people, err := p.People(ctx)
	if err != nil {
		return nil, err
	}
	result.Recovered = people.Recovered
	for _, g := range people.Recovered {
		result.People = append(result.People, fmt.Sprintf("%s became administrator on %s without an administrator's key, until %s: record %d", g.Person, g.At.UTC().Format(time.RFC3339), g.Until.UTC().Format(time.RFC3339), g.No))
	}
	for _, one := range people.Proposals {
		result.People = append(result.People, fmt.Sprintf("%s as %s waits for an administrator besides %s: record %d", one.Person, one.Role, one.By, one.No))
	}
	for _, line := range people.Waiting() {
		result.People = append(result.People, line+" makes approvers, and waits for a second administrator: `carat auth accept`")
	}
	for _, one := range people.Voids {
		result.People = append(result.People, fmt.Sprintf("%s signed in on %s as one of the group %s, which one administrator alone made approvers of: that gives no role, and what was approved by it doesn't hold; another administrator runs `carat auth accept`, and they sign in again: record %d",
			one.Person, one.At.UTC().Format(time.RFC3339), pipeline.CutText(one.Group), one.No))
	}
	if waits, err := creators.AddressesThatWait(ctx, p, s); err != nil {
		return nil, err
	} else if waits != "" {
		result.People = append(result.People, waits)
	}
	if result.Sources, err = fetch.Standings(ctx, p, s); err != nil {
		return nil, err
	}
	for _, one := range result.Sources {
		if one.Late != "" {
			result.Late = append(result.Late, "source "+one.Source+": "+one.Late)
		}
	}
	if result.Refused, err = refused(ctx, p, s); err != nil {
		return nil, err
	}
	changed, notes, err := written.Verify(ctx, p, s.Config)
	if err != nil {
		return nil, err
	}
	result.Changed = append(changed, notes...)
	result.Webhooks, err = webhookStatus(ctx, p, s.Config)
	return result, err
}

func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// lateFeeds gives the feeds that are expected daily and didn't come.
func lateFeeds(s books.Setting, feeds []FeedStatus) (late []LateFeed) {
	for _, name := range s.Config.ExpectedDaily() {
		last := lastIngest(feeds, name)
		switch {
		case last.IsZero():
			late = append(late, LateFeed{name, last, "expected daily, and no file was ingested yet"})
		case s.Now.Sub(last) > lateAfter:
			late = append(late, LateFeed{name, last, "expected daily, and the last file was ingested at " + last.UTC().Format(time.RFC3339)})
		}
	}
	return late
}

// webhookStatus tells what receivers could not be told.
func webhookStatus(ctx context.Context, p *books.Books, c *config.Config) (lines []string, err error) {
	all, err := notices(ctx, p, c)
	if err != nil {
		return nil, err
	}
	for _, n := range all {
		switch {
		case n.State == state.NoticePending && n.Error != "":
			lines = append(lines, fmt.Sprintf("%s: %s is not told yet (%s; tried again)", n.Webhook, n.Key, n.Error))
		case n.State == state.NoticeFailed:
			lines = append(lines, fmt.Sprintf("%s: %s was not told, and is given up (%s)", n.Webhook, n.Key, n.Error))
		}
	}
	return lines, nil
}

func periodStatus(ctx context.Context, p *books.Books, setting books.Setting, batches []pipeline.Batch) ([]PeriodStatus, error) {
	states, err := p.State.Periods(ctx)
	if err != nil {
		return nil, err
	}
	closed, err := p.Closures(ctx, setting.Config)
	if err != nil {
		return nil, err
	}
	var list []PeriodStatus
	for _, s := range states {
		run, err := p.CurrentRun(ctx, s.Period)
		if err != nil {
			return nil, err
		}
		ps := PeriodStatus{Period: s.Period, Status: s.Status, RunID: s.RunID, RunAt: s.UpdatedAt}
		v, err := p.Standing(ctx, setting, closed, run)
		if err != nil {
			return nil, err
		}
		ps.Status, ps.Says, ps.Counts = v.Status(), v.Words(), v.Counts()
		for _, c := range run.Controls {
			ps.Exceptions += c.Exceptions
		}
		ps.BlockedBy, ps.Undecided, ps.NotCompared = v.BlockedBy, v.Undecided, v.NotCompared
		ps.Unknown = v.MissingRateLines()
		prepared, err := stage(ctx, p, closed, &ps)
		if err != nil {
			return nil, err
		}
		for _, a := range v.SharedAccounts(prepared) {
			ps.Shared = append(ps.Shared, a.Says())
		}
		for _, b := range batches {
			// The state keeps microseconds.
			if ps.Stage != books.StageClosed && b.IngestedAt.UnixMicro() > s.UpdatedAt.UnixMicro() {
				ps.NewerBatches++
			}
		}
		if ps.Stage != books.StageClosed {
			if ps.Settings, err = reconcile.SettingsMoved(ctx, p, setting.Config, closed, run); err != nil {
				return nil, err
			}
		}
		ps.Waits = ps.waits(setting, closed)
		list = append(list, ps)
	}
	return list, nil
}

// stage says where a period is in its life, and who signed.
func stage(ctx context.Context, p *books.Books, closed books.Closures, ps *PeriodStatus) (prepared state.SignOff, err error) {
	if l, ok := closed.Lock(ps.Period); ok {
		ps.Stage, ps.Signed = books.StageClosed, fmt.Sprintf("prepared by %s, approved by %s, version %d", l.PreparedBy, l.ApprovedBy, l.Version)
		return prepared, nil
	}
	ps.Stage = books.StageOpen
	o, stands, _, err := p.SignOff(ctx, ps.Period, closed.Version(ps.Period))
	if err == nil && stands {
		ps.Stage, ps.Signed, ps.PreparedAt = books.StagePrepared, "prepared by "+o.PreparedBy, o.PreparedAt
		prepared = o
	}
	return prepared, err
}

// waits gives what the close of a period waits for, in the order in which it is
// to be done.
func (ps *PeriodStatus) waits(s books.Setting, closed books.Closures) (list []string) {
	add := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	if ps.Stage == books.StageClosed {
		return nil
	}
	if earliest := closed.EarliestOpen(); ps.Period > earliest {
		add("%s is still open, and months are closed in order", earliest)
	}
	if end := ps.Period.End(s.Config.Zone); s.Now.Before(end) {
		add("the month ends on %s", books.Day(end.Add(-time.Second), s.Config.Zone))
	}
	if ps.NewerBatches > 0 {
		add("%s ingested since its last run: `carat run --period %s`", plural(ps.NewerBatches, "batch was", "batches were"), ps.Period)
	}
	if len(ps.BlockedBy) > 0 {
		add("blocked by %s: `carat exceptions --period %s` names them; have the data corrected at its source and ingest it, or let a second person waive them", strings.Join(ps.BlockedBy, ", "), ps.Period)
	}
	for _, line := range ps.Unknown {
		add("%s, so what is told at it is not known: ingest the rate, or decide one: `carat exceptions rate --help`", line)
	}
	if len(ps.Undecided) > 0 {
		add("%s need a decision: `carat exceptions --period %s --export decisions.csv`", strings.Join(ps.Undecided, ", "), ps.Period)
	}
	switch {
	case len(ps.BlockedBy) > 0 || ps.NewerBatches > 0:
	case ps.Stage == books.StageOpen:
		add("nobody has prepared it: `carat close --period %s`", ps.Period)
	case len(ps.Undecided) == 0:
		add("an approver who neither prepared it nor decided its exceptions: `carat approve --period %s`", ps.Period)
	}
	return list
}

func feedStatus(batches []pipeline.Batch) []FeedStatus {
	var list []FeedStatus
	for _, f := range pipeline.Feeds() {
		fs := FeedStatus{Feed: f.Name}
		for _, b := range batches {
			if b.Feed != f.Name {
				continue
			}
			fs.Batches++
			fs.Rows += b.RowsAccepted
			fs.Rejected += b.RowsRejected
			// Taking a file out, and reading kept ones again for that, brings no file.
			if b.Undo == nil && b.IngestedAt.After(fs.LastIngest) {
				fs.LastIngest = b.IngestedAt
			}
		}
		if fs.Batches > 0 {
			list = append(list, fs)
		}
	}
	return list
}

func lastIngest(feeds []FeedStatus, name string) time.Time {
	for _, f := range feeds {
		if f.Feed == name {
			return f.LastIngest
		}
	}
	return time.Time{}
}
