package escape

import (
	"encoding/json"
	"html"
	"strings"
	"testing"
)

const hostile = "<script>alert(1)</script>\"'&\u202Eevil\x00\x1b[31m"

func FuzzTexts(f *testing.F) {
	for _, seed := range []string{"", hostile, "\u2028\u2029", "a\xffb", "=1", "\"", "\\", "é贈😀"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, v string) {
		var back string
		if err := json.Unmarshal(AppendJSON(nil, v), &back); err != nil {
			t.Fatal(err)
		}
		if back != strings.ToValidUTF8(v, "\uFFFD") && !strings.Contains(back, "\uFFFD") {
			t.Fatalf("%q came back as %q", v, back)
		}
		page := string(AppendHTML(nil, v))
		if strings.ContainsAny(page, "<>\"'\x00\u202E") {
			t.Fatalf("%q is unescaped in %q", v, page)
		}
		if !strings.ContainsAny(page, "\uFFFD") && html.UnescapeString(page) != strings.NewReplacer("\n", " ", "\t", " ").Replace(v) {
			t.Fatalf("%q stands on the page as %q", v, page)
		}
	})
}
