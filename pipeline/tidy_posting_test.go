package pipeline_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A model that books on a monetary account stands in led_monetary_balance, whoever's
// side it books: else the account's closing, and what rates did to it, lack its rows.
func TestMonetaryPostingsAreRemeasured(t *testing.T) {
	read := func(path string) string {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	ledger := filepath.Join(house, "sql", "ledger")
	balance := read(filepath.Join(ledger, "journal", "led_monetary_balance.sql"))
	head, _, _ := strings.Cut(balance, ") as monetary (role)")
	_, head, _ = strings.Cut(head, "from (")
	quoted := regexp.MustCompile(`'([a-z_]+)'`)
	var monetary []string
	for _, m := range quoted.FindAllStringSubmatch(head, -1) {
		monetary = append(monetary, m[1])
	}
	if len(monetary) != 12 {
		t.Fatalf("%d monetary roles: %v", len(monetary), monetary)
	}
	models, err := filepath.Glob(filepath.Join(ledger, "*", "led_posting_*.sql"))
	if err != nil || len(models) < 10 {
		t.Fatal(models, err)
	}
	posting, listed := read(filepath.Join(ledger, "journal", "led_posting.sql")), 0
	for _, path := range models {
		name := strings.TrimSuffix(filepath.Base(path), ".sql")
		if !regexp.MustCompile(`from ` + name + `\b`).MatchString(posting) {
			t.Errorf("%s: the journal doesn't read it", name)
		}
		told := regexp.MustCompile(`from ` + name + `\b`).MatchString(balance)
		if told {
			listed++
			continue
		}
		for _, m := range quoted.FindAllStringSubmatch(read(path), -1) {
			if slices.Contains(monetary, m[1]) {
				t.Errorf("%s may book on %s, and led_monetary_balance doesn't read it", name, m[1])
			}
		}
	}
	if listed < 6 {
		t.Errorf("led_monetary_balance reads %d models of postings", listed)
	}
}
