package state_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"carat/pipeline"
	"carat/pipeline/state"
)

// Whatever writes to the state, a text that is none doesn't come in.
func TestTextIsCheckedAtTheDoor(t *testing.T) {
	s, err := state.Open(t.Context(), filepath.Join(t.TempDir(), "state.sqlite"), state.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	for _, text := range []string{"M\xfcller", "a\x00b", "\xed\xa0\x80"} { // the last is a lone surrogate
		_, err := s.BeginAccess(t.Context(), state.Access{At: time.Unix(0, 0), Who: "ann", Verb: "query", Text: text})
		if err == nil || pipeline.KindOf(err) != pipeline.KindUsage || !strings.Contains(err.Error(), "is no text") {
			t.Errorf("%q: %v", text, err)
		}
		grant := func([]state.Grant) ([]state.Grant, []state.Grant, error) {
			return []state.Grant{{User: text, Role: "auditor", By: "ann", At: time.Unix(0, 0)}}, nil, nil
		}
		if err := s.ChangeGrants(t.Context(), grant); err == nil {
			t.Errorf("%q has a role", text)
		}
	}
	all, err := s.Accesses(t.Context())
	if err != nil || len(all) != 0 {
		t.Errorf("%d accesses, %v", len(all), err)
	}
	if _, err := s.BeginAccess(t.Context(), state.Access{At: time.Unix(0, 0), Who: "ann", Verb: "query", Text: "日本\n\t\x1b"}); err != nil {
		t.Error(err)
	}
}
