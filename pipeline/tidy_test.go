package pipeline_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"math/big"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The tidy test keeps the house in order: who may import whom, how SQL is
// written, how long a file may be, that money meets no float. The rules are
// those of the design; the reasons stand beside each.

const (
	house        = ".."
	fileLinesMax = 600 // past it a file is two things

	packageLinesMax = 2_600 // about 2,500 are asked for: past it a package is two subjects
	folderFilesMax  = 25
)

// topLevel is all that may lie at the top of the repository.
var topLevel = []string{
	"cmd", "jobs", "pipeline", "reports", "sql", "fixtures", "docs", "third_party", ".ci",
	"go.mod", "go.sum", "Makefile", "README.md", "LICENSE", ".gitignore",
}

// mayImport says which of carat's own packages the packages of a folder may
// import; "x/..." is x and all below it. Adapters under pipeline/ don't know one
// another: jobs pass data between them. The longest prefix of a folder decides.
var mayImport = map[string][]string{
	"cmd":             {"jobs/...", "fixtures", "fixtures/crowd", "reports/...", "sql", "pipeline", "pipeline/certificate", "pipeline/decision", "pipeline/sampling", "pipeline/identity/...", "pipeline/postgres", "pipeline/spelling", "docs"},
	"jobs":            {"docs", "reports/...", "pipeline/identity/...", "sql", "pipeline", "pipeline/feed", "pipeline/feed/address", "pipeline/feed/guess", "pipeline/feed/feedtest", "pipeline/decision", "pipeline/sampling", "pipeline/certificate", "pipeline/spelling", "pipeline/undo", "pipeline/lake", "pipeline/engine", "pipeline/state", "pipeline/state/signed", "pipeline/source/...", "pipeline/timestamp", "pipeline/engine/trino", "pipeline/chart"},
	"docs":            {},
	forTests:          {"jobs/...", "fixtures", "reports/...", "pipeline", "pipeline/decision"},
	"reports":         {},
	"pipeline":        {},
	"pipeline/lake":   {"pipeline", "pipeline/certificate"},
	"pipeline/engine": {"pipeline", "pipeline/chart", "pipeline/decision", "pipeline/dialect", "sql"},
	"pipeline/state":  {"pipeline", "pipeline/decision", "pipeline/postgres", "pipeline/spelling", "pipeline/state/database"},

	// What of the state is pure, and what people signed.
	"pipeline/state/chain":      {"pipeline"},
	"pipeline/state/migrations": {},
	"pipeline/state/signed":     {"pipeline", "pipeline/spelling"},

	"sql":                {},
	"fixtures":           {"pipeline"},
	"fixtures/world":     {"pipeline"},
	"fixtures/crowd":     {}, // asks over the network
	"fixtures/files":     {"pipeline", "fixtures/world"},
	"fixtures/messy":     {"pipeline"},
	"fixtures/lots":      {"fixtures/world"},
	"fixtures/tally":     {"fixtures/world"},
	"fixtures/recording": {"fixtures/world"},
	"fixtures/month":     {"pipeline", "fixtures/world", "fixtures/files", "fixtures/lots", "fixtures/tally", "fixtures/recording"},
	"fixtures/plan":      {"pipeline", "fixtures/world", "fixtures/month"},
	"third_party":        {}, // replaces modules of others

	// What locks a month is written by jobs and kept by the lake.
	"pipeline/certificate": {"pipeline", "pipeline/decision"},

	// Who people are is judged where nothing is kept; keys are found beside it.
	"pipeline/identity":        {},
	"pipeline/identity/sshkey": {"pipeline", "pipeline/identity"},
	// How the state's database is reached, whatever is in it.
	"pipeline/state/database": {"pipeline", "pipeline/postgres", "pipeline/spelling"},

	// Roles of the journal and the accounts that they may have.
	"pipeline/chart": {},
	// What a person decided is kept by the state, certified, and what a run is built with.
	"pipeline/decision": {"pipeline"},

	// Texts that others chose are spelled alike in records and on screens.
	"pipeline/spelling":      {"pipeline"},
	"pipeline/parquetlimits": {},
	// Catalog and state connect to one database, in the same way.
	"pipeline/postgres":              {"pipeline"},
	"pipeline/postgres/postgrestest": {}, // for tests alone
	"pipeline/sampling":              {},
	"pipeline/undo":                  {"pipeline"},

	// Time stamps are asked for and checked by who knows nothing of what is stamped.
	"pipeline/timestamp":           {},
	"pipeline/timestamp/authority": {}, // for tests alone

	// What runs the SQL knows no model: engine says what it runs, and when.
	"pipeline/dialect":        {"sql", "pipeline/engine/sqltext"}, // its tests alone
	"pipeline/engine/duckdb":  {"pipeline"},
	"pipeline/engine/sqltext": {"pipeline"},
	"pipeline/engine/trino":   {"pipeline", "pipeline/dialect", "pipeline/engine/duckdb", "pipeline/engine/history"},

	"pipeline/engine/trino/trinotest": {}, // for tests alone
	"pipeline/engine/repeats":         {"pipeline", "pipeline/engine/duckdb"},
	"pipeline/engine/own":             {"pipeline", "pipeline/engine/duckdb"},
	"pipeline/engine/lotpass":         {"pipeline/lots", "pipeline/engine/duckdb"},
	"pipeline/lots":                   {},

	// The rooms of the lake know those below them.
	"pipeline/lake/store": {"pipeline", "pipeline/postgres"},
	// Where objects lie doesn't know what they are, and one place not another.
	"pipeline/lake/place":           {"pipeline", "pipeline/lake/store", "pipeline/lake/store/bucket", "pipeline/lake/store/folder", "pipeline/lake/store/object"},
	"pipeline/lake/store/object":    {},
	"pipeline/lake/store/folder":    {"pipeline/lake/store", "pipeline/lake/store/object"},
	"pipeline/lake/store/bucket":    {"pipeline", "pipeline/lake/store/object"},
	"pipeline/lake/store/storetest": {"pipeline/lake/store/object"}, // for tests alone
	"pipeline/lake/chain":           {"pipeline", "pipeline/spelling"},
	"pipeline/lake/keys":            {},
	"pipeline/lake/keyindex":        {},
	"pipeline/lake/seal":            {"pipeline/lake/store"},
	"pipeline/lake/raw":             {"pipeline/lake/store"},
	"pipeline/lake/people":          {"pipeline", "pipeline/feed/address", "pipeline/lake/store"},
	"pipeline/lake/pages":           {"pipeline", "pipeline/parquetlimits", "pipeline/lake/store"},
	"pipeline/lake/fence":           {"pipeline", "pipeline/lake/identity"},
	"pipeline/lake/inventory":       {"pipeline", "pipeline/lake/store"},
	"pipeline/lake/pointers":        {"pipeline"},
	"pipeline/lake/shape":           {"pipeline"},
	"pipeline/lake/upgrade":         {"pipeline", "pipeline/lake/catalog", "pipeline/lake/chain", "pipeline/lake/compact", "pipeline/lake/identity", "pipeline/lake/pages", "pipeline/lake/published", "pipeline/lake/raw", "pipeline/lake/verify"},
	"pipeline/lake/identity":        {"pipeline", "pipeline/lake/store", "pipeline/postgres"},
	"pipeline/lake/catalog":         {"pipeline", "pipeline/lake/chain", "pipeline/lake/fence", "pipeline/lake/identity", "pipeline/lake/inventory", "pipeline/lake/links", "pipeline/lake/pages", "pipeline/lake/pointers", "pipeline/lake/published", "pipeline/lake/shape", "pipeline/lake/store", "pipeline/postgres"},
	"pipeline/lake/links":           {"pipeline", "pipeline/lake/chain", "pipeline/lake/pages"},
	"pipeline/lake/published":       {"pipeline/lake/chain"},
	"pipeline/lake/certificates":    {"pipeline", "pipeline/certificate", "pipeline/lake/catalog", "pipeline/lake/store"},
	"pipeline/lake/compact":         {"pipeline/lake/catalog", "pipeline/lake/chain", "pipeline/lake/pages", "pipeline/lake/store"},
	"pipeline/lake/sweep":           {"pipeline", "pipeline/lake/catalog", "pipeline/lake/chain", "pipeline/lake/links", "pipeline/lake/pages", "pipeline/lake/people", "pipeline/lake/raw", "pipeline/lake/store"},
	"pipeline/lake/verify": {"pipeline", "pipeline/lake/catalog", "pipeline/lake/chain", "pipeline/lake/identity", "pipeline/lake/inventory", "pipeline/lake/keyindex", "pipeline/lake/links", "pipeline/lake/pages", "pipeline/lake/pointers", "pipeline/lake/published", "pipeline/lake/raw",
		"pipeline/lake/seal", "pipeline/lake/store", "pipeline/lake/sweep"},

	// The rooms of reports know those below them.
	"reports/escape":            {},
	"reports/pdf":               {},
	"reports/manual":            {"docs", "sql"}, // both for tests: it is given what it lays out
	"reports/auditfile":         {},
	"reports/yearfile":          {"pipeline", "reports/escape"},
	"reports/locale":            {"pipeline"},
	"reports/table":             {"pipeline", "reports/escape"},
	"reports/trace":             {"pipeline", "reports/escape", "reports/table"},
	"reports/pages":             {"pipeline", "reports/escape", "reports/locale"},
	"reports/pages/site":        {"pipeline", "reports/table"},
	"reports/journal":           {"pipeline", "reports/escape", "reports/table"},
	"reports/journal/saft":      {"pipeline", "reports/escape", "reports/table"},
	"reports/statement":         {"pipeline", "reports/escape", "reports/locale", "reports/agency", "reports/statement/catalog"}, // agency for tests: it stands on statement
	"reports/statement/catalog": {"reports/locale"},
	"reports/statement/data":    {"pipeline", "reports/escape", "reports/statement"},
	"reports/agency":            {"pipeline", "reports/escape", "reports/locale", "reports/statement", "reports/statement/catalog"},
	"reports/letter":            {"pipeline", "reports/locale", "reports/statement", "reports/statement/catalog"},
	"reports/statement/html":    {"pipeline", "reports/agency", "reports/escape", "reports/locale", "reports/pages", "reports/statement", "reports/statement/catalog"},
	"reports/statement/pdf":     {"pipeline", "reports/agency", "reports/locale", "reports/pages", "reports/pdf", "reports/statement", "reports/statement/catalog"},
	"reports/closepackage":      {"pipeline", "reports/locale", "reports/pages", "reports/statement", "reports/table"},

	// Where files lie: kinds of sources don't know one another.
	"pipeline/source":            {"pipeline", "pipeline/source/reach"},
	"pipeline/source/reach":      {},
	"pipeline/source/sourcetest": {"pipeline/source"}, // for tests alone
	"pipeline/source/web":        sourcesMayImport,
	"pipeline/source/sftp":       sourcesMayImport,
	"pipeline/source/bucket":     sourcesMayImport,
	"pipeline/source/database":   sourcesMayImport,
	"pipeline/source/appstore":   sourcesMayImport,
	"pipeline/source/stripe":     sourcesMayImport,

	// The frame of all formats, and a room for each provider.
	"pipeline/feed": {"pipeline", "pipeline/parquetlimits", "pipeline/feed/lex", "pipeline/feed/typed", "pipeline/feed/published", "pipeline/feed/workbook", "pipeline/feed/packing", "pipeline/feed/layout", "pipeline/feed/guess", "pipeline/feed/view", "pipeline/feed/apple",
		"pipeline/feed/google", "pipeline/feed/stripe", "pipeline/feed/paypal", "pipeline/feed/adyen", "pipeline/feed/bank", "pipeline/feed/live", "pipeline/feed/ecb"},
	"pipeline/feed/lex":       {"pipeline"},
	"pipeline/feed/address":   {}, // what a letter is sent to is judged again when it is sent
	"pipeline/feed/typed":     {"pipeline", "pipeline/feed/address", "pipeline/feed/lex"},
	"pipeline/feed/workbook":  {"pipeline", "pipeline/feed/lex", "pipeline/feed/typed"},
	"pipeline/feed/published": {"pipeline", "pipeline/feed/lex"},
	"pipeline/feed/packing":   {"pipeline", "pipeline/feed/lex"},
	"pipeline/feed/guess":     {"pipeline", "pipeline/feed/lex", "pipeline/feed/packing", "pipeline/feed/published", "pipeline/feed/workbook", "pipeline/feed/layout", "pipeline/spelling"},
	"pipeline/feed/layout":    {"pipeline", "pipeline/feed/lex", "pipeline/feed/published", "pipeline/feed/workbook"},
	"pipeline/feed/view":      {"pipeline", "pipeline/feed/lex", "pipeline/feed/published", "pipeline/feed/layout"},
	// Providers don't know each other, nor who lists them: a provider is added or
	// taken out without a look at another.
	"pipeline/feed/apple":    providersMayImport,
	"pipeline/feed/google":   providersMayImport,
	"pipeline/feed/stripe":   providersMayImport,
	"pipeline/feed/paypal":   providersMayImport,
	"pipeline/feed/adyen":    providersMayImport,
	"pipeline/feed/bank":     providersMayImport,
	"pipeline/feed/live":     providersMayImport,
	"pipeline/feed/ecb":      providersMayImport,
	"pipeline/feed/feedtest": {"pipeline", "pipeline/feed", "pipeline/feed/lex", "pipeline/feed/published"}, // for tests alone
}

