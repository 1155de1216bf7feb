package engine_test

import (
	"strings"
	"testing"

	"carat/pipeline"
	"carat/pipeline/engine/sqltext"
)

// A model of each feed reads every feed's table, once, in the order of the list.
func TestModelsOfEachFeed(t *testing.T) {
	_, models := builtinModels(t)
	for _, m := range models {
		switch m.Name {
		case "stg_batch_rows", "stg_late_terms":
			var want []string
			for _, f := range pipeline.Feeds() {
				if m.Name == "stg_batch_rows" || f.Reference {
					want = append(want, "raw_"+f.Name)
				}
			}
			var got []string
			for part := range strings.SplitSeq(m.SQL, "from raw_") {
				name, _, _ := strings.Cut(part, "\n")
				name, _, _ = strings.Cut(name, " ")
				got = append(got, "raw_"+name)
			}
			if strings.Join(got[1:], " ") != strings.Join(want, " ") {
				t.Errorf("%s reads %v, want %v", m.Name, got[1:], want)
			}
		}
	}
}

func TestPerFeedRefusesWhatItDoesNotKnow(t *testing.T) {
	for text, want := range map[string]string{
		"-- One row.\n-- grain: a\n-- each: table\nselect 1 as a from {table}\n":  "`each: table` is neither feed nor reference feed",
		"-- One row.\n-- grain: a\n-- each: feed\nselect {kee} as a from {table}": "nothing is known of {kee}, which is to differ by feed",
	} {
		if _, err := sqltext.ForEachFeed(text); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	plain := "-- One row.\n-- grain: a\nselect '{x}' as a from led_b\n"
	if got, err := sqltext.ForEachFeed(plain); err != nil || got != plain {
		t.Errorf("a model that isn't said of each feed is changed: %q %v", got, err)
	}
}
