package pages_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"carat/jobs/books"
)

// The documentation is on the pages, for who works with the lake: its documents, what they link to, and a search that
// needs no script. A creator, and who has no role, finds none of it.
func TestHelp(t *testing.T) {
	s := lake(t)
	for _, role := range append(slices.Clone(books.Roles), "nobody") {
		b := opened(t, s, "an-"+role)
		may := role != books.RoleCreator && role != "nobody"
		for path, want := range map[string]string{
			"/docs": `href="/docs/guide"`, "/docs/controls": `id="the-rule"`, "/docs/file/sql/controls/ctl_gift_price.sql": "control: gift_price",
			"/docs?q=" + url.QueryEscape("gift_price"): "<mark>gift_price</mark>", "/docs?q=%3Cscript%3Ealert": "0 sections",
		} {
			status, text := b.page(path)
			if path == "/docs/controls" {
				want = `<h1 id="controls">`
			}
			if may && (status != http.StatusOK || !strings.Contains(text, want)) || !may && status != http.StatusNotFound {
				t.Errorf("%s, %s: %d, and %s %v", role, path, status, want, strings.Contains(text, want))
			}
			if strings.Contains(text, "<script>") || strings.Contains(text, ` style="`) {
				t.Errorf("%s, %s: something in it is refused by the pages' policy", role, path)
			}
			if got := strings.Contains(text, `<a href="/docs"`); got != may {
				t.Errorf("%s, %s: in the navigation %v", role, path, got)
			}
		}
	}
	b := opened(t, s, "an-auditor")
	for _, path := range []string{"/docs/none", "/docs/file/sql/embed.go", "/docs/file/../../etc/passwd", "/docs/file/docs/guide.md", "/docs/guide.md", "/docs/file/"} {
		if status, text := b.page(path); status == http.StatusOK || strings.Contains(text, "package sql") {
			t.Errorf("%s: %d", path, status)
		}
	}
}
