package main

import (
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/duckdb/duckdb-go/v2"
)

// block is a fenced block of a document and what it says that is printed.
type block struct {
	line           int
	language, text string
	expected       string
	expects        bool
}

// blocksOf takes the fenced blocks of a document: a `text` block right after
// another one is what that prints.
func blocksOf(t *testing.T, file string) (blocks []block) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var open *block
	for i, line := range strings.Split(string(content), "\n") {
		fence, fenced := strings.CutPrefix(line, "```")
		switch {
		case fenced && open == nil:
			open = &block{line: i + 1, language: fence}
		case fenced && open.language == "text":
			last := &blocks[len(blocks)-1]
			if last.expects {
				t.Fatalf("%s:%d: two answers to one block", file, open.line)
			}
			last.expects, last.expected, open = true, open.text, nil
		case fenced:
			blocks, open = append(blocks, *open), nil
		case open != nil:
			open.text += line + "\n"
		}
	}
	return blocks
}

// asExpected compares what was printed with what a document says: … stands for
// any text, on a line of its own for any lines.
func asExpected(expected, printed string) bool {
	var b strings.Builder
	b.WriteString(`\A`)
	for line := range strings.Lines(expected) {
		if line == "…\n" {
			b.WriteString(`(?:.*\n)*`)
			continue
		}
		b.WriteString(strings.ReplaceAll(regexp.QuoteMeta(strings.TrimSuffix(line, "\n")), "…", ".*") + `\n`)
	}
	return regexp.MustCompile(b.String() + `\z`).MatchString(printed)
}

// notRun are the languages of blocks that the walk-through shows and nothing
// here can run, with how many there are. What OpenSSL says of a time stamp needs an
// authority, which a test of its own has.
var notRun = map[string]int{"properties": 2, "console": 1}

// docs/auditors.md works as it stands: each block is run in order, and prints
// what stands below it. DuckDB, PyIceberg and carat find the same numbers.
func TestAuditorsWalkThrough(t *testing.T) {
	t.Parallel()
	w := &walk{dir: t.TempDir(), state: t.TempDir()}
	skipped := map[string]int{}
	for _, b := range blocksOf(t, "../../docs/auditors.md") {
		var printed string
		var ok bool
		t.Run(fmt.Sprintf("%s at line %d", b.language, b.line), func(t *testing.T) {
			switch b.language {
			case "sh":
				printed = w.shell(t, b.text)
			case "sql":
				printed = w.duckdb(t, b.text)
			case "python":
				printed = w.python(t, b.text)
			default:
				skipped[b.language]++
				ok = true
				return
			}
			if ok = !b.expects || asExpected(b.expected, printed); !ok {
				t.Errorf("printed\n%s\nthe document says\n%s", printed, b.expected)
			}
			w.note(printed)
		})
		if !ok && b.language != "python" {
			t.Fatal("the blocks after it rest on this one")
		}
	}
	if fmt.Sprint(skipped) != fmt.Sprint(notRun) {
		t.Errorf("blocks that were not run: %v, want %v", skipped, notRun)
	}
	if len(w.totals) < 2 || len(slices.Compact(slices.Clone(w.totals))) != 1 {
		t.Errorf("gifts and coins are told as %v", w.totals)
	}
}

// walk is a walk-through under way.
type walk struct {
	dir, state string   // where it began, and where a shell leaves what it exported
	totals     []string // gifts and coins, as each tool tells them
}

var totalsForm = regexp.MustCompile(`(?m)^(\d{3,})[,|](\d{3,})$`)

// note keeps the totals among what was printed.
func (w *walk) note(printed string) {
	for _, found := range totalsForm.FindAllStringSubmatch(printed, -1) {
		w.totals = append(w.totals, found[1]+" "+found[2])
	}
}

// shell runs a block where the one before left off.
func (w *walk) shell(t *testing.T, text string) string {
	t.Helper()
	saved := filepath.Join(w.state, "exported")
	script := "set -euo pipefail\nif [ -f " + saved + " ]; then . " + saved + "; cd \"$PWD\"; fi\n" + text + "declare -px > " + saved + "\n"
	cmd := exec.Command("bash", "-c", script)
	cmd.Dir, cmd.Env = w.dir, append(os.Environ(), "LC_ALL=C")
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s\n%s%s", err, text, stdout.String(), stderr.String())
	}
	return stdout.String()
}

// here is the folder in which the shell is.
func (w *walk) here(t *testing.T) string {
	t.Helper()
	return strings.TrimSpace(w.shell(t, "pwd\n"))
}

// duckdb asks the published file with the driver alone, as any client does.
func (w *walk) duckdb(t *testing.T, text string) string {
	t.Helper()
	connector, err := duckdb.NewConnector(filepath.Join(w.here(t), "audit.duckdb")+"?access_mode=READ_ONLY", nil)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	var b strings.Builder
	for query := range strings.SplitSeq(strings.TrimSpace(text), ";\n") {
		rows, err := db.Query(query)
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			cells, into := make([]any, len(columns)), make([]any, len(columns))
			for i := range cells {
				into[i] = &cells[i]
			}
			if err := rows.Scan(into...); err != nil {
				t.Fatal(err)
			}
			for i, c := range cells {
				b.WriteString(map[bool]string{true: "|"}[i > 0] + fmt.Sprint(c))
			}
			b.WriteByte('\n')
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		rows.Close()
	}
	return b.String()
}

// python runs a block with the interpreter of CARAT_PYTHON, else python3.
// Without PyIceberg it is skipped, and in CI it fails.
func (w *walk) python(t *testing.T, text string) string {
	t.Helper()
	python := os.Getenv("CARAT_PYTHON")
	if python == "" {
		python = "python3"
	}
	if out, err := exec.Command(python, "-c", "import pyiceberg.catalog.sql, pyarrow, sqlalchemy").CombinedOutput(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("no PyIceberg: %v\n%s", err, out)
		}
		t.Skip("PyIceberg is not installed (python3 -m pip install 'pyiceberg[sql-sqlite,pyarrow]'; CARAT_PYTHON names the interpreter)")
	}
	cmd := exec.Command(python, "-c", text)
	cmd.Dir = w.here(t)
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	return stdout.String()
}
