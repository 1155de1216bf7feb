package web

import (
	"context"
	"crypto/subtle"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"time"
)

// brings gives how many bytes may come with a request that brings a file to where one may
// be brought; 0: it brings none, or none may be.
func (s *Site) brings(r *http.Request) int64 {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case err != nil || kind != "multipart/form-data" || r.Method != http.MethodPost:
		return 0
	case s.Upload != "" && r.URL.Path == s.Upload:
		return UploadBytes
	case s.Attach != nil:
		return s.Attach(r.URL.Path)
	}
	return 0
}

type partsKey struct{}

// Parts are what a form that brings a file holds behind its token, to be read once and in
// order; nil: it brings none.
func Parts(ctx context.Context) *multipart.Reader {
	parts, _ := ctx.Value(partsKey{}).(*multipart.Reader)
	return parts
}

// withParts reads the token of a form that brings a file, which is its first field, and
// leaves the rest: nothing of a file is read for another site's form. Whoever brings one
// has UploadTime for it; late ends that.
func (s *Site) withParts(w http.ResponseWriter, r *http.Request) (with *http.Request, late func() bool, err error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return r, nil, errToken
	}
	first, err := parts.NextPart()
	if err != nil || first.FormName() != TokenField || first.FileName() != "" {
		return r, nil, errToken
	}
	token, err := io.ReadAll(io.LimitReader(first, 256))
	if want := Token(r.Context()); err != nil || want == "" || subtle.ConstantTimeCompare([]byte(want), token) != 1 {
		return r, nil, errToken
	}
	out := http.NewResponseController(w)
	_, _ = out.SetReadDeadline(time.Time{}), out.SetWriteDeadline(time.Time{})
	timer := time.AfterFunc(UploadTime, func() { _, _ = out.SetReadDeadline(time.Unix(1, 0)), out.SetWriteDeadline(time.Unix(1, 0)) })
	return r.WithContext(context.WithValue(r.Context(), partsKey{}, parts)), timer.Stop, nil
}
