package schedule

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"text/template"

	"carat/jobs/config"
	"carat/jobs/disk"
	"carat/pipeline"
	"carat/pipeline/source/reach"
)

const (
	noticeBytes = 64 << 10 // of what a template gives
	answerBytes = 64 << 10 // of what a receiver answers; more is not read
)

// passingError is a failure of a receiver that may be over later.
type passingError struct{ error }

func canPass(err error) bool {
	var passing passingError
	return errors.As(err, &passing)
}

// post calls a receiver once, within its timeout. Its errors never hold the
// address, the token or the key.
func (o NotifyOptions) post(ctx context.Context, w config.Webhook, n Notice) error {
	address, err := o.secret(w.URL, "url")
	if err != nil {
		return err
	}
	token, err := o.secret(w.Token, "token")
	if err != nil {
		return err
	}
	key, err := o.secret(w.SigningKey, "signing_key")
	if err != nil {
		return err
	}
	if why := config.CheckWebhookURL(address); why != "" {
		return errors.New("url: " + why)
	}
	to, err := url.Parse(address)
	if err != nil {
		return errors.New("url: it is no address")
	}
	if to.Scheme == "http" && token != "" && !config.IsLoopback(to) {
		return errors.New("the token is not sent over http, where others can read it; use https")
	}
	body, err := o.noticeBody(w, n)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, w.Timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return errors.New("url: it is no address")
	}
	at := strconv.FormatInt(o.Now.Unix(), 10)
	request.Header.Set("Content-Type", w.ContentType)
	request.Header.Set("User-Agent", "carat")
	request.Header.Set("Idempotency-Key", n.ID)
	request.Header.Set("X-Carat-Kind", n.Kind)
	request.Header.Set("X-Carat-Time", at)
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	if key != "" {
		mac := hmac.New(sha256.New, []byte(key))
		mac.Write([]byte(at + "."))
		mac.Write(body)
		request.Header.Set("X-Carat-Signature", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	}
	return answer(noticeClient(to, w.Allow).Do(request))
}

// noticeClient follows no redirect: the address is where the notice goes, and a token
// is not handed on. It calls no private address but those that are allowed, and this
// machine where the address names it.
func noticeClient(to *url.URL, allow reach.Allow) *http.Client {
	if config.IsLoopback(to) {
		allow = append(slices.Clip(allow), reach.Loopback...)
	}
	t := reach.Transport(reach.Options{Allow: allow})
	t.DisableKeepAlives = true
	return &http.Client{
		Transport:     t,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// answer judges what a receiver said.
func answer(response *http.Response, err error) error {
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err // without the address, whose path is often a secret
		}
		if errors.Is(err, reach.ErrForbidden) {
			return fmt.Errorf("call the receiver: %w", err)
		}
		if errors.Is(err, context.DeadlineExceeded) {
			err = errors.New("no answer within the timeout")
		}
		return passingError{fmt.Errorf("call the receiver: %w", err)}
	}
	defer response.Body.Close()
	_, _ = io.CopyN(io.Discard, response.Body, answerBytes)
	code := response.StatusCode
	switch {
	case code >= 200 && code < 300:
		return nil
	case code >= 300 && code < 400:
		return fmt.Errorf("the receiver answered %d, a redirect, and carat follows none", code)
	case code >= 500, code == http.StatusRequestTimeout, code == http.StatusTooEarly, code == http.StatusTooManyRequests:
		return passingError{fmt.Errorf("the receiver answered %d", code)}
	default:
		return fmt.Errorf("the receiver answered %d", code)
	}
}

// secret reads a secret from where it lies; "" when none is named. Its error
// names the place and not what is in it.
func (o NotifyOptions) secret(s config.Secret, what string) (string, error) {
	text, err := s.Read(o.Config.Dir, what, o.Variable)
	return text.Reveal(), err
}

// noticeBody gives what is posted: the notice as JSON, or what the template
// makes of it. In a template `json` writes a value as a JSON string; a result
// that says it is JSON and isn't is an error, before anybody is called.
func (o NotifyOptions) noticeBody(w config.Webhook, n Notice) ([]byte, error) {
	if w.Template == "" {
		return json.Marshal(n)
	}
	file := filepath.Join(o.Config.Dir, w.Template)
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read template %s: %w", file, disk.Cause(err))
	}
	t, err := template.New("").Option("missingkey=error").Funcs(template.FuncMap{"json": jsonText, "query": url.QueryEscape}).Parse(string(text))
	if err != nil {
		return nil, fmt.Errorf("read template %s: %w", file, err)
	}
	var b bytes.Buffer
	if err := t.Execute(&limitedBuffer{&b, noticeBytes}, n); err != nil {
		return nil, fmt.Errorf("fill in template %s: %w", file, err)
	}
	if w.ContentType == config.JsonContentType && !json.Valid(b.Bytes()) {
		return nil, fmt.Errorf("fill in template %s: what comes out is no JSON; write values as {{json .Text}}, without quotes around them", file)
	}
	return b.Bytes(), nil
}

func jsonText(value any) (string, error) {
	text, err := json.Marshal(value)
	return string(text), err
}

// limitedBuffer refuses what a runaway template writes.
type limitedBuffer struct {
	*bytes.Buffer
	max int
}

// Write writes to the buffer.
func (l *limitedBuffer) Write(p []byte) (int, error) {
	if l.Len()+len(p) > l.max {
		return 0, fmt.Errorf("it gives more than %d bytes", l.max)
	}
	return l.Buffer.Write(p)
}

func parseNotice(text string) (n Notice, err error) {
	if err = json.Unmarshal([]byte(text), &n); err != nil {
		err = pipeline.Errorf(pipeline.KindInternal, "read", "notice", "%w", err)
	}
	return n, err
}
