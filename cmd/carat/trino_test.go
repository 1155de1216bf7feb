package main

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"carat/pipeline/engine/trino/trinotest"
)

var runOf = regexp.MustCompile(`run ([0-9a-f]{32})`)

// TestTrinoGivesTheSameNumbers builds a month with every fault, of two entities, in a zone
// whose clocks change, on Trino, and compares each of its tables with what this machine
// builds of the same inputs: `make test-trino`. Then the cluster is one that shows another
// history, and one that is gone.
func TestTrinoGivesTheSameNumbers(t *testing.T) {
	if os.Getenv("CARAT_TRINO_HOME") == "" {
		t.Skip("CARAT_TRINO_HOME names no Trino: make test-trino fetches it")
	}
	t.Parallel()
	dsn := startPostgres(t)
	at, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "month")
	caratExits(t, 0, "generate", "--out", dir, "--gifts", "400", "--viewers", "60", "--creators", "60", "--files", "month", "--faults", "all", "--entities", "2",
		"--zone", "Europe/Berlin", "--period", "2026-09", "--periods", "2")
	file := filepath.Join(dir, "carat.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	write := func(more string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(string(text)+"catalog: "+dsn+"\n"+more), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("")
	caratExits(t, 0, "ingest", "--dir", dir)
	catalog := fmt.Sprintf("connector.name=iceberg\niceberg.catalog.type=jdbc\niceberg.jdbc-catalog.catalog-name=carat\niceberg.jdbc-catalog.driver-class=org.postgresql.Driver\n"+
		"iceberg.jdbc-catalog.connection-url=jdbc:postgresql://%s%s\niceberg.jdbc-catalog.connection-user=carat\niceberg.jdbc-catalog.schema-version=V0\n"+
		"iceberg.jdbc-catalog.default-warehouse-dir=file://%s\nfs.hadoop.enabled=true\niceberg.security=READ_ONLY\n", at.Host, at.Path, dir)
	server := trinotest.Start(t, map[string]string{"lake": catalog})
	cluster := func(catalog string) string {
		return fmt.Sprintf("engine: {kind: trino, url: %q, catalog: %s, scratch: scratch}\n", server.URL, catalog)
	}
	write(cluster("lake"))
	if out := caratExits(t, 0, "doctor", "--dir", dir); !strings.Contains(out, "shows this history") {
		t.Errorf("carat doctor says\n%s", out)
	}
	const period = "2026-10" // with a month before it in the history
	built, told := caratBoth(t, 4, "reconcile", "--dir", dir, "--period", period)
	if !strings.Contains(told, "is built by Trino 4") {
		t.Errorf("carat reconcile says\n%s", told)
	}
	write("")
	_, told = caratBoth(t, 4, "reconcile", "--dir", dir, "--period", period, "--from-start")
	run := runOf.FindStringSubmatch(built)
	if run == nil || !strings.Contains(told, "run "+run[1]+" comes out the same in every table") {
		t.Errorf("built by Trino\n%s\nby this machine\n%s", built, told)
	}
	write("flux_percent: 11\n" + cluster("scratch2"))
	if _, told := caratBoth(t, 2, "reconcile", "--dir", dir, "--period", "2026-09"); !strings.Contains(told, "it has no catalog scratch2") {
		t.Errorf("a catalog that there isn't: %s", told)
	}
	server.Stop()
	write("flux_percent: 11\n" + cluster("lake"))
	if _, told := caratBoth(t, 1, "reconcile", "--dir", dir, "--period", "2026-09"); !strings.Contains(told, "run again when it answers") {
		t.Errorf("a coordinator that is gone: %s", told)
	}
}
