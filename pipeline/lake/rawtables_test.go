package lake

import (
	"maps"
	"testing"

	"carat/pipeline"
	"carat/pipeline/lake/raw"
)

// The list of feeds is the domain's. What the lake adds is which row types its
// files are written from, which the compiler needs by name.
func TestEveryFeedHasATable(t *testing.T) {
	tables := maps.Clone(rawTables())
	for _, f := range pipeline.Feeds() {
		if _, ok := tables[f.Name]; !ok {
			t.Errorf("no table of %s: add its row type to rawTables", f.Name)
		}
		delete(tables, f.Name)
	}
	for _, f := range pipeline.Feeds() {
		if f.Personal() != raw.PersonalFeeds[f.Name] {
			t.Errorf("%s: its files name persons: %v, and are kept as such: %v", f.Name, f.Personal(), raw.PersonalFeeds[f.Name])
		}
	}
	for name := range tables {
		t.Errorf("a table of %s, which is no feed", name)
	}
}
