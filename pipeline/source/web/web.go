// Package web takes files that lie at an address of the web, such as a central bank's
// exchange rates.
//
// It promises to ask only for what changed, where the server can tell, and to name
// the address without what may be secret in it. It imports the domain of sources
// alone.
package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"strings"

	"carat/pipeline/source"
	"carat/pipeline/source/reach"
)

// Options say what is taken.
type Options struct {
	URL      string // may hold a secret
	Name     string // of the file; "": the last part of the path
	Token    string // sent as Authorization: Bearer; "": none
	User     string // sent with Password as Basic; "": none
	Password string
	Client   *http.Client // of reach
}

type web struct {
	o  Options
	at *url.URL
}

// New gives the source of one address. An error holds no part of it.
func New(o Options) (source.Source, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" {
		return nil, errors.New("url: it is no address that begins with https://")
	}
	if o.Name == "" {
		if o.Name = path.Base(u.Path); o.Name == "/" || o.Name == "." {
			return nil, errors.New("url: its path names no file; give name")
		}
	}
	return &web{o, u}, nil
}

// Origin names scheme, host and path.
func (w *web) Origin() string {
	return (&url.URL{Scheme: w.at.Scheme, Host: w.at.Host, Path: w.at.Path}).String()
}

// List gives the one file: what it says isn't known before it is read.
func (w *web) List(context.Context) ([]source.Remote, error) {
	return []source.Remote{{Name: w.o.Name, Size: -1}}, nil
}

// weak begins a version that says when the file changed, where the server has no tag.
const weak = "modified "

// Open asks for the file, unless it is as it was.
func (w *web) Open(ctx context.Context, r source.Remote, _ int64) (*source.Download, error) {
	request, err := w.request(ctx)
	if err != nil {
		return nil, err
	}
	if modified, ok := strings.CutPrefix(r.Taken, weak); ok {
		request.Header.Set("If-Modified-Since", modified)
	} else if r.Taken != "" {
		request.Header.Set("If-None-Match", r.Taken)
	}
	answer, err := source.Ask(w.o.Client, request)
	if err != nil {
		return nil, err
	}
	switch answer.StatusCode {
	case http.StatusOK:
	case http.StatusNotModified:
		reach.Drop(answer)
		return nil, source.ErrUnchanged
	case http.StatusNotFound, http.StatusNoContent:
		reach.Drop(answer)
		return nil, fmt.Errorf("%w: the server answered %s; check url if it should be", source.ErrNotReady, answer.Status)
	default:
		reach.Drop(answer)
		return nil, &source.Status{Code: answer.StatusCode, Text: answer.Status}
	}
	version := answer.Header.Get("ETag")
	if modified := answer.Header.Get("Last-Modified"); version == "" && modified != "" {
		version = weak + modified
	}
	if version != "" && version == r.Taken { // a server that heeds no condition
		reach.Drop(answer)
		return nil, source.ErrUnchanged
	}
	d := &source.Download{ReadCloser: answer.Body, Version: version, Size: answer.ContentLength}
	if !source.EndTold(answer) {
		first := sha256.New()
		d.ReadCloser = read{io.TeeReader(answer.Body, first), answer.Body}
		d.Whole = func(ctx context.Context) error { return w.again(ctx, first.Sum(nil)) }
	}
	return d, nil
}

// read reads from one and closes another.
type read struct {
	io.Reader
	io.Closer
}

// again reads an answer a second time that doesn't say where it ends: what broke off once
// hardly breaks off at the same byte twice.
func (w *web) again(ctx context.Context, first []byte) error {
	request, err := w.request(ctx)
	if err != nil {
		return err
	}
	answer, err := source.Ask(w.o.Client, request)
	if err != nil {
		return err
	}
	defer reach.Drop(answer)
	second := sha256.New()
	if _, err := io.Copy(second, answer.Body); err != nil || answer.StatusCode != http.StatusOK || !bytes.Equal(first, second.Sum(nil)) {
		return source.Passes("the server doesn't say where the file ends, and a second reading gave another: it may have broken off")
	}
	return nil
}

// request asks for the file, with what lets us in.
func (w *web) request(ctx context.Context) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, w.o.URL, nil)
	if err != nil {
		return nil, errors.New("url: it is no address")
	}
	request.Header.Set("User-Agent", "carat")
	if w.o.Token != "" {
		request.Header.Set("Authorization", "Bearer "+w.o.Token)
	} else if w.o.User != "" {
		request.SetBasicAuth(w.o.User, w.o.Password)
	}
	return request, nil
}

// Probe asks for the file and lets it lie.
func (w *web) Probe(ctx context.Context) error {
	d, err := w.Open(ctx, source.Remote{Name: w.o.Name}, 0)
	if err != nil {
		return err
	}
	return d.Close()
}

// Close lets go of idle connections.
func (w *web) Close() error {
	w.o.Client.CloseIdleConnections()
	return nil
}
