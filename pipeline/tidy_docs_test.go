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