// sourcesMayImport is what every kind of source shares.
var sourcesMayImport = []string{"pipeline/source", "pipeline/source/reach"}

// providersMayImport is the frame of a published format.
var providersMayImport = []string{"pipeline", "pipeline/feed/lex", "pipeline/feed/published"}

// jobsInOrder are the packages of jobs, each of which may import those before it
// and none after. Their tests may import all: the compiler forbids a circle.
var jobsInOrder = []string{
	"jobs/disk", "jobs/score", "jobs/names", "jobs/sandbox", "jobs/timetable", "jobs/reshape", "jobs/config/reference", "jobs/config/differ", "jobs/config/literal", "jobs/config/location", "jobs/config/authority", "jobs/config/cluster", "jobs/config/signin", "jobs/config", "jobs/engines", "jobs/books", "jobs/written", "jobs/gone", "jobs/stamp", "jobs/people", "jobs/fetch", "jobs/doctor", "jobs/ingest", "jobs/reconcile", "jobs/statements", "jobs/closepackage", "jobs/yearfiles", "jobs/mail", "jobs/files", "jobs/history", "jobs/exceptions", "jobs/talk", "jobs/views", "jobs/ask", "jobs/creators", "jobs/sample", "jobs/publish", "jobs/month", "jobs/guard/elsewhere", "jobs/guard", "jobs/relocate", "jobs", "jobs/schedule", "jobs/serve/web", "jobs/serve/work", "jobs/serve/signing", "jobs/serve/provider", "jobs/serve/provider/providertest", "jobs/serve/arriving", "jobs/serve/uploads", "jobs/serve/room", "jobs/serve/kept", "jobs/serve/talking", "jobs/serve/views", "jobs/serve/creators", "jobs/serve/reading", "jobs/serve/api", "jobs/serve/flight", "jobs/serve/pages", "jobs/serve",
}

