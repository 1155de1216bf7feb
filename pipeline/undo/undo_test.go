package undo

import (
	"slices"
	"testing"

	"carat/pipeline"
)

// batch is one of a history: what it takes out and which file it was read from, if any.
func batch(id, undoneBy, undoes, reads string, again ...string) pipeline.Batch {
	b := pipeline.Batch{ID: id, UndoneBy: undoneBy}
	if undoes != "" {
		b.Undo = &pipeline.Undo{Batch: undoes, Reads: reads, Again: again}
	}
	return b
}

// What came in again from a file is of that file, however often it was read again; what is
// out already isn't taken out twice.
func TestReadings(t *testing.T) {
	all := []pipeline.Batch{batch("1", "4", "", ""), batch("2", "", "", ""), batch("3", "5", "", ""), batch("4", "", "1", "2", "2"), batch("5", "", "3", "4", "4"), batch("6", "", "", "")}
	for id, want := range map[string][]string{"2": {"5", "4", "2"}, "4": {"5", "4", "2"}, "6": {"6"}, "1": nil} {
		if got := Readings(all, id); !slices.Equal(got, want) {
			t.Errorf("of %s: %v, want %v", id, got, want)
		}
	}
}

// A file that was to be read again is left while nothing was, and again once what came in is
// out while the file itself is in force.
func TestLeftToRead(t *testing.T) {
	begun := []pipeline.Batch{batch("1", "4", "", ""), batch("2", "", "", ""), batch("3", "", "", ""), batch("4", "", "1", "2", "2", "3")}
	if undone, left := Unfinished(begun); undone != "1" || !slices.Equal(left, []string{"3"}) {
		t.Errorf("begun: %s, %v", undone, left)
	}
	done := append(slices.Clone(begun), batch("5", "", "1", "3", "2", "3"))
	if undone, left := Unfinished(done); undone != "" || left != nil {
		t.Errorf("done: %s, %v", undone, left)
	}
	out := append(slices.Clone(done), batch("6", "", "5", ""))
	out[4].UndoneBy = "6"
	if undone, left := Unfinished(out); undone != "1" || !slices.Equal(left, []string{"3"}) {
		t.Errorf("what came in is out again: %s, %v", undone, left)
	}
	out[2].UndoneBy = "7"
	if undone, left := Unfinished(append(out, batch("7", "", "3", ""))); undone != "" || left != nil {
		t.Errorf("and its file: %s, %v", undone, left)
	}
}
