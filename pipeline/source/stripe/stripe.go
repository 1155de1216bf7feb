package stripe

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"carat/pipeline/source"
	"carat/pipeline/source/reach"
)

// Options say which report is taken.
type Options struct {
	Base    string // "": https://api.stripe.com
	Key     string // a restricted key that reads reports and makes report runs
	Type    string // balance_change_from_activity.itemized.3
	Columns []string
	Span    string // source.Daily or source.Monthly
	Since   time.Time
	Overlap time.Duration // reports of windows that ended less than this ago are made again, once a day
	Now     time.Time
	Zone    *time.Location // of the windows, and of the report's times
	Client  *http.Client   // of reach
	Wait    source.Wait
}

// files is where Stripe keeps what its reports came to.
const files = "files.stripe.com"

// How a run is waited for: so often, at most for so long in one go. One that takes
// longer is found by the next run.
const (
	pollFirst = 2 * time.Second
	pollMax   = 30 * time.Second
	polls     = 20
)

type reports struct {
	o    Options
	base *url.URL
	runs map[string]run // of the account by their parameters; nil until they were listed
}

// run is a report run of the API.
type run struct {
	ID         string         `json:"id"`
	Type       string         `json:"report_type"`
	Parameters map[string]any `json:"parameters"`
	Status     string         `json:"status"`
	Created    int64          `json:"created"`
	Error      string         `json:"error"`
	Result     *result        `json:"result"`
}

type result struct {
	ID   string `json:"id"`
	Size int64  `json:"size"`
	URL  string `json:"url"`
}

// New gives the source of one kind of report. An error holds nothing of the key.
func New(o Options) (source.Source, error) {
	base, err := url.Parse(cmp.Or(o.Base, "https://api.stripe.com"))
	if err != nil || base.Host == "" {
		return nil, errors.New("url: it is no address that begins with https://")
	}
	if o.Key == "" || o.Type == "" {
		return nil, errors.New("key and report: both are needed")
	}
	return &reports{o: o, base: base}, nil
}

// Origin names the API and the report.
func (s *reports) Origin() string { return s.base.Host + ", report " + s.o.Type }

// List gives a report for each window that is over.
func (s *reports) List(context.Context) (list []source.Remote, err error) {
	windows, err := source.Windows(s.o.Span, s.o.Since, s.o.Now, s.o.Zone)
	if err != nil {
		return nil, err
	}
	for _, w := range windows {
		again := s.o.Now.Sub(w.To) < s.o.Overlap
		list = append(list, source.Remote{Name: s.name(w), Size: -1, Recheck: again, Settled: !again})
	}
	return list, nil
}

func (s *reports) name(w source.Window) string { return s.o.Type + "-" + w.Name + ".csv" }

// Open makes the report of a window, or finds the one that was made, waits for it and
// gives its file. Data that Stripe doesn't have yet is ErrNotReady.
func (s *reports) Open(ctx context.Context, r source.Remote, _ int64) (*source.Download, error) {
	windows, err := source.Windows(s.o.Span, s.o.Since, s.o.Now, s.o.Zone)
	if err != nil {
		return nil, err
	}
	for _, w := range windows {
		if s.name(w) == r.Name {
			return s.report(ctx, w, r.Taken != "")
		}
	}
	return nil, errors.New("there is no report of that name")
}

func (s *reports) report(ctx context.Context, w source.Window, again bool) (*source.Download, error) {
	if s.runs == nil {
		if err := s.list(ctx); err != nil {
			return nil, err
		}
	}
	form := s.form(w)
	var err error
	one, made := s.runs[form.Encode()]
	// A report that is to be looked at again is made anew, once the old one is done.
	if made && again && one.Status == "succeeded" && s.o.Now.Unix()-one.Created > int64((20*time.Hour).Seconds()) {
		made = false
	}
	if !made || one.Status == "failed" {
		ready, err := s.available(ctx)
		if err != nil {
			return nil, err
		}
		if ready.Before(w.To) {
			return nil, fmt.Errorf("the data is there up to %s: %w", ready.UTC().Format(time.RFC3339), source.ErrNotReady)
		}
		if one, err = s.make(ctx, form, one.ID); err != nil {
			return nil, err
		}
	}
	wait := pollFirst
	for n := 0; n < polls && one.Status == "pending"; n++ {
		if err := s.o.Wait(ctx, wait); err != nil {
			return nil, err
		}
		wait = min(2*wait, pollMax)
		if one, err = s.look(ctx, one.ID); err != nil {
			return nil, err
		}
	}
	s.runs[form.Encode()] = one
	switch {
	case one.Status == "pending":
		return nil, fmt.Errorf("the report %s is still being made: %w", one.ID, source.ErrNotReady)
	case one.Status != "succeeded":
		return nil, fmt.Errorf("the report %s couldn't be made: %s", one.ID, cmp.Or(one.Error, one.Status))
	case one.Result == nil || one.Result.URL == "":
		return nil, fmt.Errorf("the report %s names no file", one.ID)
	}
	return s.file(ctx, one)
}

// form is what a run is made with.
func (s *reports) form(w source.Window) url.Values {
	form := url.Values{"report_type": {s.o.Type},
		"parameters[interval_start]": {strconv.FormatInt(w.From.Unix(), 10)}, "parameters[interval_end]": {strconv.FormatInt(w.To.Unix(), 10)},
		"parameters[timezone]": {s.o.Zone.String()}}
	if len(s.o.Columns) > 0 {
		form["parameters[columns][]"] = s.o.Columns
	}
	return form
}

