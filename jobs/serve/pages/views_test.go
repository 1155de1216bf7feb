package pages_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// A filter is saved under a name, for whoever saved it alone, and leads to the list and
// nowhere else, whatever was sent; what can't be kept is told.
func TestSavedFilters(t *testing.T) {
	s, _ := talked(t)
	ann, bob, eve := opened(t, s, "ann"), opened(t, s, "bob"), opened(t, s, "eve")
	save := func(b *browser, name, query string) (int, string) {
		t.Helper()
		r := b.post("/exceptions/views", url.Values{"name": {name}, "query": {query}}, "/exceptions?tab=all")
		return r.StatusCode, r.Header.Get("Location")
	}
	if _, text := ann.page("/exceptions?tab=all&severity=block"); !strings.Contains(text, `name="query" value="severity=block&amp;tab=all"`) {
		t.Errorf("the filter isn't offered to be saved\n%s", text)
	}
	name := `large <b>"gaps"`
	if status, to := save(ann, name, "severity=block&tab=all"); status != http.StatusSeeOther || to != "/exceptions?severity=block&tab=all" {
		t.Fatalf("%d %s", status, to)
	}
	if _, text := ann.page("/exceptions"); !strings.Contains(text, `<a href="/exceptions?severity=block&amp;tab=all"><bdi>large &lt;b&gt;&#34;gaps&#34;</bdi>`) {
		t.Errorf("it isn't shown\n%s", text)
	}
	for _, other := range []*browser{bob, eve} {
		if _, text := other.page("/exceptions"); strings.Contains(text, "large &lt;") {
			t.Error("another sees it")
		}
		if r := other.post("/exceptions/views/remove", url.Values{"name": {name}}, "/exceptions?tab=all"); r.StatusCode != http.StatusSeeOther {
			t.Errorf("%d", r.StatusCode)
		}
	}
	for sent, want := range map[string]string{"//evil.example/?tab=new": "/exceptions", "tab=new&next=https://evil.example&token=x": "/exceptions?tab=new", "%zz": "/exceptions", "text=%0d%0aSet-Cookie:x&tab=gone": "/exceptions?tab=gone&text=Set-Cookie%3Ax"} {
		if status, to := save(ann, "odd", sent); status != http.StatusSeeOther || to != want {
			t.Errorf("%q: %d %q, want %q", sent, status, to, want)
		}
	}
	for _, bad := range []string{"", " ", "\u200b", "turned \u202e round", strings.Repeat("x", 61), "line\nend"} {
		if status, _ := save(ann, bad, "tab=new"); status != http.StatusBadRequest {
			t.Errorf("%q: %d", bad, status)
		}
	}
	if status, _ := save(ann, "long", strings.Repeat("x", 4001)); status != http.StatusBadRequest {
		t.Errorf("a long one: %d", status)
	}
	for i := range 28 {
		if status, _ := save(ann, fmt.Sprint(i), "tab=new"); status != http.StatusSeeOther {
			t.Fatalf("%d: %d", i, status)
		}
	}
	if status, _ := save(ann, "one more", "tab=new"); status != http.StatusConflict {
		t.Errorf("more than there may be: %d", status)
	}
	if status, _ := save(ann, "odd", "tab=moved"); status != http.StatusSeeOther {
		t.Errorf("in the place of another: %d", status)
	}
	if r := ann.post("/exceptions/views/remove", url.Values{"name": {name}}, "/exceptions?tab=all"); r.StatusCode != http.StatusSeeOther {
		t.Errorf("%d", r.StatusCode)
	}
	if _, text := ann.page("/exceptions"); strings.Contains(text, "large &lt;") || !strings.Contains(text, `/exceptions?tab=moved"><bdi>odd`) {
		t.Errorf("after one was removed and one replaced\n%s", text)
	}
	if r, err := ann.PostForm(ann.base+"/exceptions/views", url.Values{"name": {"x"}}); err != nil || r.StatusCode != http.StatusForbidden {
		t.Errorf("without the form's token: %v %v", r, err)
	}
}

// What is chosen row by row is decided about alone, and choosing none is not choosing all.
func TestChosenRows(t *testing.T) {
	s, page := talked(t)
	ann := opened(t, s, "ann")
	id := strings.TrimPrefix(page, "/exceptions/")
	_, text := ann.page("/exceptions?tab=all")
	if !strings.Contains(text, `<input type="checkbox" name="id" value="`) {
		t.Errorf("no row can be chosen\n%s", text)
	}
	if _, text := opened(t, s, "aud").page("/exceptions?tab=all"); strings.Contains(text, `type="checkbox"`) {
		t.Error("an auditor, who decides nothing, chooses")
	}
	if _, text := ann.page("/exceptions/decide?tab=all&chosen=yes&id=" + id + "&id=" + id + "&id=%27%20or%20true--"); !strings.Contains(text, "Decide about 1<") {
		t.Errorf("one was chosen\n%s", text)
	}
	if status, text := ann.page("/exceptions/decide?tab=all&chosen=yes"); status != http.StatusOK || !strings.Contains(text, "The filter finds none.") || strings.Contains(text, `class="decide"`) {
		t.Errorf("none was chosen: %d\n%s", status, text)
	}
}