// forTests is what only tests import.
const forTests = "jobs/internal/trial"

// testsMayImport is allowed in tests besides: generated input and the models.
var testsMayImport = []string{"fixtures", "fixtures/crowd", "sql", "pipeline", "pipeline/postgres", "pipeline/postgres/postgrestest"}

// formatTestsMayImport is allowed besides in the tests below pipeline/feed: a
// format is tested as a file is read.
var formatTestsMayImport = []string{"pipeline/feed", "pipeline/feed/feedtest"}

// mayFloat are the files in which a float is no money, with the reason. A
// reason that is no longer true fails too.
var mayFloat = map[string]string{
	"pipeline/sampling/attributes.go":         "chances of a count, no money: a limit is a whole number of items before an amount is multiplied",
	"pipeline/sampling/factors.go":            "quantiles of distributions, no money: they are decimals of two or four places before an amount is multiplied",
	"pipeline/source/database/mysql.go":       "its driver gives DOUBLE as one; it is written as the shortest text that gives it again",
	"pipeline/source/database/trinovalues.go": "Trino writes DOUBLE as Java does; it is written as the shortest text that gives it again",
	"cmd/carat/schedule.go":                   "Prometheus counts seconds and instants in floats",
	"cmd/carat/metrics.go":                    "Prometheus counts in floats",
	"fixtures/world/draw.go":                  "draws from distributions: who and when; amounts are whole units at once",
	"reports/table/rows_xlsx.go":              "a number of Excel is a double; one with more digits than a double keeps is written as text",
	"reports/pdf/profile.go":                  "the published numbers of sRGB: colours, no money",
	"reports/closepackage/number.go":          "a spreadsheet's numbers are doubles: only decimals that they hold exactly become one",
}

