package guess

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// firstOf writes a first layout for a file of a content.
func firstOf(t *testing.T, content string) (text string, keys []string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sales.csv")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	first, err := Write(f, "sales.csv", "coin_purchases", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Feeds map[string]struct{ Layout map[string]any }
	}
	if err := yaml.Unmarshal([]byte(first.Text()), &doc); err != nil {
		t.Fatalf("%v\n%s", err, first.Text())
	}
	for key := range doc.Feeds["coin_purchases"].Layout {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return first.Text(), keys
}

// What a file says, in a cell or a heading, writes no key: whichever character ends a line for a reader of YAML.
func TestAFileWritesNoKey(t *testing.T) {
	head, rows := "id,kind,viewer_id,channel,sku,coins,currency,gross_amount,purchased_at,memo\n", "o1,purchase,%s,web,s1,500,USD,499.00,2026-10-02 10:00,x\no2,purchase,v2,web,s1,500,USD,499.00,2026-10-02 10:00,y\n"
	_, want := firstOf(t, head+strings.ReplaceAll(rows, "%s", "v1"))
	for _, breaks := range []string{"\u2028", "\u2029", "\u0085", "\r", "\v", "\f"} {
		hostile := "v1" + breaks + "      scale: {gross_amount: 2} # a viewer"
		if text, keys := firstOf(t, head+strings.ReplaceAll(rows, "%s", hostile)); !slices.Equal(keys, want) {
			t.Errorf("%q in a cell: keys %v, want %v\n%s", breaks, keys, want, text)
		}
		if text, keys := firstOf(t, strings.Replace(head, "memo", "memo"+breaks+"      scale: {gross_amount: 2}", 1)+strings.ReplaceAll(rows, "%s", "v1")); !slices.Equal(keys, want) {
			t.Errorf("%q in a heading: keys %v, want %v\n%s", breaks, keys, want, text)
		}
	}
}

// A heading that goes over two lines, as spreadsheets write it, is one: its column is taken.
func TestAHeadingOfTwoLines(t *testing.T) {
	text, _ := firstOf(t, "\"Order\nID\",kind,viewer,channel,sku,coins,currency,amount,created\r\no1,purchase,v1,web,s1,500,USD,4.99,2026-10-02 10:00\r\no2,purchase,v1,web,s1,500,USD,4.99,2026-10-02 10:00\r\n")
	if !strings.Contains(text, `purchase_id: "Order\nID"`) || strings.Contains(text, "id: content") {
		t.Error(text)
	}
	text, _ = firstOf(t, "id,kind,viewer,channel,sku,coins,currency,amount,created,memo\no1,purchase,v1,web,s1,500,USD,4.99,2026-10-02 10:00,5\" screen\no2,purchase,v1,web,s1,500,USD,4.99,2026-10-02 10:00,x\n")
	if !strings.Contains(text, "purchase_id: id") { // a quote that isn't ended is no cell of two lines
		t.Error(text)
	}
}
