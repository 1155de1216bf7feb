package table_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"carat/pipeline"
	"carat/reports/table"
)

// A cell of a sheet holds 32,767 characters, as UTF-16 counts them: a longer text is
// refused and not cut. The other formats hold it whole.
func TestLongCells(t *testing.T) {
	write := func(w io.Writer, format, text string) error {
		rows, err := table.NewRowWriter(w, format, []table.Column{{Name: "a"}}, []string{"VARCHAR"})
		if err != nil {
			t.Fatal(err)
		}
		if err := rows.Write([]any{text}); err != nil {
			return err
		}
		return rows.Close()
	}
	for text, good := range map[string]bool{
		strings.Repeat("a", 32_767): true, strings.Repeat("a", 32_768): false, strings.Repeat("ä", 32_767): true, strings.Repeat("😀", 16_383): true, strings.Repeat("😀", 16_384): false,
	} {
		err := write(io.Discard, "xlsx", text)
		if (err == nil) != good || err != nil && (pipeline.KindOf(err) != pipeline.KindUsage || !strings.Contains(err.Error(), "column a of row 1 holds 32768 characters")) {
			t.Errorf("%d bytes: %v", len(text), err)
		}
		for _, format := range []string{"csv", "json"} {
			var b bytes.Buffer
			if err := write(&b, format, text); err != nil || !strings.Contains(b.String(), text) {
				t.Errorf("%s: %d bytes are %d, %v", format, len(text), b.Len(), err)
			}
		}
	}
}
