package main

import (
	"context"
	"database/sql"
	"encoding/csv"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	_ "github.com/trinodb/trino-go-client/trino" // the driver

	"carat/pipeline/engine/trino/trinotest"
)

var runOf = regexp.MustCompile(`run ([0-9a-f]{32})`)

// clusterBooks is a lake of two months with its catalog in PostgreSQL, the first of them
// closed by this machine, and a cluster that reads it.
type clusterBooks struct {
	t      *testing.T
	dir    string
	config string // carat.yaml without engine
	server *trinotest.Server
	lake   map[string]string // the catalogs of a cluster
	db     *sql.DB           // of the cluster, to look
}

// newClusterBooks generates two months of two entities with every fault, in a zone whose
// clocks change, closes the first, with a waiver of all that was found, takes the second in,
// whose files have late rows of the first, and lets months be carried forward.
func newClusterBooks(t *testing.T) *clusterBooks {
	t.Helper()
	if os.Getenv("CARAT_TRINO_HOME") == "" {
		t.Skip("CARAT_TRINO_HOME names no Trino: make test-trino fetches it")
	}
	dsn := startPostgres(t)
	at, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	b := &clusterBooks{t: t, dir: filepath.Join(t.TempDir(), "month")}
	caratExits(t, 0, "generate", "--out", b.dir, "--gifts", "400", "--viewers", "60", "--creators", "60", "--files", "month", "--faults", "all", "--entities", "2",
		"--zone", "Europe/Berlin", "--period", "2026-09", "--periods", "2")
	text, err := os.ReadFile(filepath.Join(b.dir, "carat.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	b.config = string(text) + "catalog: " + dsn + "\nhistory: carried\n"
	b.builtBy("")
	later, err := filepath.Glob(filepath.Join(b.dir, "inbox", "*-2026-10.csv"))
	if err != nil || len(later) < 10 {
		t.Fatalf("%d files of the second month, %v", len(later), err)
	}
	move := func(from, to string) {
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range later {
		move(file, filepath.Join(b.dir, filepath.Base(file)))
	}
	b.carat(0, "ingest")
	b.close("2026-09")
	for _, file := range later {
		move(filepath.Join(b.dir, filepath.Base(file)), file)
	}
	b.carat(0, "ingest")
	b.lake = map[string]string{"lake": fmt.Sprintf("connector.name=iceberg\niceberg.catalog.type=jdbc\niceberg.jdbc-catalog.catalog-name=carat\niceberg.jdbc-catalog.driver-class=org.postgresql.Driver\n"+
		"iceberg.jdbc-catalog.connection-url=jdbc:postgresql://%s%s\niceberg.jdbc-catalog.connection-user=carat\niceberg.jdbc-catalog.schema-version=V0\n"+
		"iceberg.jdbc-catalog.default-warehouse-dir=file://%s\nfs.hadoop.enabled=true\niceberg.security=READ_ONLY\n", at.Host, at.Path, b.dir)}
	b.start()
	return b
}

// start starts the cluster, or another in its place.
func (b *clusterBooks) start() {
	b.t.Helper()
	b.server = trinotest.Start(b.t, b.lake)
	var err error
	if b.db, err = sql.Open("trino", b.server.URL+"?catalog=scratch"); err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = b.db.Close() })
}

// carat runs the real binary over the books.
func (b *clusterBooks) carat(want int, args ...string) (stdout, told string) {
	b.t.Helper()
	return caratBoth(b.t, want, append([]string{"--dir", b.dir}, args...)...)
}

// builtBy writes carat.yaml with more than the books' own.
func (b *clusterBooks) builtBy(more string) {
	b.t.Helper()
	if err := os.WriteFile(filepath.Join(b.dir, "carat.yaml"), []byte(b.config+more), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// cluster is the engine of carat.yaml.
func (b *clusterBooks) cluster(catalog, scratch string) string {
	return fmt.Sprintf("engine: {kind: trino, url: %q, catalog: %s, scratch: %s}\n", b.server.URL, catalog, scratch)
}

// close closes a month with what carat.yaml names, whatever was found.
func (b *clusterBooks) close(period string) {
	b.t.Helper()
	b.carat(4, "reconcile", "--period", period)
	b.carat(0, "--user", "dora", "exceptions", "rate", "VND/USD/"+period+"-30", "--value", "0.00004", "--source", "X", "--reason", "none was published")
	b.carat(4, "reconcile", "--period", period)
	found, _ := b.carat(0, "exceptions", "--period", period, "--format", "csv")
	rows, err := csv.NewReader(strings.NewReader(found)).ReadAll()
	if err != nil || len(rows) < 50 {
		b.t.Fatalf("%d rows, %v", len(rows), err)
	}
	file := filepath.Join(b.dir, "waived.csv")
	text := "exception_id,period,status,until,note\n"
	for _, row := range rows[1:] {
		text += row[0] + "," + period + ",waived," + time.Now().AddDate(0, 1, 0).Format(time.DateOnly) + ",generated\n"
	}
	if rows[0][0] != "exception_id" {
		b.t.Fatalf("%v", rows[0])
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
	b.carat(0, "--user", "dora", "exceptions", "--import", file)
	b.carat(0, "--user", "ann", "close", "--period", period)
	b.carat(0, "--user", "cleo", "approve", "--period", period)
}

// schemas gives those of the scratch catalog that are carat's.
func (b *clusterBooks) schemas() (list []string) {
	b.t.Helper()
	rows, err := b.db.QueryContext(b.t.Context(), "select schema_name from information_schema.schemata where starts_with(schema_name, 'carat_')")
	if err != nil {
		b.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			b.t.Fatal(err)
		}
		list = append(list, name)
	}
	if err := rows.Err(); err != nil {
		b.t.Fatal(err)
	}
	return list
}

// inMidRun starts a run and does something to it when some of its models are built. It gives
// what the run told, and its exit code; -1 of one that was killed.
func (b *clusterBooks) inMidRun(period string, strike func(run *exec.Cmd)) (told string, code int) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), 15*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "carat", "--dir", b.dir, "reconcile", "--period", period)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	for built := 0; built < 5; time.Sleep(300 * time.Millisecond) {
		if ctx.Err() != nil {
			b.t.Fatalf("the run didn't come to its models: %s", stderr.String())
		}
		if err := b.db.QueryRowContext(ctx, "select count(*) from information_schema.tables where starts_with(table_schema, 'carat_') and starts_with(table_name, 'led_')").Scan(&built); err != nil {
			b.t.Fatal(err)
		}
	}
	strike(cmd)
	_ = cmd.Wait()
	return stderr.String(), cmd.ProcessState.ExitCode()
}