// form is the form with which a run was made.
func (r run) form() url.Values {
	form := url.Values{"report_type": {r.Type}}
	for name, value := range r.Parameters {
		switch v := value.(type) {
		case json.Number:
			form.Set("parameters["+name+"]", v.String())
		case string:
			form.Set("parameters["+name+"]", v)
		case []any:
			for _, one := range v {
				form.Add("parameters["+name+"][]", fmt.Sprint(one))
			}
		}
	}
	return form
}

// listedMax bounds how many pages of runs are looked through: of a hundred each.
const listedMax = 20

// list looks for the runs that are there, newest first: one that was begun before a
// machine went down is not begun again.
func (s *reports) list(ctx context.Context) error {
	s.runs = map[string]run{}
	after := ""
	for range listedMax {
		query := url.Values{"limit": {"100"}}
		if after != "" {
			query.Set("starting_after", after)
		}
		var page struct {
			Data    []run `json:"data"`
			HasMore bool  `json:"has_more"`
		}
		if err := s.call(ctx, http.MethodGet, "v1/reporting/report_runs?"+query.Encode(), nil, "", &page); err != nil {
			return err
		}
		for _, r := range page.Data {
			if _, newer := s.runs[r.form().Encode()]; !newer {
				s.runs[r.form().Encode()] = r
			}
			after = r.ID
		}
		if !page.HasMore || len(page.Data) == 0 {
			return nil
		}
	}
	return nil
}

// available says up to when Stripe has the data of the report.
func (s *reports) available(ctx context.Context) (time.Time, error) {
	var kind struct {
		End int64 `json:"data_available_end"`
	}
	err := s.call(ctx, http.MethodGet, "v1/reporting/report_types/"+url.PathEscape(s.o.Type), nil, "", &kind)
	return time.Unix(kind.End, 0), err
}

// make makes a run. The request can be repeated: the same one makes one run. Its key
// differs from that of the run before it, which is stale or failed.
func (s *reports) make(ctx context.Context, form url.Values, before string) (r run, err error) {
	sum := sha256.Sum256([]byte(form.Encode() + before))
	err = s.call(ctx, http.MethodPost, "v1/reporting/report_runs", []byte(form.Encode()), "carat-"+hex.EncodeToString(sum[:16]), &r)
	return r, err
}

func (s *reports) look(ctx context.Context, id string) (r run, err error) {
	err = s.call(ctx, http.MethodGet, "v1/reporting/report_runs/"+url.PathEscape(id), nil, "", &r)
	return r, err
}

// file takes what a run came to.
func (s *reports) file(ctx context.Context, r run) (*source.Download, error) {
	at, err := url.Parse(r.Result.URL)
	if err != nil || at.Scheme != s.base.Scheme || at.Host != s.base.Host && at.Host != files {
		return nil, errors.New("the report's file lies on a host that isn't Stripe's own: the key is not sent there")
	}
	answer, err := s.ask(ctx, http.MethodGet, at.String(), nil, "")
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		defer reach.Drop(answer)
		return nil, problem(answer)
	}
	if !source.EndTold(answer) {
		reach.Drop(answer)
		return nil, source.ErrEnd
	}
	return &source.Download{ReadCloser: answer.Body, Version: r.ID, Size: answer.ContentLength}, nil
}

// answerBytes bounds what is read of an answer: a page of runs.
const answerBytes = 16 << 20

// call asks the API and reads what it answers into a value.
func (s *reports) call(ctx context.Context, method, path string, body []byte, once string, into any) error {
	at, err := s.base.Parse(path)
	if err != nil {
		return errors.New("url: it is no address")
	}
	answer, err := s.ask(ctx, method, at.String(), body, once)
	if err != nil {
		return err
	}
	defer reach.Drop(answer)
	if answer.StatusCode != http.StatusOK {
		return problem(answer)
	}
	d := json.NewDecoder(io.LimitReader(answer.Body, answerBytes))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return source.Passes("Stripe's answer can't be read: %w", err)
	}
	return nil
}

func (s *reports) ask(ctx context.Context, method, at string, body []byte, once string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, at, bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("url: it is no address")
	}
	request.Header.Set("Authorization", "Bearer "+s.o.Key)
	request.Header.Set("User-Agent", "carat")
	if body != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if once != "" {
		request.Header.Set("Idempotency-Key", once)
	}
	return source.Ask(s.o.Client, request)
}

// problem says what is wrong, as the API does. Stripe repeats a key in part, and it is
// not told on.
func problem(answer *http.Response) error {
	var said struct {
		Error struct {
			Type    string `json:"type"`
			Code    string `json:"code"`
			Message string `json:"message"`
		} `json:"error"`
	}
	text, _ := io.ReadAll(io.LimitReader(answer.Body, 64<<10))
	_ = json.Unmarshal(text, &said) // what isn't JSON says nothing more than the status
	switch answer.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		return fmt.Errorf("the key is not let in (%s): it needs the right to write Report Runs and to read Files", answer.Status)
	}
	detail := cmp.Or(said.Error.Message, said.Error.Code, said.Error.Type)
	if detail != "" {
		detail = ": " + strings.ToValidUTF8(detail, "")
	}
	return fmt.Errorf("the API answered %s%s", answer.Status, detail)
}

// Probe asks up to when the data of the report is there. No report is made.
func (s *reports) Probe(ctx context.Context) error {
	_, err := s.available(ctx)
	return err
}

// Close lets go of idle connections.
func (s *reports) Close() error {
	s.o.Client.CloseIdleConnections()
	return nil
}
