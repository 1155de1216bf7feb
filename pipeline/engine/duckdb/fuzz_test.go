package duckdb_test

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"carat/pipeline/engine/duckdb"
)

// ground is what statements are tried on: a folder that may be read and one that may
// not, with a secret in each.
type ground struct {
	e       *duckdb.Database
	in, out string
	state   string // of the engine, before any statement
}

const fuzzSecret = "4711081547110815"

func newGround(t testing.TB) *ground {
	t.Helper()
	t.Setenv("HOME", fuzzSecret)
	g := &ground{in: t.TempDir(), out: t.TempDir()}
	g.lay(t)
	t.Cleanup(func() { _ = g.e.Close() })
	return g
}

// lay makes the ground what it was.
func (g *ground) lay(t testing.TB) {
	t.Helper()
	if g.e != nil {
		_ = g.e.Close()
	}
	for _, dir := range []string{g.in, g.out} {
		left, err := filepath.Glob(filepath.Join(dir, "*"))
		for _, one := range left {
			err = errors.Join(err, os.RemoveAll(one))
		}
		if err := errors.Join(err, os.WriteFile(filepath.Join(dir, "secret.csv"), []byte("a\n"+fuzzSecret+"\n"), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(g.out, "secret.csv"), filepath.Join(g.in, "link")); err != nil {
		t.Fatal(err)
	}
	var err error
	if g.e, err = duckdb.Open(t.Context(), duckdb.Config{MemoryLimit: "200MB", Threads: 1, TempDir: t.TempDir(), SpillLimit: "50MB", Folders: []string{g.in}}); err != nil {
		t.Fatal(err)
	}
	if err := g.e.LoadRows(t.Context(), "t", "a varchar", [][]any{{"x"}}); err != nil {
		t.Fatal(err)
	}
	if g.state, err = g.engineState(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// engineState is what a statement might change in the engine.
func (g *ground) engineState(ctx context.Context) (string, error) {
	got, err := g.e.Texts(ctx, `select 'database ' || database_name from duckdb_databases() union all select 'table ' || table_name from duckdb_tables()
		union all select 'variable ' || name from duckdb_variables() union all select 'setting ' || sum(hash(name, value)) from duckdb_settings() union all select 'row ' || a from t order by all`)
	return strings.Join(got, ", "), err
}

// Breaches of the sandbox, by how they begin.
const (
	tells     = "tells the secret"
	writes    = "writes"
	reaches   = "reaches for a file"
	changes   = "changes the engine"
	calls     = "calls"
	isOther   = "is no SELECT"
	isSeveral = "is several statements"
)

// look runs a statement that was let through, and says what it did that it may not. An
// attempt is one, also when something else stops it: where a statement got this far that
// opens a file, calls what it may not or isn't one SELECT, only luck held. unchecked is
// a statement that the sandbox would refuse: it gets through a hole.
func (g *ground) look(ctx context.Context, query string, unchecked bool) (good bool, breaches []string) {
	limited, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	breaches = meant(query)
	got, err := g.rowsOf(limited, query, unchecked)
	said := ""
	if err != nil {
		said = err.Error()
	}
	if strings.Contains(got, fuzzSecret) || strings.Contains(said, fuzzSecret) && !strings.Contains(query, fuzzSecret) {
		breaches = append(breaches, tells)
	}
	if fileError.MatchString(said) {
		breaches = append(breaches, reaches+": "+said)
	}
	for dir, want := range map[string][]string{g.in: {"link", "secret.csv"}, g.out: {"secret.csv"}} {
		var names []string
		left, failed := os.ReadDir(dir)
		for _, one := range left {
			names = append(names, one.Name())
		}
		if failed != nil || !slices.Equal(names, want) {
			breaches = append(breaches, fmt.Sprintf("%s: %v (%v)", writes, names, failed))
		}
		if text, err := os.ReadFile(filepath.Join(dir, "secret.csv")); err != nil || string(text) != "a\n"+fuzzSecret+"\n" {
			breaches = append(breaches, writes+": secret.csv")
		}
	}
	if now, err := g.engineState(ctx); err != nil || now != g.state {
		breaches = append(breaches, fmt.Sprintf("%s: %s, it was %s (%v)", changes, now, g.state, err))
	}
	return err == nil, breaches
}

// rowsOf gives every row of a query; unchecked is how it runs through a hole.
func (g *ground) rowsOf(ctx context.Context, query string, unchecked bool) (string, error) {
	if !unchecked {
		return everyRow(ctx, g.e, query)
	}
	rows, err := g.e.Select(ctx, query)
	if err != nil {
		return "", err
	}
	return textOf(rows)
}

// fileError is how DuckDB speaks of files.
var fileError = regexp.MustCompile(`Permission Error|IO Error|HTTP Error|No files found|Cannot open`)

var (
	literals = regexp.MustCompile(`(?s)'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/`)
	called   = regexp.MustCompile(`"?([A-Za-z_][A-Za-z_0-9]*)"?\s*\(`)
	named    = regexp.MustCompile(`"?([A-Za-z_][A-Za-z_0-9]*)"?`)
	begins   = regexp.MustCompile(`^[\s;(]*(select|with|from|values|table|show|describe|desc|summarize|pivot|unpivot)\b`)
	follows  = regexp.MustCompile(`;[\s;]*[^\s;]`)
)

// meant says from a statement's text alone what it does that it may not: a second judge
// who knows nothing of parse trees.
func meant(query string) (breaches []string) {
	text := strings.ToLower(literals.ReplaceAllStringFunc(query, func(found string) string {
		if found[0] == '\'' {
			return "''"
		}
		return " " // a comment
	}))
	for _, f := range called.FindAllStringSubmatch(text, -1) {
		if duckdb.RefusedScalars[f[1]] || duckdb.RefusedTables[f[1]] && !duckdb.AllowedScalars[f[1]] || f[1] == "getenv" {
			breaches = append(breaches, calls+" "+f[1])
		}
	}
	for _, v := range named.FindAllStringSubmatch(text, -1) {
		if duckdb.RefusedViews[v[1]] {
			breaches = append(breaches, calls+" "+v[1])
		}
	}
	if !begins.MatchString(text) {
		breaches = append(breaches, isOther)
	}
	if follows.MatchString(strings.TrimLeft(text, "; \t\n")) {
		breaches = append(breaches, isSeveral)
	}
	return breaches
}

// try runs a statement, and wants that it is refused or does nothing that it may not.
func (g *ground) try(t testing.TB, query string) (good bool) {
	t.Helper()
	if g.e.ReadOnly(t.Context(), query) != nil {
		return false
	}
	good, breaches := g.look(t.Context(), query, false)
	if len(breaches) > 0 {
		t.Fatalf("%s\n%s", query, strings.Join(breaches, "\n"))
	}
	return good
}

// statements makes statements of bytes: of the bytes first, and then of numbers that
// follow from them, so that a short input makes whole statements too.
func (g *ground) statements(choices []byte) func() string {
	h := fnv.New64a()
	_, _ = h.Write(choices)
	random := rand.New(rand.NewPCG(h.Sum64(), 0))
	made := grammar{in: g.in, out: g.out, choose: func(n int) int {
		if len(choices) == 0 {
			return random.IntN(n)
		}
		c := int(choices[0])
		choices = choices[1:]
		return c % n
	}}
	return func() string { return made.statement(1 + made.choose(3)) }
}

// perInput is how many statements each input of the fuzzer makes.
const perInput = 8

// fuzzSeeds are the inputs that every test of FuzzSandbox runs.
func fuzzSeeds() (seeds [][]byte) {
	for n := range 40 {
		seeds = append(seeds, []byte{byte(n), byte(n * 7), byte(n * 31)})
	}
	return append(seeds, nil, []byte("\x00\x00\x00"), []byte(strings.Repeat("\x07\x03", 40)))
}

// FuzzSandbox makes statements of bytes: whatever they are, nothing is read or
// written outside, and nothing written inside.
func FuzzSandbox(f *testing.F) {
	for _, seed := range fuzzSeeds() {
		f.Add(seed)
	}
	place := newGround(f)
	f.Fuzz(func(t *testing.T, choices []byte) {
		next := place.statements(choices)
		for range perInput {
			place.try(t, next())
		}
	})
}

// The same with many statements at random, as `make simulate` runs it.
func TestSimulatedStatements(t *testing.T) {
	n, seed := 1_000, uint64(1)
	if os.Getenv("CARAT_SIMULATE") != "" {
		n = 200_000
	}
	if text := os.Getenv("CARAT_SEED"); text != "" {
		if _, err := fmt.Sscan(text, &seed); err != nil {
			t.Fatal(err)
		}
	}
	place := newGround(t)
	r := rand.New(rand.NewPCG(seed, 0))
	good := 0
	for range n {
		if place.try(t, grammar{in: place.in, out: place.out, choose: r.IntN}.statement(1+r.IntN(3))) {
			good++
		}
	}
	if good < n/100 {
		t.Errorf("only %d of %d statements were run at all", good, n)
	}
	t.Logf("counted: %d statements against the SQL sandbox (seed %d), of which %d ran; none read, wrote or called what it may not", n, seed, good)
}

// hole is an oversight: what the sandbox refused with those words runs all the same, if
// the statement has what is matched.
type hole struct {
	refused string
	has     string // a regular expression
	breach  string // as which it must be noticed
}

func (h hole) lets(query, refused string) bool {
	return strings.Contains(refused, h.refused) && regexp.MustCompile(h.has).MatchString(query)
}

func inFrom(name string) string { return "the function " + name + " may not be used in a FROM" }
func scalar(name string) string { return "the function " + name + " may not be used here" }

// holes are one of each kind that there could be.
var holes = map[string]hole{
	"read_csv":             {inFrom("read_csv"), "", tells},
	"read_csv elsewhere":   {inFrom("read_csv"), "", reaches},
	"read_text":            {inFrom("read_text"), "", tells},
	"read_blob":            {inFrom("read_blob"), "", tells},
	"read_parquet":         {inFrom("read_parquet"), "", reaches},
	"read_json":            {inFrom("read_json"), "", reaches},
	"sniff_csv":            {inFrom("sniff_csv"), "", reaches},
	"glob":                 {inFrom("glob"), "", calls + " glob"},
	"query":                {inFrom("query"), "", calls + " query"},
	"settings":             {inFrom("duckdb_settings"), "", calls + " duckdb_settings"},
	"a rare table":         {inFrom("pragma_storage_info"), "", calls + " pragma_storage_info"},
	"a plan that writes":   {scalar("json_serialize_plan"), "", writes},
	"a plan":               {scalar("json_serialize_plan"), "", calls + " json_serialize_plan"},
	"a setting":            {scalar("current_setting"), "", calls + " current_setting"},
	"the environment":      {scalar("getenv"), "", calls + " getenv"},
	"a log":                {scalar("write_log"), "", calls + " write_log"},
	"a rare scalar":        {scalar("pg_postmaster_start_time"), "", calls + " pg_postmaster_start_time"},
	"a file as a table":    {noFile, "", tells},
	"a file elsewhere":     {noFile, "", reaches},
	"a file with a schema": {noSchema, "", tells},
	"a view":               {notInFrom, "pg_settings|duckdb_databases", calls},
	"a file beside WITH":   {noFile, `\(with \S* ?"/`, tells},
	"a view beside WITH":   {notInFrom, `\(with (duckdb|pg|pragma)_\w+ as`, calls},
	"COPY TO":              {onlySelect, `^copy \(select 1\) to`, writes},
	"COPY FROM":            {onlySelect, "^copy t from", changes},
	"EXPORT":               {onlySelect, "^export", writes},
	"IMPORT":               {onlySelect, "^import", reaches},
	"ATTACH":               {onlySelect, "^attach", changes},
	"ATTACH of a new file": {onlySelect, "^attach", writes},
	"LOAD":                 {onlySelect, "^load", isOther},
	"SET":                  {onlySelect, "^set", isOther},
	"SET VARIABLE":         {onlySelect, "^set variable", changes},
	"PRAGMA":               {onlySelect, "^pragma", isOther},
	"CALL":                 {onlySelect, "^call", isOther},
	"CREATE":               {onlySelect, "^create table", changes},
	"INSERT":               {onlySelect, "^insert", changes},
	"DROP":                 {onlySelect, "^drop", changes},
	"EXPLAIN":              {onlySelect, "^explain", isOther},
	"a second SELECT":      {several, "", isSeveral},
	"a COPY that follows":  {onlySelect, `^select 1; copy \(select`, writes},
}

// mostUnnoticed is how many statements a hole may stay unnoticed for: the seeds are a
// tenth of it, and a fuzzer makes so many in some seconds.
const mostUnnoticed = 4_000

// What looks after the sandbox notices when something gets out: with each of these let
// through by an oversight, the fuzzer's seeds and some statements more do what they may
// not, and it is seen by what they do. A fuzzer that can't fail proves nothing.
func TestFuzzNoticesWhatGetsOut(t *testing.T) {
	place := newGround(t)
	left, seeds := maps.Clone(holes), fuzzSeeds()
	for n := 0; n < mostUnnoticed && len(left) > 0; {
		seed := []byte(fmt.Sprint(n))
		if n/perInput < len(seeds) {
			seed = seeds[n/perInput]
		}
		next := place.statements(seed)
		for range perInput {
			n++
			query := next()
			refused := place.e.ReadOnly(t.Context(), query)
			if refused == nil {
				continue
			}
			through := maps.Clone(left)
			maps.DeleteFunc(through, func(_ string, h hole) bool { return !h.lets(query, refused.Error()) })
			if len(through) == 0 {
				continue
			}
			_, breaches := place.look(t.Context(), query, true)
			for name, h := range through {
				if slices.ContainsFunc(breaches, func(b string) bool { return strings.HasPrefix(b, h.breach) }) {
					delete(left, name)
					t.Logf("%s: noticed after %d statements: %s", name, n, query)
				}
			}
			if slices.ContainsFunc(breaches, func(b string) bool { return strings.HasPrefix(b, writes) || strings.HasPrefix(b, changes) }) {
				place.lay(t)
			}
		}
	}
	for name := range left {
		t.Errorf("%s: %d statements, and nothing was noticed", name, mostUnnoticed)
	}
}
