package differ_test

import (
	"slices"
	"testing"

	"carat/jobs/config/differ"
)

func TestKeysThatDiffer(t *testing.T) {
	const a = "lake: lake\ntime_zone: UTC\nfeeds:\n  bank_lines: {format: mt940}\n  gift_events: {kinds: [a, b]}\n# a remark\n"
	for name, c := range map[string]struct {
		b    string
		want []string
	}{
		"the same":  {a, nil},
		"rewritten": {"time_zone: \"UTC\"\nlake: lake\nfeeds: {gift_events: {kinds: [a, b]}, bank_lines: {format: mt940}}\n", nil},
		"changed":   {"lake: other\nfeeds:\n  bank_lines: {format: bai2}\n  gift_events: {kinds: [a, c]}\nmail: {password: hidden}\n", []string{"feeds.bank_lines.format", "feeds.gift_events.kinds[2]", "lake", "mail.password", "time_zone"}},
		"empty":     {"", []string{"feeds.bank_lines.format", "feeds.gift_events.kinds[1]", "feeds.gift_events.kinds[2]", "lake", "time_zone"}},
	} {
		if got := differ.Keys([]byte(a), []byte(c.b)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got := differ.Keys([]byte("a: &x [*x]"), []byte("{")); !slices.Contains(got, "") {
		t.Errorf("no YAML: %q", got)
	}
}
