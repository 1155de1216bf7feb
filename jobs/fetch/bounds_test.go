package fetch_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"carat/jobs/fetch"
	"carat/jobs/internal/trial"
)

// A run takes max_files, and the next goes on: none is missed, and none comes twice. A file
// above max_bytes doesn't come, and is said.
func TestRunsAreBounded(t *testing.T) {
	large, broken := false, false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		content := bankHead + "b1,a,2026-10-01,100,EUR\n"
		if large {
			content += strings.Repeat("#", 500)
		}
		w.Header().Set("ETag", `"0x8D"`)
		if r.URL.Query().Get("comp") != "list" {
			if broken && (strings.HasSuffix(r.URL.Path, "/0.csv") || strings.HasSuffix(r.URL.Path, "/1.csv")) {
				w.WriteHeader(http.StatusForbidden)
				return
			}
			_, _ = io.WriteString(w, content)
			return
		}
		w.Header().Set("Content-Type", "application/xml")
		_, _ = io.WriteString(w, `<?xml version="1.0"?><EnumerationResults><Blobs>`)
		for i := range 5 {
			_, _ = fmt.Fprintf(w, `<Blob><Name>bank/%d.csv</Name><Properties><Etag>0x8D</Etag><Content-Length>%d</Content-Length></Properties></Blob>`, i, len(content))
		}
		_, _ = io.WriteString(w, `</Blobs><NextMarker/></EnumerationResults>`)
	}))
	t.Cleanup(server.Close)
	fresh := func() fetch.Options {
		setting := trial.Folder(t, "first_period: 2026-10\nsources:\n  bank: {kind: bucket, feeds: [bank_lines], account: shop, endpoint: \""+server.URL+"/shop\", bucket: exports, prefix: bank/, sas_env: SAS, allow: [127.0.0.1], max_files: 2, max_bytes: 300}\n", nil)
		setting.Variable = func(string) string { return "?sp=rl&sig=quiet%2Bsignature%3D" }
		return fetch.Options{Setting: setting, Wait: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }}
	}
	o := fresh()
	var all []string
	for run, most := range []int{2, 2, 1, 0} {
		got := results(must(t, o))
		if len(got) != most {
			t.Errorf("run %d takes %q, want %d", run, got, most)
		}
		all = append(all, got...)
	}
	if slices.Sort(all); len(slices.Compact(all)) != 5 {
		t.Errorf("%q", all)
	}
	// What fails each time keeps nothing else back.
	broken = true
	o = fresh()
	all = nil
	for range 3 {
		r, err := fetch.Run(t.Context(), o)
		if err == nil {
			t.Error("files that are refused aren't told")
		}
		for _, f := range r.Files {
			if f.Result == fetch.FileTaken {
				all = append(all, f.Remote)
			}
		}
	}
	if slices.Sort(all); !slices.Equal(all, []string{"bank/2.csv", "bank/3.csv", "bank/4.csv"}) {
		t.Errorf("of five files, of which the first two fail, came %q", all)
	}
	broken, large = false, true
	o = fresh()
	r, err := fetch.Run(t.Context(), o)
	came := slices.ContainsFunc(inbox(t, o.Setting, "bank"), func(name string) bool { return strings.Contains(name, "csv") })
	if err == nil || !strings.Contains(err.Error(), "more than max_bytes 300") || came {
		t.Errorf("%v %+v %q", err, r, inbox(t, o.Setting, "bank"))
	}
}
