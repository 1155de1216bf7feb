package database

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"carat/pipeline/source"
	"carat/pipeline/source/reach"
)

// noTransaction says that a statement is in none, and may begin one.
const noTransaction = "NONE"

// Bounds of an answer: a page of rows has about 16 MB, and a statement that waits for its
// turn answers once a second.
const (
	trinoPageBytes = 256 << 20
	trinoTurnsMax  = 1_000_000
)

// statement is one that Trino runs: it is asked page by page.
type statement struct {
	trino   *trino
	next    *url.URL // where the next page is; nil: there is none
	fields  []trinoField
	rows    [][]json.RawMessage // of this page
	started string              // the transaction that it began
	turns   int
}

type trinoField struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// trinoPage is one answer.
type trinoPage struct {
	NextURI string              `json:"nextUri"`
	Columns []trinoField        `json:"columns"`
	Data    [][]json.RawMessage `json:"data"`
	Error   *trinoError         `json:"error"`
}

type trinoError struct {
	Message string `json:"message"`
	Name    string `json:"errorName"`
	Type    string `json:"errorType"`
}

// post begins a statement in a transaction.
func (t *trino) post(ctx context.Context, text, transaction string) (*statement, error) {
	request, err := t.request(ctx, http.MethodPost, t.base.JoinPath("v1", "statement"), strings.NewReader(text))
	if err != nil {
		return nil, err
	}
	for name, value := range map[string]string{"X-Trino-User": t.user, "X-Trino-Source": "carat", "X-Trino-Catalog": t.catalog, "X-Trino-Schema": t.schema,
		"X-Trino-Time-Zone": "UTC", "X-Trino-Transaction-Id": transaction,
		"X-Trino-Client-Capabilities": "PARAMETRIC_DATETIME"} { // without it times come to the millisecond
		if value != "" {
			request.Header.Set(name, value)
		}
	}
	s := &statement{trino: t}
	answer, err := source.Ask(t.client, request)
	if err != nil {
		return nil, err
	}
	return s, s.take(answer)
}

func (t *trino) request(ctx context.Context, method string, to *url.URL, body io.Reader) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, method, to.String(), body)
	if err != nil {
		return nil, errTrinoDSN
	}
	request.Header.Set("User-Agent", "carat")
	if t.token != "" {
		request.Header.Set("Authorization", "Bearer "+t.token)
	} else if t.secret != "" {
		request.SetBasicAuth(t.user, t.secret)
	}
	return request, nil
}

// turnTries is how often a page is asked for that a gateway doesn't give: the protocol has
// it asked again at once, which changes nothing.
const turnTries = 3

// turn takes the next page.
func (s *statement) turn(ctx context.Context) error {
	if s.turns++; s.turns > trinoTurnsMax {
		return errors.New("query: the server gives page after page and never ends")
	}
	answer, err := source.Retry(ctx, turnTries, soon, func() (*http.Response, error) {
		request, err := s.trino.request(ctx, http.MethodGet, s.next, nil)
		if err != nil {
			return nil, err
		}
		return source.Ask(s.trino.client, request)
	})
	if err != nil {
		return err
	}
	return s.take(answer)
}

// soon waits a tenth of what is asked: between 100 and 400 ms.
func soon(ctx context.Context, d time.Duration) error { return source.Sleep(ctx, d/10) }

// take reads an answer: a page of rows, and where the next one is.
func (s *statement) take(answer *http.Response) (err error) {
	defer reach.Drop(answer)
	before := s.next
	s.next, s.rows = nil, nil
	switch answer.StatusCode {
	case http.StatusOK:
	case http.StatusUnauthorized, http.StatusForbidden:
		return fmt.Errorf("connect: the server answered %s: see user and password of dsn", answer.Status)
	default:
		return fmt.Errorf("connect: the server answered %s", answer.Status)
	}
	if id := answer.Header.Get("X-Trino-Started-Transaction-Id"); id != "" {
		s.started = id
	}
	var page trinoPage
	body := &io.LimitedReader{R: answer.Body, N: trinoPageBytes}
	if err := json.NewDecoder(body).Decode(&page); err != nil {
		var syntax *json.SyntaxError
		var typed *json.UnmarshalTypeError
		switch {
		case body.N <= 0:
			return fmt.Errorf("query: an answer has more than %d bytes", trinoPageBytes)
		case errors.As(err, &syntax), errors.As(err, &typed):
			return errors.New("query: the server answered something that Trino doesn't say; is it the coordinator's address?")
		}
		return source.Passes("query: its answer broke off: %w", err)
	}
	if page.Error != nil {
		return page.Error.judged()
	}
	if s.fields == nil {
		s.fields = page.Columns
	}
	if s.rows = page.Data; len(s.rows) > 0 && s.fields == nil {
		return errors.New("query: rows came before their columns")
	}
	if page.NextURI == "" {
		return nil
	}
	next, err := url.Parse(page.NextURI)
	if err != nil || next.Host != s.trino.base.Host || next.Scheme != s.trino.base.Scheme {
		return errors.New("query: the server leads on to another address than dsn's; behind a proxy Trino needs http-server.process-forwarded=true")
	}
	if before != nil && *before == *next {
		return errors.New("query: the server leads on to the page that it gave")
	}
	s.next = next
	return nil
}

// leave tells the server that no more of the statement is wanted.
func (s *statement) leave(ctx context.Context) {
	if s.next == nil {
		return
	}
	if request, err := s.trino.request(ctx, http.MethodDelete, s.next, nil); err == nil {
		if answer, err := source.Ask(s.trino.client, request); err == nil {
			reach.Drop(answer)
		}
	}
	s.next = nil
}

// judged tells what may be over later from what stays.
func (e *trinoError) judged() error {
	message := e.Message
	if len(message) > 1_000 {
		message = message[:1_000]
	}
	switch e.Type {
	case "INSUFFICIENT_RESOURCES", "INTERNAL_ERROR", "EXTERNAL":
		return source.Passes("query: %s (%s)", message, e.Name)
	}
	return fmt.Errorf("query: %s (%s)", message, e.Name)
}

// null is JSON's.
var null = []byte("null")

func isNull(raw json.RawMessage) bool { return len(raw) == 0 || bytes.Equal(raw, null) }
