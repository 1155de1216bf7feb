package chain

import (
	"strings"
	"testing"
	"time"

	"github.com/apache/iceberg-go"

	"carat/pipeline"
)

// A batch whose file's name was no UTF-8, as an earlier carat wrote it: hashed with
// its bytes, kept with U+FFFD. Its name is found by the chain; a changed batch isn't.
func TestLostName(t *testing.T) {
	for name, want := range map[string]string{"gifts-\xff.csv": `gifts-\xff.csv`, "M\xfcller \xa9.csv": `M\xfcller \xa9.csv`, "gifts.csv": "", "\xff\xfe\xfd\xfc": ""} {
		p := iceberg.Properties{PropBatch: "b000001", PropSource: name, propRowsRead: "1"}
		p[PropChain] = Value(p)
		p[PropSource] = strings.ToValidUTF8(name, "\uFFFD")
		if name == "\xff\xfe\xfd\xfc" {
			p[PropSource] = strings.Repeat("\uFFFD", 4) // too many to look for
		}
		if got := LostName(p); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
		p[propRowsRead] = "2"
		if got := LostName(p); got != "" {
			t.Errorf("%q was changed, and passes as %q", name, got)
		}
	}
	if _, err := BatchProperties(pipeline.Batch{ID: "b000001", Source: "\xff", IngestedAt: time.Unix(0, 0)}, 1, nil, "", ""); err == nil {
		t.Error("a name that is no UTF-8 goes into the chain")
	}
}
