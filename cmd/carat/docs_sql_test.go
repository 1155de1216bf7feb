package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// sqlTold is a statement that a document or a help text shows.
type sqlTold struct{ where, sql string }

var (
	// queryTold is `carat query` with a statement in quotes, also in running text,
	// where it may go on over a line's end.
	queryTold   = regexp.MustCompile("carat query((?:\\s+--[a-z-]+(?:[ =][^\\s`\"'-]\\S*)?)*)\\s+(?:\"([^\"`]+)\"|'([^'`]+)')")
	blockTold   = regexp.MustCompile("(?ms)^```sql\n(.*?)^```$")
	controlTold = regexp.MustCompile(`(?m)^-- control: (\w+)$`)
)

// statementsTold takes the statements out of the documents, the README and the
// help of every verb, and the controls that one could write oneself by their file.
// The sql blocks of docs/auditors.md are run by TestAuditorsWalkThrough, over the
// file that is published there.
func statementsTold(t *testing.T) (statements []sqlTold, controls map[string]string) {
	t.Helper()
	controls = map[string]string{}
	texts := map[string]string{}
	files, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(files) < 8 {
		t.Fatalf("documents %v: %v", files, err)
	}
	for _, file := range append(files, "../../README.md") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		texts[file] = string(text)
		if filepath.Base(file) == "auditors.md" {
			continue
		}
		for _, block := range blockTold.FindAllStringSubmatch(string(text), -1) {
			if name := controlTold.FindStringSubmatch(block[1]); name != nil {
				controls["ctl_"+name[1]+".sql"] = block[1]
				continue
			}
			for one := range strings.SplitSeq(strings.TrimSpace(block[1]), ";\n") {
				statements = append(statements, sqlTold{file, one})
			}
		}
	}
	for _, cmd := range newApp([]string{"carat"}, nil, nil, nil).root().Commands() {
		texts["help of "+cmd.Name()] = cmd.Long + "\n" + cmd.Example
	}
	for where, text := range texts {
		for _, m := range queryTold.FindAllStringSubmatch(text, -1) {
			statements = append(statements, sqlTold{where, strings.Join(strings.Fields(m[2]+m[3]), " ")})
		}
	}
	slices.SortFunc(statements, func(a, b sqlTold) int { return strings.Compare(a.where+a.sql, b.where+b.sql) })
	return statements, controls
}

// Whatever SQL the documents and the help show runs over a month as it stands.
func TestSQLOfTheDocumentsRuns(t *testing.T) {
	t.Parallel()
	statements, controls := statementsTold(t)
	if len(statements) < 12 || len(controls) < 1 {
		t.Fatalf("%d statements and %d controls found: this test looks in the wrong place", len(statements), len(controls))
	}
	dir := filepath.Join(t.TempDir(), "month")
	carat := func(args ...string) error {
		cmd := exec.CommandContext(t.Context(), "carat", append(args, "--user", "ann")...)
		if told, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%w: %s", err, told)
		}
		return nil
	}
	if err := carat("generate", "--out", dir, "--creators", "20", "--viewers", "60", "--gifts", "400", "--files", "month"); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "controls"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range controls {
		if err := os.WriteFile(filepath.Join(dir, "controls", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := carat("run", "--period", "2026-10", "--dir", dir); err != nil {
		t.Fatal(err)
	}
	for _, one := range statements {
		if err := carat("query", "--format", "csv", "--dir", dir, one.sql); err != nil {
			t.Errorf("%s: %s\n%v", one.where, one.sql, err)
		}
	}
}
