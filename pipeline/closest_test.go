package pipeline_test

import (
	"testing"

	"carat/pipeline"
)

func TestClosest(t *testing.T) {
	known := []string{"ingest", "reconcile", "run", "statements", "status"}
	for name, want := range map[string]string{
		"ingets": "ingest", "recon": "reconcile", "rnu": "run", "Statments": "statements", "x": "", "frobnicate": "", "": "",
	} {
		if got := pipeline.Closest(name, known); got != want {
			t.Errorf("Closest(%q) = %q, want %q", name, got, want)
		}
	}
}
