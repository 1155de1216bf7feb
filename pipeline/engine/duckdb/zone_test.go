package duckdb

import (
	"archive/zip"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"carat/pipeline"
)

// Every zone that this Go brings is the same in this DuckDB, over the years of
// which there are books: a new version of either is looked at before it is taken.
func TestZonesAreGos(t *testing.T) {
	d, err := Open(t.Context(), Config{TempDir: t.TempDir(), Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	root, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	zones, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = zones.Close() })
	known, err := d.Texts(t.Context(), "select name from pg_timezone_names()")
	if err != nil {
		t.Fatal(err)
	}
	from, to := time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2029, 1, 1, 0, 0, 0, 0, time.UTC)
	compared := 0
	for _, f := range zones.File {
		if strings.HasSuffix(f.Name, "/") || !slices.Contains(known, f.Name) {
			continue
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		zone, err := time.LoadLocationFromTZData(f.Name, data)
		if err != nil {
			t.Fatal(err)
		}
		at, day, differs, err := d.differingDay(t.Context(), zone, f.Name, from, to)
		if err != nil {
			t.Fatal(err)
		}
		if differs {
			t.Errorf("%s: %s is %s in DuckDB, %s in Go", f.Name, at.UTC().Format(time.RFC3339), day, at.In(zone).Format(time.DateOnly))
		}
		compared++
	}
	if compared < 500 {
		t.Errorf("%d zones were compared", compared)
	}
}

// A zone of which Go and DuckDB say different things is refused, with the first
// time at which they do.
func TestZoneOfOtherRulesIsRefused(t *testing.T) {
	d, err := Open(t.Context(), Config{TempDir: t.TempDir(), Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	from, to := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	if err := d.CheckZone(t.Context(), berlin, from, to); err != nil {
		t.Error(err)
	}
	// a machine that thinks Berlin keeps its summer time
	summer := time.FixedZone("Europe/Berlin", 2*60*60)
	err = d.CheckZone(t.Context(), summer, from, to)
	if pipeline.KindOf(err) != pipeline.KindUsage || !strings.Contains(err.Error(), "2026-10-25T22:00:00Z is 2026-10-26 there by the machine's table of zones and 2026-10-25 by the engine's") {
		t.Errorf("%v", err)
	}
}
