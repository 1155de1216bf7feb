package schedule

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"carat/jobs/books"
	"carat/jobs/config"
	"carat/jobs/fetch"
	"carat/pipeline"
	"carat/pipeline/state"
)

// noticeTest is the kind of a notice that only says that notices arrive.
const noticeTest = "test"

// noticeDetailBytes bounds how much of an error a notice repeats.
const noticeDetailBytes = 1000

// leftAloneTold is of how many files of the inbox a webhook is told: a folder that
// was unpacked there is one mistake, not a thousand.
const leftAloneTold = 10

// Notice is what a webhook is told: the JSON that is posted, and what a
// template has. It holds no amount and no person's name or address.
type Notice struct {
	ID       string `json:"id"` // the same each time that this telling is tried
	Kind     string `json:"kind"`
	Subject  string `json:"subject"` // the job, feed, control or month
	Period   string `json:"period"`  // the month; "" for jobs and feeds
	Text     string `json:"text"`    // one sentence
	Detail   string `json:"detail"`  // why, as the error or the count says it
	Action   string `json:"action"`  // what to do
	RaisedAt string `json:"raised_at"`
	Lake     string `json:"lake"` // the lake's id
}

// condition is something that is the case now, and that somebody should know.
type condition struct {
	Key   string // names the thing
	Event string // names what happened to it: another event is told anew
	Notice
}

// conditions gives all that is the case now, and the kinds that could be
// looked at: of the others nothing is known.
func conditions(r *StatusResult, last map[string]state.Slot, zone *time.Location) (list []condition, known []string) {
	known = []string{config.NoticeJobFailed}
	for _, job := range slices.Sorted(maps.Keys(last)) {
		if c, failed := jobCondition(last[job]); failed {
			list = append(list, c)
		}
	}
	if r == nil {
		return list, known
	}
	for _, f := range r.LateFeeds {
		event := "never"
		if !f.LastIngest.IsZero() {
			event = f.LastIngest.UTC().Format(time.RFC3339)
		}
		list = append(list, condition{config.NoticeFeedLate + "/" + f.Feed, event, Notice{Kind: config.NoticeFeedLate, Subject: f.Feed, Text: "The feed " + f.Feed + " is late.",
			Detail: f.Why, Action: "Ask its sender for the files that are missing and put them into the inbox."}})
	}
	for _, g := range r.Recovered {
		list = append(list, condition{config.NoticeAuthRecovered + "/" + strconv.FormatInt(g.No, 10), g.At.UTC().Format(time.RFC3339), Notice{Kind: config.NoticeAuthRecovered, Subject: "authentication",
			Text:   "Somebody who owns the lake's files became administrator without an administrator's key.",
			Detail: "record " + strconv.FormatInt(g.No, 10) + ", until " + g.Until.UTC().Format(time.RFC3339), Action: "Ask who it was; `carat users --fingerprints` lists the keys, and `carat users end NAME` ends them."}})
	}
	for _, one := range r.Sources {
		list = append(list, sourceConditions(one)...)
	}
	for _, f := range r.LeftAlone[:min(len(r.LeftAlone), leftAloneTold)] {
		text := "The file " + f.Name + " of the inbox was left alone."
		if f.Near {
			text = "The file " + f.Name + " of the inbox nearly fits and was not taken: what it holds is missing."
		}
		list = append(list, condition{config.NoticeFileLeftAlone + "/" + f.Name, f.Reason, Notice{Kind: config.NoticeFileLeftAlone, Subject: f.Name,
			Text: text, Detail: f.Reason,
			Action: "Put what is meant into the inbox under a name that begins with its feed, or take the file away; `carat status` lists all."}})
	}
	for _, p := range r.Periods {
		list = append(list, periodConditions(p, zone)...)
	}
	return list, config.NoticeKinds
}

// sourceConditions tell a source that is late, and one whose files look otherwise.
func sourceConditions(one fetch.Standing) (list []condition) {
	if one.Late != "" {
		event := "never"
		if !one.LastAt.IsZero() {
			event = one.LastAt.UTC().Format(time.RFC3339)
		}
		list = append(list, condition{config.NoticeSourceLate + "/" + one.Source, event, Notice{Kind: config.NoticeSourceLate, Subject: one.Source,
			Text: "The source " + one.Source + " is late.", Detail: one.Late, Action: "See `carat status`; `carat fetch " + one.Source + "` tries again at once."}})
	}
	if one.Changed != "" {
		list = append(list, condition{config.NoticeSourceShape + "/" + one.Source, one.ChangedFile, Notice{Kind: config.NoticeSourceShape, Subject: one.Source,
			Text: "The source " + one.Source + " gave a file that looks otherwise than the one before it.", Detail: one.ChangedFile + ": " + one.Changed,
			Action: "Ask its sender what changed; `carat ingest --dry-run` shows whether the file is still read right."}})
	}
	return list
}