// TestTrinoGivesTheSameNumbers builds a month with every fault, of two entities, in a zone
// whose clocks change, with late rows of the month before, which is closed, on Trino, carried
// forward from it, and compares each of its tables with what this machine builds of the same
// inputs from the first row on. Before it a run of that month is killed: `make test-trino`.
func TestTrinoGivesTheSameNumbers(t *testing.T) {
	t.Parallel()
	b := newClusterBooks(t)
	const period = "2026-10"
	b.builtBy(b.cluster("lake", "scratch"))
	if out, _ := b.carat(0, "doctor"); !strings.Contains(out, "shows this history") {
		t.Errorf("carat doctor says\n%s", out)
	}
	if _, code := b.inMidRun(period, func(run *exec.Cmd) { _ = run.Process.Kill() }); code != -1 {
		t.Errorf("a run that was killed ended with %d", code)
	}
	left := b.schemas()
	if len(left) != 1 {
		t.Errorf("a run that was killed left %v", left)
	}
	built, told := b.carat(4, "reconcile", "--period", period)
	run := runOf.FindStringSubmatch(built)
	if run == nil || !strings.Contains(told, "is built by Trino 4") || !strings.Contains(told, "carried forward from 2026-09") {
		t.Fatalf("carat reconcile says\n%s\n%s", built, told)
	}
	if left := b.schemas(); len(left) > 0 {
		t.Errorf("the next run left %v", left)
	}
	if out, _ := b.carat(0, "runs", "show", run[1]); !regexp.MustCompile(`(?m)^run_engine +Trino 4`).MatchString(out) {
		t.Errorf("carat runs show says\n%s", out)
	}
	b.builtBy("")
	if _, told = b.carat(4, "reconcile", "--period", period, "--from-start"); !strings.Contains(told, "run "+run[1]+" comes out the same in every table") {
		t.Errorf("by Trino\n%s\nby this machine\n%s", built, told)
	}
}