// mayBeLarge are the packages above those sizes, with the reason.
var mayBeLarge = map[string]string{
	"cmd/carat": "one file a verb, each found by the verb's name",
}

// mayReadWorld are the folders that read the environment, the clock or flags.
var mayReadWorld = []string{"cmd"}

// mayUse are single uses of the world elsewhere, with the reason.
var mayUse = map[string]string{
	"pipeline/timestamp/authority/authority.go os.Getenv":  "CI, in which OpenSSL may not be missing: it is for tests alone",
	"pipeline/timestamp/authority/authority.go os.Environ": "OpenSSL's own environment, in tests alone",
	"pipeline/engine/trino/trinotest/server.go os.Getenv":  "where the server and its Java are: it is for tests alone",
	"pipeline/engine/trino/trinotest/server.go os.Environ": "the server's own environment, in tests alone",
	"pipeline/engine/trino/trinotest/server.go time.Now":   "how long a server may take to come up, in tests alone",
	"jobs/internal/trial/seeds.go os.Getenv":               "CARAT_SEED and CARAT_SIMULATE, for tests of several packages",
	"pipeline/lake/lake.go time.Now":                       "the clock of the lock's notice when none is handed in",
	"pipeline/lake/catalog/clock.go time.Now":              "Iceberg dates snapshots by the machine's clock, whatever clock is handed in",
}

