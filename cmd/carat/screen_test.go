package main

import (
	"strings"
	"testing"

	"carat/reports/table"
)

// On a terminal no line is wider than it and nothing is cut; a command to copy
// stays whole, and a tree's branches go on beside what is wrapped.
func TestScreenWraps(t *testing.T) {
	var b strings.Builder
	s := &screen{w: &b, columns: 40}
	for _, text := range []string{
		"short\n", "- 2026-10: blocked by one, two and three: `carat exceptions --period 2026-10` names them\n",
		"carat: find run of 2026-11: that month ", "was not reconciled yet; run it\n",
		"├─ exception 52f2ca12db71f22d: gift_price (review) of 2026-10\n│  └─ line gifts.csv:5: g4,gift,a,b,c,d,e,f,g,h,i,j\n",
		"\rprogress that is longer than forty columns and stays", "\r\x1b[K",
	} {
		if n, err := s.Write([]byte(text)); err != nil || n != len(text) {
			t.Fatal(n, err)
		}
	}
	want := "short\n" +
		"- 2026-10: blocked by one, two and\n  three:\n  `carat exceptions --period 2026-10`\n  names them\n" +
		"carat: find run of 2026-11: that month\n  was not reconciled yet; run it\n" +
		"├─ exception 52f2ca12db71f22d:\n│    gift_price (review) of 2026-10\n│  └─ line gifts.csv:5:\n│       g4,gift,a,b,c,d,e,f,g,h,i,j\n" +
		"\rprogress that is longer than forty columns and stays\r\x1b[K"
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

// A table is laid out for the screen that it is written to.
func TestTablesFitTheScreen(t *testing.T) {
	for _, columns := range []int{40, 80} {
		var b strings.Builder
		one := &table.Table{Columns: []table.Column{{Name: "control"}, {Name: "checked", Kind: table.Number}, {Name: "detail"}}, Rows: [][]any{
			{"gift_price", int64(4), "4 x Rose at 1 coins is 4; 6 coins were taken, and this goes on for longer than any line of the screen has room."}}}
		if err := one.Write(&screen{w: &b, columns: columns}, "table"); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(b.String()) {
			if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > columns {
				t.Errorf("%d columns: %d in %q", columns, n, line)
			}
		}
		if all := strings.Join(strings.Fields(b.String()), " "); strings.Contains(all, "…") || !strings.Contains(all, "room.") {
			t.Errorf("%d columns: it is cut:\n%s", columns, b.String())
		}
	}
}
