package chain

import (
	"strings"
	"testing"

	"github.com/apache/iceberg-go/table"
)

// Of several properties that don't parse always the same is told.
func TestReadBatchTellsTheFirstThatIsWrong(t *testing.T) {
	for range 50 {
		snap := &table.Snapshot{Summary: &table.Summary{Properties: map[string]string{PropBatch: "b000001", PropSeq: "1", propSourceBytes: "x",
			propRowsRead: "y", propRowsAccepted: "z", propIngestedAt: "soon", propControlTotals: "{}"}}}
		if _, err := ReadBatch(linkOf(t, snap)); err == nil || !strings.HasPrefix(err.Error(), propSourceBytes+" of b000001: ") {
			t.Fatalf("%v, want %s", err, propSourceBytes)
		}
	}
}

func linkOf(t *testing.T, snap *table.Snapshot) Link {
	t.Helper()
	l, is, err := LinkOf("gift_events", snap)
	if err != nil || !is {
		t.Fatalf("no link: %v", err)
	}
	return l
}

// The text of a link is what its properties are, to the byte: values with line ends,
// equals signs and colons, or none at all, come back as they were, and nothing that was
// not written so is read.
func TestLinkTextIsReadAsItWasHashed(t *testing.T) {
	p := map[string]string{PropBatch: "b000007", PropSource: "a=1:b\ncarat.x=3:abc\n", PropPreviousChain: "", propControlTotals: "{}", "added-records": "4"}
	p[PropChain] = Value(p)
	l, err := LinkFrom(p)
	if err != nil || l.Kind != KindBatch || l.BatchNo != 7 || Hash(l.Text) != p[PropChain] {
		t.Fatalf("%+v %v", l, err)
	}
	delete(p, "added-records") // Iceberg's own, which no link holds
	got, err := l.Properties()
	if err != nil || len(got) != len(p) {
		t.Fatalf("%v %v, want %v", got, err, p)
	}
	for name, value := range p {
		if got[name] != value {
			t.Errorf("%s is %q, want %q", name, got[name], value)
		}
	}
	for _, text := range []string{"x", "carat.a=1:b", "carat.a=2:b\n", "carat.a=-1:\n", "carat.b=1:x\ncarat.a=1:x\n", "carat.a=01:x\n", l.Text + " "} {
		if _, err := (Link{Form: FormLines, Text: text}).Properties(); err == nil {
			t.Errorf("%q was read", text)
		}
	}
	if _, err := (Link{Form: 9, Text: l.Text}).Properties(); err == nil {
		t.Error("a form that nobody knows was read")
	}
}
