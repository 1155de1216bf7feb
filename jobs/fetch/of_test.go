package fetch_test

import (
	"testing"

	"carat/jobs/fetch"
	"carat/pipeline/state"
)

// Of two accounts' files of the same bytes each is told where it came from itself.
func TestOf(t *testing.T) {
	all := []state.Fetched{{No: 1, File: "a.csv", SHA256: "x"}, {No: 2, File: "b.csv", SHA256: "x"}, {No: 3, File: "a.csv", SHA256: "y"}}
	for source, want := range map[string][]int64{"a.csv": {1}, "b.csv": {2}, "renamed.csv": {1, 2}} {
		var got []int64
		for _, f := range fetch.Of(all, source, "x") {
			got = append(got, f.No)
		}
		if len(got) != len(want) || got[0] != want[0] || got[len(got)-1] != want[len(want)-1] {
			t.Errorf("%s: %v, want %v", source, got, want)
		}
	}
}
