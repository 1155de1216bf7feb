package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"carat/pipeline"
	"carat/reports/closepackage"
	"carat/reports/table"
	"carat/reports/trace"
)

// completed asks as a shell does: the last argument is what was typed so far.
func completed(t *testing.T, args ...string) []string {
	t.Helper()
	var list []string
	for line := range strings.Lines(told(t, append([]string{"__complete"}, args...)...)) {
		if word, _, _ := strings.Cut(strings.TrimSpace(line), "\t"); !strings.HasPrefix(word, ":") {
			list = append(list, word)
		}
	}
	return list
}

func TestCompletion(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"2026-09", "2026-10", "backup"} {
		if err := os.MkdirAll(filepath.Join(dir, "out", name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		typed []string
		want  []string // all of them
	}{
		{[]string{"rec"}, []string{"reconcile"}},
		{[]string{"run", "--pe"}, []string{"--period"}},
		{[]string{"run", "--format", ""}, table.Formats()},
		{[]string{"query", "--format", ""}, table.RowFormats()},
		{[]string{"trace", "--format", ""}, trace.TreeFormats()},
		{[]string{"exceptions", "show", "--format", ""}, trace.EvidenceFormats()},
		{[]string{"package", "--period", "2026-10", "--format", ""}, closepackage.Formats},
		{[]string{"--dir", dir, "run", "--period", ""}, []string{"2026-10", "2026-09"}},
		{[]string{"--dir", dir, "run", "--period=2026-1"}, []string{"2026-10"}},
		{[]string{"run", "--dir", filepath.Join(dir, "nowhere"), "--period", ""}, nil},
		{[]string{"ingest", "--feed", ""}, pipeline.FeedNames()},
		{[]string{"exceptions", "--control", "gift_"}, []string{"gift_conversion", "gift_price"}},
		{[]string{"completion", ""}, shells},
	} {
		got := completed(t, c.typed...)
		if strings.HasPrefix(c.typed[len(c.typed)-1], "--period=") {
			for i := range got {
				got[i] = strings.TrimPrefix(got[i], "--period=")
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%v: %v, want %v", c.typed, got, c.want)
		}
	}
}
