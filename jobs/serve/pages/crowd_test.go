package pages_test

import (
	"fmt"
	"testing"
	"time"

	"carat/fixtures/crowd"
)

// People who look at everything at once are each shown every page, and how long that takes
// is counted: `make bench-pages` asks the same way, and tells the times.
func TestCrowd(t *testing.T) {
	b := served(t, lake(t), "an-auditor")
	o := crowd.Options{Link: b.base + "/open/" + key, Pages: crowd.Pages("2026-10"), People: 3, Rounds: 1, Seed: 1, Clock: time.Now}
	waited, err := crowd.Look(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range waited {
		if w.Name != o.Pages[i].Name || w.Path == "" || len(w.Times) != o.People*o.Rounds {
			t.Errorf("%s at %q was looked at %d times", w.Name, w.Path, len(w.Times))
		}
	}
	for _, one := range []crowd.Page{{Name: "none", Path: "/none"}, {Name: "unfound", In: "none", Find: "/none"}} {
		o.Pages = []crowd.Page{one}
		if _, err := crowd.Look(t.Context(), o); err == nil {
			t.Errorf("%s was shown", fmt.Sprint(one))
		}
	}
}