// TestTrinoGoesAway has a cluster without a catalog, one of which a node ends in mid-run, one
// that ends in mid-run whole, and one that is gone: nothing is published. It takes as long as the one above, so it is done by `make
// test-trino` alone.
func TestTrinoGoesAway(t *testing.T) {
	if os.Getenv("CARAT_TRINO_ALL") == "" {
		t.Skip("CARAT_TRINO_ALL isn't set: make test-trino sets it")
	}
	t.Parallel()
	b := newClusterBooks(t)
	const period = "2026-10"
	b.builtBy(b.cluster("lake", "scratch2"))
	if _, told := b.carat(2, "reconcile", "--period", period); !strings.Contains(told, "it has no catalog scratch2") {
		t.Errorf("a catalog that there isn't: %s", told)
	}
	b.builtBy(b.cluster("lake", "scratch"))
	worker := b.server.Worker(t)
	if told, code := b.inMidRun(period, func(*exec.Cmd) { worker() }); code != 1 || !strings.Contains(told, "othing was published; run again") {
		t.Errorf("one of two nodes that ends in mid-run: exit code %d\n%s", code, told)
	}
	told, code := b.inMidRun(period, func(*exec.Cmd) { b.server.Stop() })
	if code != 1 || !strings.Contains(told, "othing was published; run again") {
		t.Errorf("a coordinator that ends in mid-run: exit code %d\n%s", code, told)
	}
	if _, told := b.carat(1, "reconcile", "--period", period); !strings.Contains(told, "run again when it answers") {
		t.Errorf("a coordinator that is gone: %s", told)
	}
	if out, _ := b.carat(0, "query", "select count(*) as n from runs where period = '2026-10'", "--format", "csv"); out != "n\n0\n" {
		t.Errorf("published is\n%s", out)
	}
}

// TestTrinoBuildsAClosedMonth has a month that this machine closed built again by two nodes,
// with a later month in the history, whose rows are not to be read, and once more after it
// was opened again. It takes as long as the others, so it is done by `make test-trino` alone.
func TestTrinoBuildsAClosedMonth(t *testing.T) {
	if os.Getenv("CARAT_TRINO_ALL") == "" {
		t.Skip("CARAT_TRINO_ALL isn't set: make test-trino sets it")
	}
	t.Parallel()
	b := newClusterBooks(t)
	b.server.Worker(t)
	const period = "2026-09"
	b.builtBy(b.cluster("lake", "scratch"))
	if _, told := b.carat(0, "verify", "--period", period, "--engine", "trino"); !strings.Contains(told, "what was signed was built by DuckDB") {
		t.Errorf("carat verify says\n%s", told)
	}

	// Opened again it has the late rows too, and is another run; what was waived stays so.
	b.carat(0, "--user", "ann", "reopen", "--period", period, "--reason", "its late rows count in it")
	built, told := b.carat(0, "reconcile", "--period", period)
	run := runOf.FindStringSubmatch(built)
	if run == nil || !strings.Contains(told, "is built by Trino 4") {
		t.Fatalf("carat reconcile says\n%s\n%s", built, told)
	}
	b.builtBy("")
	if _, told = b.carat(0, "reconcile", "--period", period, "--from-start"); !strings.Contains(told, "run "+run[1]+" comes out the same in every table") {
		t.Errorf("by Trino\n%s\nby this machine\n%s", built, told)
	}
}