type source struct {
	path string // from the top of the repository, with slashes
	text []byte
}

// sources gives the files of the repository with one of the extensions.
func sources(t *testing.T, extensions ...string) []source {
	t.Helper()
	var list []source
	err := filepath.WalkDir(house, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(house, name)
		if err != nil {
			return err
		}
		if d.IsDir() && (ignored(rel) || d.Name() == "testdata" && !slices.Contains(extensions, ".txtar")) {
			return filepath.SkipDir
		}
		if d.IsDir() || !slices.Contains(extensions, path.Ext(d.Name())) {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		list = append(list, source{filepath.ToSlash(rel), text})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(list) == 0 {
		t.Fatalf("no %v found: this test looks in the wrong place", extensions)
	}
	return list
}

// ignored are the folders of .gitignore, and git's own.
func ignored(rel string) bool {
	return rel == ".git" || rel == "bin" || rel == "carat-demo" || rel == "dist" || rel == ".bench"
}

func TestTopLevelIsFixed(t *testing.T) {
	entries, err := os.ReadDir(house)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !ignored(e.Name()) && !slices.Contains(topLevel, e.Name()) {
			t.Errorf("%s does not belong at the top level", e.Name())
		}
	}
}

func TestFilesAreShort(t *testing.T) {
	for _, s := range sources(t, ".go", ".sql") {
		if n := bytes.Count(s.text, []byte("\n")); n > fileLinesMax {
			t.Errorf("%s has %d lines, more than %d: it is two things", s.path, n, fileLinesMax)
		}
	}
}

// A package holds one subject, and a folder can be read at a glance. Tests and
// the cases beside models don't count.
func TestPackagesAreSmall(t *testing.T) {
	type size struct{ lines, files int }
	sizes := map[string]size{}
	for _, s := range sources(t, ".go") {
		if strings.HasSuffix(s.path, "_test.go") {
			continue
		}
		n := sizes[path.Dir(s.path)]
		sizes[path.Dir(s.path)] = size{n.lines + bytes.Count(s.text, []byte("\n")), n.files + 1}
	}
	for folder, n := range sizes {
		if n.lines > packageLinesMax && mayBeLarge[folder] == "" {
			t.Errorf("%s has %d lines, more than %d: it is two subjects", folder, n.lines, packageLinesMax)
		}
		if n.files > folderFilesMax && mayBeLarge[folder] == "" {
			t.Errorf("%s has %d files, more than %d: it is two subjects", folder, n.files, folderFilesMax)
		}
	}
	for folder := range mayBeLarge {
		if n := sizes[folder]; n.lines <= packageLinesMax && n.files <= folderFilesMax {
			t.Errorf("%s is no longer large: take it out of mayBeLarge", folder)
		}
	}
}

func TestNamesSaySomething(t *testing.T) {
	vague := regexp.MustCompile(`(^|[/_])(utils?|helpers?|common|misc|managers?)([/_.]|$)`)
	for _, s := range sources(t, ".go", ".sql") {
		if vague.MatchString(s.path) {
			t.Errorf("%s: the name says nothing", s.path)
		}
	}
}

func parsed(t *testing.T, s source) *ast.File {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), s.path, s.text, 0)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// rule gives the value of the longest key that is the folder or one above it.
func rule(folder string) (string, []string, bool) {
	for dir := folder; dir != "."; dir = path.Dir(dir) {
		if allowed, ok := mayImport[dir]; ok {
			return dir, allowed, true
		}
	}
	return "", nil, false
}

