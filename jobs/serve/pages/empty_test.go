package pages_test

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"carat/jobs/internal/trial"
)

// An empty page says why it is empty, and what comes next; looking at it makes nothing.
func TestEmptyPagesSayWhy(t *testing.T) {
	s := trial.Folder(t, "first_period: 2026-10\n", map[string]string{"coin_purchases.csv": trial.PurchaseHeader + "p1,purchase,v1,web,s,1000,USD,10.00,2026-10-02T10:00:00Z\n"})
	b := opened(t, s, "ann")
	says := func(b *browser, path string, want ...string) {
		t.Helper()
		status, text := b.page(path)
		for _, one := range want {
			if status != http.StatusOK || !strings.Contains(text, one) {
				t.Errorf("%s: %d, and it doesn't say %q\n%s", path, status, one, text)
			}
		}
	}
	for _, path := range []string{"/months", "/exceptions", "/files", "/creators", "/runs", "/trace", "/trace?id=x"} {
		says(b, path, "Nothing was ingested yet.", "carat ingest")
	}
	if _, err := os.Stat(s.Config.Lake); err == nil {
		t.Error("looking at the pages has made a lake")
	}
	for _, path := range []string{"/months/2026-10", "/exceptions/x", "/files/b000001", "/creators/x", "/runs/1", "/history/1"} {
		if status, _ := b.page(path); status != http.StatusNotFound {
			t.Errorf("%s of nothing: %d", path, status)
		}
	}
	trial.Ingest(t, s)
	says(b, "/months", "No month was reconciled yet.", "carat run --period 2026-10")
	says(b, "/exceptions", "No month was reconciled yet.")
	says(b, "/creators", "No month was reconciled yet.")
	says(b, "/history", "Nobody has signed, decided or granted anything yet.", "No month was closed yet.")
	says(b, "/trace?id=nothing-has-it", "Nothing in the history has that id.")
	full := opened(t, lake(t), "an-auditor")
	says(full, "/exceptions?text=nothing-has-it", "The filter leaves out all of them", "hidden")
	says(full, "/exceptions?tab=moved", "There are none of these.")
	says(full, "/exceptions?period=2031-01", "2031-01 was not run.")
	says(full, "/creators?text=nothing-has-it", "No creator of the newest month has that in their id.")
	says(full, "/files?feed=payouts", "The filter leaves out all of them")
	for path, want := range map[string]int{"/exceptions?tab=nothing": 404, "/months/2031-01": 404, "/months/x": 404, "/months/2026-10/nothing": 404, "/exceptions/zz": 404, "/files/b999999": 404, "/runs/999": 404, "/history/999": 404, "/history/x": 404, "/exceptions?from=-1": 200, "/exceptions?from=x": 200} {
		if status, _ := full.page(path); status != want {
			t.Errorf("%s: %d, want %d", path, status, want)
		}
	}
}
