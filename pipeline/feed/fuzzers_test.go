package feed_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"carat/pipeline/feed"
)

// Every format has a fuzz target, and every target its line in the documentation: a parser
// that nobody feeds hostile input is found by who sends some.
func TestEveryParserHasAFuzzer(t *testing.T) {
	const root = "../.."
	text, err := os.ReadFile(filepath.Join(root, "docs/contributing.md"))
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	reads := ""
	for _, row := range regexp.MustCompile("(?m)^\\| (.*) \\| `([a-z0-9/]+)` \\| `(Fuzz[A-Za-z0-9]+)` \\|$").FindAllStringSubmatch(string(text), -1) {
		reads += row[1] + " "
		told = append(told, row[2]+" "+row[3])
	}
	for _, format := range feed.Formats() {
		if !strings.Contains(reads, "`"+format+"`") {
			t.Errorf("the format %s has no fuzz target in docs/contributing.md", format)
		}
	}
	target := regexp.MustCompile(`(?m)^func (Fuzz[A-Za-z0-9]+)\(`)
	var there []string
	for _, folder := range []string{"pipeline", "jobs", "reports", "fixtures", "cmd"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			code, err := os.ReadFile(path)
			for _, m := range target.FindAllSubmatch(code, -1) {
				within, err := filepath.Rel(root, filepath.Dir(path))
				if err != nil {
					return err
				}
				there = append(there, filepath.ToSlash(within)+" "+string(m[1]))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, one := range there {
		if !slices.Contains(told, one) {
			t.Errorf("%s has no line in docs/contributing.md", one)
		}
	}
	for _, one := range told {
		if !slices.Contains(there, one) {
			t.Errorf("docs/contributing.md tells of %s, which isn't there", one)
		}
	}
}