func TestImportsRunOneWay(t *testing.T) {
	for _, s := range sources(t, ".go") {
		folder, isTest := path.Dir(s.path), strings.HasSuffix(s.path, "_test.go")
		dir, allowed, ok := rule(folder)
		if !ok {
			t.Errorf("%s: its folder has no rule; add one to mayImport with a reason", s.path)
			continue
		}
		for _, i := range parsed(t, s).Imports {
			name, _ := strconv.Unquote(i.Path.Value)
			own, isOwn := strings.CutPrefix(name, "carat/")
			if !isOwn || own == folder || strings.HasPrefix(own, dir+"/") && dir != "pipeline" && dir != "pipeline/feed" {
				continue
			}
			if isTest && (slices.Contains(testsMayImport, own) || strings.HasPrefix(folder, "pipeline/feed") && slices.Contains(formatTestsMayImport, own) ||
				strings.HasPrefix(folder, "pipeline/source") && own == "pipeline/source/sourcetest" || strings.HasPrefix(folder, "pipeline/lake") && own == "pipeline/lake/store/storetest" || own == "pipeline/timestamp/authority" || own == "pipeline/engine/trino/trinotest") {
				continue
			}
			if dir == "jobs" && within([]string{"jobs/..."}, own) {
				continue // TestJobsImportInOrder judges them among themselves
			}
			if !within(allowed, own) {
				t.Errorf("%s imports %s; %s may import %v", s.path, name, dir, allowed)
			}
		}
	}
}

// within says whether a list names a package, or a folder above it as "x/...".
func within(allowed []string, own string) bool {
	return slices.ContainsFunc(allowed, func(a string) bool {
		folder, all := strings.CutSuffix(a, "/...")
		return own == folder || all && strings.HasPrefix(own, folder+"/")
	})
}

// What runs is one package a subject, and imports run down the list.
func TestJobsImportInOrder(t *testing.T) {
	for _, s := range sources(t, ".go") {
		folder := path.Dir(s.path)
		if !within([]string{"jobs/..."}, folder) || folder == forTests || strings.HasSuffix(s.path, "_test.go") {
			continue
		}
		at := slices.Index(jobsInOrder, folder)
		if at < 0 {
			t.Errorf("%s: its folder has no place in jobsInOrder", s.path)
			continue
		}
		for _, i := range parsed(t, s).Imports {
			name, _ := strconv.Unquote(i.Path.Value)
			own, _ := strings.CutPrefix(name, "carat/")
			if within([]string{"jobs/..."}, own) && !slices.Contains(jobsInOrder[:at], own) {
				t.Errorf("%s imports %s; %s may import %v of the jobs", s.path, name, folder, jobsInOrder[:at])
			}
		}
	}
}

// The domain does no I/O, so that it can be used and tested anywhere.
func TestDomainIsPure(t *testing.T) {
	for _, s := range sources(t, ".go") {
		if path.Dir(s.path) != "pipeline" || strings.HasSuffix(s.path, "_test.go") {
			continue
		}
		for _, i := range parsed(t, s).Imports {
			name, _ := strconv.Unquote(i.Path.Value)
			first, _, _ := strings.Cut(name, "/")
			if strings.Contains(first, ".") {
				t.Errorf("%s imports %s, which is not the standard library", s.path, name)
			}
			for _, io := range []string{"os", "net", "database", "io/fs", "embed", "log", "syscall"} {
				if name == io || strings.HasPrefix(name, io+"/") {
					t.Errorf("%s imports %s: the domain does no I/O", s.path, name)
				}
			}
		}
	}
}

