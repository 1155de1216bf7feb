package fetch_test

import (
	"context"

	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"carat/jobs/fetch"
	"carat/jobs/internal/trial"
)

// A container of Azure is fetched from like every bucket: what is there comes once, in the
// version that was listed, and no secret is told.
func TestFetchFromAzure(t *testing.T) {
	refuse := false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case refuse || r.URL.Query().Get("sig") != "quiet+signature=":
			w.Header().Set("x-ms-error-code", "AuthenticationFailed")
			w.WriteHeader(http.StatusForbidden)
		case r.URL.Query().Get("comp") == "list":
			w.Header().Set("Content-Type", "application/xml")
			_, _ = fmt.Fprintf(w, `<?xml version="1.0"?><EnumerationResults><Blobs><Blob><Name>bank/2026-10.csv</Name><Properties><Etag>0x8D</Etag><Content-Length>%d</Content-Length></Properties></Blob></Blobs><NextMarker/></EnumerationResults>`,
				len(bankHead+"b1,a,2026-10-01,100,EUR\n"))
		default:
			w.Header().Set("ETag", `"0x8D"`)
			_, _ = io.WriteString(w, bankHead+"b1,a,2026-10-01,100,EUR\n")
		}
	}))
	t.Cleanup(server.Close)
	setting := trial.Folder(t, "first_period: 2026-10\nsources:\n  bank: {kind: bucket, feeds: [bank_lines], account: shop, endpoint: \""+server.URL+"/shop\", bucket: exports, prefix: bank/, sas_env: SAS, allow: [127.0.0.1]}\n", nil)
	setting.Variable = func(string) string { return "?sp=rl&sig=quiet%2Bsignature%3D" }
	o := fetch.Options{Setting: setting, Wait: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }}
	if got := results(must(t, o)); len(got) != 1 || got[0] != "bank bank/2026-10.csv fetched inbox/bank/bank%2F2026-10.csv" {
		t.Errorf("%q", got)
	}
	if got := results(must(t, o)); len(got) != 0 {
		t.Errorf("again: %q", got)
	}
	if reached := fetch.Reach(t.Context(), setting); len(reached) != 1 || reached[0].Err != nil || reached[0].Origin != "azure://shop/exports/bank/ at "+server.URL+"/shop" {
		t.Errorf("%+v", reached)
	}
	refuse = true
	_, err := fetch.Run(t.Context(), o)
	if err == nil || !strings.Contains(err.Error(), "403 AuthenticationFailed: see account_key or sas") || strings.Contains(err.Error(), "quiet") {
		t.Errorf("%v", err)
	}
}
