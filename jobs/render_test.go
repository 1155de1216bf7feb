package jobs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carat/pipeline"
	"carat/reports"
)

func statement(creator string) *reports.Statement {
	return &reports.Statement{Summary: pipeline.StatementSummary{Period: "2026-10", CreatorID: creator, Entity: "main", Currency: "USD"}}
}

func TestRenderWritesEveryStatementOnce(t *testing.T) {
	dir := t.TempDir()
	r := renderer{dir: dir, formats: StatementFormats, workers: 3}
	n, err := r.render(context.Background(), func(_ context.Context, add func(*reports.Statement) error) error {
		for i := range 200 {
			if err := add(statement(fmt.Sprintf("../c%d", i))); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || n != 200 {
		t.Fatalf("%d, %v", n, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 600 {
		t.Fatalf("%d files, %v", len(entries), err)
	}
	text, err := os.ReadFile(filepath.Join(dir, reports.FileName("../c7", "main", "USD", "json")))
	if err != nil || !strings.Contains(string(text), `"../c7"`) {
		t.Errorf("%v: %s", err, text)
	}
}

func TestRenderStopsAtTheFirstError(t *testing.T) {
	failure := errors.New("the reader failed")
	for name, each := range map[string]func(context.Context, func(*reports.Statement) error) error{
		"of the reader": func(context.Context, func(*reports.Statement) error) error { return failure },
		"of a writer": func(_ context.Context, add func(*reports.Statement) error) error {
			for range 10 * renderQueue {
				if err := add(statement("twice")); err != nil {
					return err
				}
			}
			return nil
		},
	} {
		r := renderer{dir: t.TempDir(), formats: []string{"json"}, workers: 2}
		if _, err := r.render(context.Background(), each); err == nil || (name == "of the reader") != errors.Is(err, failure) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReplaceFolder(t *testing.T) {
	dir := t.TempDir()
	target := filepath.Join(dir, "2026-10")
	for _, content := range []string{"first", "second"} {
		next := filepath.Join(dir, "next")
		if err := os.Mkdir(next, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(next, content), nil, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := replaceFolder(next, target); err != nil {
			t.Fatal(err)
		}
		entries, err := os.ReadDir(target)
		if err != nil || len(entries) != 1 || entries[0].Name() != content {
			t.Fatalf("after %s: %v, %v", content, entries, err)
		}
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
	if err := replaceFolder(filepath.Join(dir, "none"), target); err == nil {
		t.Error("a missing folder replaced another")
	}
	if _, err := os.Stat(filepath.Join(target, "second")); err != nil {
		t.Errorf("the old folder is gone after a failure: %v", err)
	}
}