// Only cmd reads flags, the environment and the clock, and only cmd prints or
// exits: a job that runs twice on the same input does the same.
func TestWorldIsReadInOnePlace(t *testing.T) {
	world := map[string][]string{
		"os":   {"Getenv", "LookupEnv", "Environ", "Args", "Exit", "Stdout", "Stderr", "Stdin"},
		"time": {"Now", "Since", "Until"},
		"fmt":  {"Print", "Printf", "Println"},
		"flag": nil, "log": nil,
	}
	used := map[string]bool{}
	for _, s := range sources(t, ".go") {
		if strings.HasSuffix(s.path, "_test.go") || slices.ContainsFunc(mayReadWorld, func(d string) bool { return strings.HasPrefix(s.path, d+"/") }) {
			continue
		}
		f := parsed(t, s)
		for _, i := range f.Imports {
			if i.Path.Value == `"flag"` || i.Path.Value == `"log"` {
				t.Errorf("%s imports %s: only cmd reads flags and logs", s.path, i.Path.Value)
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if id, ok := sel.X.(*ast.Ident); ok && slices.Contains(world[id.Name], sel.Sel.Name) {
				use := s.path + " " + id.Name + "." + sel.Sel.Name
				used[use] = true
				if mayUse[use] == "" {
					t.Errorf("%s uses %s.%s: only cmd does", s.path, id.Name, sel.Sel.Name)
				}
			}
			return true
		})
	}
	for use := range mayUse {
		if !used[use] {
			t.Errorf("%s is allowed and no longer there: take it out of mayUse", use)
		}
	}
}

func TestMoneyIsNeverAFloat(t *testing.T) {
	found := map[string]bool{}
	for _, s := range sources(t, ".go") {
		if strings.HasSuffix(s.path, "_test.go") || strings.HasPrefix(s.path, "cmd/bench/") {
			continue
		}
		ast.Inspect(parsed(t, s), func(n ast.Node) bool {
			if name := floatIn(n); name != "" {
				found[s.path] = true
				if mayFloat[s.path] == "" {
					t.Errorf("%s uses %s; if it is no money, add the file to mayFloat with the reason", s.path, name)
				}
			}
			return true
		})
	}
	for file := range mayFloat {
		if !found[file] {
			t.Errorf("%s is allowed a float and has none: take it out of mayFloat", file)
		}
	}
}

// floatIn gives the float that a node is, "" if it is none. 1e14 is a whole
// number.
func floatIn(n ast.Node) string {
	switch n := n.(type) {
	case *ast.Ident:
		if n.Name == "float64" || n.Name == "float32" || n.Name == "ParseFloat" || n.Name == "Float64" {
			return n.Name
		}
	case *ast.BasicLit:
		if v, _, err := big.ParseFloat(n.Value, 10, 200, big.ToNearestEven); n.Kind == token.FLOAT && (err != nil || !v.IsInt()) {
			return n.Value
		}
	}
	return ""
}

// Parquet is opened by pipeline/parquetlimits alone: the library trusts what a file says of itself.
func TestParquetIsOpenedInBounds(t *testing.T) {
	for _, s := range sources(t, ".go") {
		if strings.HasSuffix(s.path, "_test.go") || strings.HasPrefix(s.path, "pipeline/parquetlimits/") {
			continue
		}
		for _, call := range []string{"parquet.OpenFile(", "parquet.NewReader(", "parquet.Read(", "parquet.ReadFile("} {
			if strings.Contains(string(s.text), call) {
				t.Errorf("%s calls %s): a damaged file can end the process; open it with parquetlimits", s.path, call)
			}
		}
	}
}

// Where a lake lies is no pattern: filepath.Glob over it finds what lies in a
// neighbour's folder, or nothing, where a folder has [ ] or * in its name.
// fs.Glob over os.DirFS asks the same below a folder.
func TestFoldersAreNoPatterns(t *testing.T) {
	may := []string{"cmd/bench/main.go", "pipeline/feed/feedtest/samples.go"} // what measures, what tests
	for _, s := range sources(t, ".go") {
		if !strings.HasSuffix(s.path, "_test.go") && !slices.Contains(may, s.path) && bytes.Contains(s.text, []byte("filepath."+"Glob(")) {
			t.Errorf("%s calls filepath.Glob: use fs.Glob(os.DirFS(folder), …)", s.path)
		}
	}
}
