package appstore

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
)

// FuzzProblem reads what the API might say that is no report: an error comes of it, of
// bounded length.
func FuzzProblem(f *testing.F) {
	f.Add(404, []byte(`{"errors":[{"code":"NOT_FOUND","title":"t","detail":"There were no sales for the date specified."}]}`))
	f.Add(401, []byte(`{"errors":[{}]}`))
	f.Add(400, []byte(`{"errors":null}`))
	f.Add(500, []byte(`<html>`))
	f.Fuzz(func(t *testing.T, status int, text []byte) {
		err := problem(&http.Response{StatusCode: status, Status: "status", Body: io.NopCloser(bytes.NewReader(text))})
		if err == nil || len(err.Error()) > problemBytes+1000 || strings.TrimSpace(err.Error()) == "" {
			t.Errorf("%v", err)
		}
	})
}
