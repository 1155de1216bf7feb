package schedule

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"time"

	"carat/jobs/books"
	"carat/jobs/config"
	"carat/pipeline"
	"carat/pipeline/state"
)

// NoticeTold is the state of a notice that its receiver took.
const NoticeTold = state.NoticeTold

// NotifyOptions say whom to tell.
type NotifyOptions struct {
	books.Setting
	Test bool // tell each webhook a test, which is recorded nowhere
	Log  *slog.Logger
}

// Told is what became of telling one webhook one thing.
type Told struct {
	Webhook string
	Kind    string
	Subject string
	State   string // told, pending (it is tried again) or failed
	Error   string
}

// Notify tells the webhooks of carat.yaml what they have not been told yet. A
// receiver that is away is no error: it is recorded, told in the result and
// tried again by the next call. While a scheduler leads, which does the same,
// it is a busy error.
func Notify(ctx context.Context, o NotifyOptions) (told []Told, err error) {
	if len(o.Config.Notifications) == 0 {
		return nil, pipeline.Errorf(pipeline.KindUsage, "notify", "webhooks", "carat.yaml names none").
			WithHint("add `notifications: {ops: {url_env: CARAT_WEBHOOK_URL}}`")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Test {
		return notifyTest(ctx, o), nil
	}
	p, err := books.OpenExisting(ctx, o.Setting, books.RightNotify)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	lead, err := p.Lake.LeadSchedule(ctx)
	if err != nil {
		return nil, err
	}
	defer lead.Resign()
	return notify(ctx, p, o)
}

// notifyTest tells every webhook a test.
func notifyTest(ctx context.Context, o NotifyOptions) (told []Told) {
	for _, name := range slices.Sorted(maps.Keys(o.Config.Notifications)) {
		at := o.Now.UTC().Format(time.RFC3339)
		n := Notice{ID: "test-" + at, Kind: noticeTest, Subject: name, Text: "This is a test of carat's notifications.", Action: "Nothing is to be done.", RaisedAt: at}
		one := Told{Webhook: name, Kind: noticeTest, Subject: name, State: state.NoticeTold}
		if err := o.post(ctx, o.Config.Notifications[name], n); err != nil {
			one.State, one.Error = state.NoticeFailed, err.Error()
		}
		told = append(told, one)
	}
	return told
}

// notify looks at what is the case, records what is to be told, and tells it.
func notify(ctx context.Context, p *books.Books, o NotifyOptions) (told []Told, err error) {
	if len(o.Config.Notifications) == 0 {
		return nil, nil
	}
	last, err := p.State.LastSlots(ctx)
	if err != nil {
		return nil, err
	}
	for job := range last {
		if _, scheduled := o.Config.Jobs[job]; !scheduled {
			delete(last, job)
		}
	}
	status, statusErr := status(ctx, p, o.Setting)
	if statusErr != nil {
		o.Log.Warn("where the months stand can't be told to the webhooks", "error", statusErr)
		status = nil
	}
	list, known := conditions(status, last, o.Config.Zone)
	all, err := p.State.Notices(ctx)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(o.Config.Notifications)) {
		w, had := o.Config.Notifications[name], noticesOf(all, name)
		changed, err := settleNotices(p.Lake.ID(), name, w, had, o.Now, list, known)
		if err != nil {
			return told, err
		}
		if err := p.State.SaveNotices(ctx, changed...); err != nil {
			return told, err
		}
		for _, n := range changed {
			had[n.Key] = n
		}
		one, err := tellWebhook(ctx, p, o, name, w, had)
		told = append(told, one...)
		if err != nil {
			return told, err
		}
	}
	return told, nil
}

// tellWebhook calls one receiver with all that is due. After a failure that
// can pass it is left alone for this time, so that one that hangs costs one
// timeout and not one for each notice.
func tellWebhook(ctx context.Context, p *books.Books, o NotifyOptions, name string, w config.Webhook, had map[string]state.Notice) (told []Told, err error) {
	var due []state.Notice
	for _, n := range had {
		if n.State == state.NoticePending && !n.NextAt.After(o.Now) {
			due = append(due, n)
		}
	}
	slices.SortFunc(due, func(a, b state.Notice) int {
		return cmp.Or(a.RaisedAt.Compare(b.RaisedAt), cmp.Compare(a.Key, b.Key))
	})
	for _, n := range due {
		n.Attempts++
		n.NextAt = o.Now.Add(noticeBackOff(n.Attempts))
		if err := p.State.SaveNotices(ctx, n); err != nil {
			return told, err
		}
		message, err := parseNotice(n.Message)
		if err == nil {
			err = o.post(ctx, w, message)
		}
		if ctx.Err() != nil {
			return told, ctx.Err() // it is tried again by the next scheduler
		}
		log := o.Log.With("webhook", name, "kind", n.Kind, "subject", message.Subject)
		switch {
		case err == nil:
			n.State, n.ToldAt, n.Error = state.NoticeTold, o.Now, ""
			log.Info("told")
		case canPass(err) && n.Attempts <= int64(w.Retries):
			n.Error = err.Error()
			log.Warn("could not be told; tried again", "error", err, "in", noticeBackOff(n.Attempts))
		default:
			n.State, n.Error = state.NoticeFailed, err.Error()
			log.Error("could not be told, and is given up", "error", err)
		}
		if err := p.State.SaveNotices(ctx, n); err != nil {
			return told, err
		}
		told = append(told, Told{Webhook: name, Kind: n.Kind, Subject: message.Subject, State: n.State, Error: n.Error})
		if n.State == state.NoticePending {
			break
		}
	}
	return told, nil
}

// noticeBackOff is how long a notice waits after its n-th attempt: half a
// minute, one, two, at most an hour.
func noticeBackOff(attempts int64) time.Duration {
	if attempts > 7 {
		return time.Hour
	}
	return 30 * time.Second << (attempts - 1)
}