// jobCondition tells a job whose last run failed, or did its work and refused
// a file. A month that a control blocks is a condition of its own.
func jobCondition(slot state.Slot) (condition, bool) {
	text := "The job " + slot.Job + " failed."
	switch {
	case slot.Status == state.SlotFailed:
	case slot.Status == state.SlotDone && slot.Code == int64(pipeline.KindBadInput):
		text = "The job " + slot.Job + " refused a file; everything else was taken."
	default:
		return condition{}, false
	}
	detail := slot.Detail
	if len(detail) > noticeDetailBytes {
		detail = strings.ToValidUTF8(detail[:noticeDetailBytes], "") + "…"
	}
	return condition{config.NoticeJobFailed + "/" + slot.Job, slot.Key, Notice{Kind: config.NoticeJobFailed, Subject: slot.Job, Text: text, Detail: detail,
		Action: "See `carat runs` and `carat status`; the error says what to do. The next slot tries again."}}, true
}

func periodConditions(p PeriodStatus, zone *time.Location) (list []condition) {
	if p.Stage == books.StageClosed {
		return nil
	}
	for _, control := range p.BlockedBy {
		list = append(list, condition{config.NoticeControlBlocked + "/" + string(p.Period) + "/" + control, "", Notice{
			Kind: config.NoticeControlBlocked, Subject: control, Period: string(p.Period),
			Text: "The control " + control + " blocks the close of " + string(p.Period) + ".", Detail: p.Counts + " in the whole month",
			Action: fmt.Sprintf("See `carat exceptions --period %s --control %s`.", p.Period, control)}})
	}
	if p.Stage == books.StagePrepared && len(p.BlockedBy) == 0 && len(p.Undecided) == 0 {
		list = append(list, condition{config.NoticePeriodReady + "/" + string(p.Period), p.PreparedAt.UTC().Format(time.RFC3339Nano), Notice{
			Kind: config.NoticePeriodReady, Subject: string(p.Period), Period: string(p.Period),
			Text:   "The month " + string(p.Period) + " is ready for approval.",
			Detail: p.Signed + " on " + books.Day(p.PreparedAt, zone) + "; " + p.Says + ", " + p.Counts,
			Action: fmt.Sprintf("Read the close package; then `carat approve --period %s`, by somebody who neither prepared it nor decided its exceptions.", p.Period)}})
	}
	return list
}

// settleNotices brings what a webhook is to be told up to what is the case
// now, and gives the rows that changed. A thing that is over is cleared; one
// that is new, or happened again, is told, but not before the webhook's span
// since it was last told is over.
func settleNotices(lake, name string, w config.Webhook, had map[string]state.Notice, now time.Time, list []condition, known []string) (changed []state.Notice, err error) {
	present := map[string]bool{}
	for _, c := range list {
		if len(w.On) > 0 && !slices.Contains(w.On, c.Kind) {
			continue
		}
		present[c.Key] = true
		before, ok := had[c.Key]
		if ok && before.State != state.NoticeCleared && before.Event == c.Event {
			continue
		}
		n := state.Notice{Webhook: name, Key: c.Key, Event: c.Event, Kind: c.Kind, State: state.NoticePending, RaisedAt: now, NextAt: now, ToldAt: before.ToldAt}
		if !before.ToldAt.IsZero() && before.ToldAt.Add(w.Every).After(now) {
			n.NextAt = before.ToldAt.Add(w.Every)
		}
		if ok && before.State == state.NoticePending && before.NextAt.After(n.NextAt) {
			n.NextAt = before.NextAt // a receiver that is away is not called more often because more happens
		}
		c.Lake, c.RaisedAt = lake, now.UTC().Format(time.RFC3339)
		sum := sha256.Sum256([]byte(lake + "\n" + c.Key + "\n" + c.Event + "\n" + now.UTC().Format(time.RFC3339Nano)))
		c.ID = hex.EncodeToString(sum[:8])
		n.ID = c.ID
		text, err := json.Marshal(c.Notice)
		if err != nil {
			return nil, err
		}
		n.Message = string(text)
		changed = append(changed, n)
	}
	for _, key := range slices.Sorted(maps.Keys(had)) {
		n := had[key]
		waiting := n.State == state.NoticePending && n.Attempts > 0 // it happened, and nobody knows yet
		if present[key] || n.State == state.NoticeCleared || waiting || !slices.Contains(known, n.Kind) {
			continue
		}
		n.State, n.Error = state.NoticeCleared, ""
		changed = append(changed, n)
	}
	return changed, nil
}

// noticesOf gives the notices of one webhook by key.
func noticesOf(all []state.Notice, webhook string) map[string]state.Notice {
	byKey := map[string]state.Notice{}
	for _, n := range all {
		if n.Webhook == webhook {
			byKey[n.Key] = n
		}
	}
	return byKey
}

// notices gives what is recorded of the webhooks of the configuration.
func notices(ctx context.Context, p *books.Books, c *config.Config) ([]state.Notice, error) {
	all, err := p.State.Notices(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(n state.Notice) bool { _, known := c.Notifications[n.Webhook]; return !known }), nil
}
