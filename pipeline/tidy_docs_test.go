package pipeline_test

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A link of the documentation leads to a file that is there, and to a heading
// where it names one.
func TestLinksLeadSomewhere(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	for _, s := range sources(t, ".md") {
		for _, m := range link.FindAllStringSubmatch(string(s.text), -1) {
			target, anchor, _ := strings.Cut(m[1], "#")
			if strings.Contains(target, ":") {
				continue // another site
			}
			file, text := s.path, s.text
			if target != "" {
				file = path.Join(path.Dir(s.path), target)
				if _, err := os.Stat(filepath.Join(house, file)); err != nil {
					t.Errorf("%s links to %s, which isn't there", s.path, target)
					continue
				}
			}
			if anchor == "" {
				continue
			}
			if target != "" {
				var err error
				if text, err = os.ReadFile(filepath.Join(house, file)); err != nil {
					t.Fatal(err)
				}
			}
			if !anchors(text)[anchor] {
				t.Errorf("%s links to %s, and no heading of %s is called so", s.path, m[1], file)
			}
		}
	}
}

// anchors are the names by which headings are linked to: lower case, without
// punctuation, with a hyphen for each blank.
func anchors(text []byte) map[string]bool {
	list := map[string]bool{}
	drop := regexp.MustCompile(`[^\p{L}\p{N} _-]`)
	for _, m := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllSubmatch(text, -1) {
		name := drop.ReplaceAllString(strings.ToLower(string(m[1])), "")
		list[strings.ReplaceAll(name, " ", "-")] = true
	}
	return list
}

// A path that docs/contributing.md names is there, so that the first guess leads
// somewhere. <name> stands for any name.
func TestContributingNamesPathsThatAreThere(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(house, "docs", "contributing.md"))
	if err != nil {
		t.Fatal(err)
	}
	named, any := regexp.MustCompile("`((?:cmd|jobs|pipeline|reports|sql|fixtures|docs)/[^`\\s]+)`"), regexp.MustCompile(`<[^>]*>`)
	found := named.FindAllSubmatch(text, -1)
	if len(found) < 40 {
		t.Fatalf("%d paths found: this test looks in the wrong place", len(found))
	}
	for _, m := range found {
		files, err := filepath.Glob(filepath.Join(house, any.ReplaceAllString(string(m[1]), "*")))
		if err != nil || len(files) == 0 {
			t.Errorf("docs/contributing.md names %s, which isn't there", m[1])
		}
	}
}

// A test that the documentation names is there: what docs/operations.md promises
// stands beside the test that holds it. … stands for any part of a name.
func TestDocumentationNamesTestsThatAreThere(t *testing.T) {
	defined := map[string]bool{}
	declared, named := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w+)\(`), regexp.MustCompile("`((?:Test|Fuzz|Benchmark)[A-Z…][\\w…]*)(?:/([\\w-]+))?`")
	for _, s := range sources(t, ".go") {
		for _, m := range declared.FindAllSubmatch(s.text, -1) {
			defined[string(m[1])] = true
		}
	}
	promised := 0
	for _, s := range sources(t, ".md") {
		for _, m := range named.FindAllSubmatch(s.text, -1) {
			if s.path == "docs/operations.md" {
				promised++
			}
			name := regexp.MustCompile("^" + strings.ReplaceAll(string(m[1]), "…", `\w+`) + "$")
			there := false
			for one := range defined {
				there = there || name.MatchString(one)
			}
			if !there {
				t.Errorf("%s names %s, which no file of tests holds", s.path, m[1])
			}
			if story := string(m[2]); story != "" {
				if found, _ := filepath.Glob(filepath.Join(house, "cmd/carat/testdata/script", story+".txtar")); string(m[1]) != "TestScript" || len(found) != 1 {
					t.Errorf("%s names %s/%s, which is no story", s.path, m[1], story)
				}
			}
		}
	}
	if promised < 50 {
		t.Errorf("docs/operations.md names %d tests: this test looks in the wrong place", promised)
	}
}

// Each promise of the page on what carat protects against stands beside a test.
func TestEachPromiseHasItsTest(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(house, "docs", "operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, page, found := strings.Cut(string(text), "\n## What carat protects against, and what not\n")
	page, _, _ = strings.Cut(page, "\n## ")
	rows := 0
	for line := range strings.Lines(page) {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| promise |") || strings.HasPrefix(line, "| what was done |") {
			continue
		}
		rows++
		cells := strings.Split(strings.TrimSuffix(strings.TrimSpace(line), " |"), " | ")
		if last := cells[len(cells)-1]; len(cells) != 3 || !strings.Contains(last, "`Test") {
			t.Errorf("no test stands beside %q", cells[0])
		}
	}
	if !found || rows < 20 {
		t.Errorf("%d promises found: this test looks in the wrong place", rows)
	}
}
