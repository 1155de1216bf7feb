package pages_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"carat/jobs/books"
	"carat/jobs/config"
	"carat/jobs/guard"
	"carat/jobs/talk"
)

// People lay files beside an exception: whoever may see it gets each as it was brought, to
// be kept and never shown; nobody else learns that there is one; what can't be taken is
// told, and verify, a backup and an erasure know of them.
func TestAttach(t *testing.T) {
	s, page := talked(t)
	ann, bob, aud, eve := opened(t, s, "ann"), opened(t, s, "bob"), opened(t, s, "aud"), opened(t, s, "eve")
	id := strings.TrimPrefix(page, "/exceptions/")
	content := "<script>alert(1)</script>\n" + attack
	token := func(b *browser) part {
		_, text := b.page(page)
		m := tokenField.FindStringSubmatch(text)
		if m == nil {
			t.Fatal("no form")
		}
		return part{name: "token", text: m[1]}
	}
	if status, to, text := ann.bringsTo(page+"/attach", token(ann), part{"file", `C:\x\reçu <b>.txt`, content}); status != http.StatusBadRequest || !strings.Contains(text, "holds one of") {
		t.Errorf("a hostile name: %d %s\n%s", status, to, text)
	}
	if status, to, text := ann.bringsTo(page+"/attach", token(ann), part{"file", `C:\x\reçu 1.html`, content}); status != http.StatusSeeOther || !strings.HasPrefix(to, page) {
		t.Fatalf("%d %s %s", status, to, text)
	}
	for _, b := range []*browser{ann, bob, aud} {
		_, text := b.page(page)
		if !strings.Contains(text, "reçu 1.html.txt") || !strings.Contains(text, page+`/attached/1" download`) {
			t.Errorf("the file isn't offered\n%s", text)
		}
		r, err := b.Get(b.base + page + "/attached/1")
		if err != nil {
			t.Fatal(err)
		}
		got, _ := io.ReadAll(r.Body)
		_ = r.Body.Close()
		h := r.Header
		if r.StatusCode != http.StatusOK || string(got) != content || h.Get("Content-Type") != "text/plain; charset=utf-8" || h.Get("X-Content-Type-Options") != "nosniff" ||
			h.Get("Content-Disposition") != "attachment; filename*=utf-8''re%C3%A7u%201.html.txt" || !strings.HasPrefix(h.Get("Content-Security-Policy"), "sandbox; default-src 'none'") {
			t.Errorf("%d %q %v", r.StatusCode, got, h)
		}
	}
	// Nobody else: another entity's, no right to say anything, no token, another exception's.
	for _, path := range []string{page + "/attached/1", "/exceptions/0123456789abcdef0123/attached/1"} {
		if status, text := eve.page(path); status != http.StatusNotFound || strings.Contains(text, "reçu") {
			t.Errorf("eve, %s: %d", path, status)
		}
	}
	for _, path := range []string{page + "/attached/2", page + "/attached/x", page + "/attached/-1", page + "/attached/1%2f..%2f1"} {
		if status, _ := ann.page(path); status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}
	if status, _, _ := aud.bringsTo(page+"/attach", aud.token("/query"), part{"file", "a.txt", "x"}); status != http.StatusForbidden {
		t.Errorf("an auditor attaches: %d", status)
	}
	if status, _, _ := eve.bringsTo(page+"/attach", eve.token("/upload"), part{"file", "a.txt", "x"}); status != http.StatusNotFound {
		t.Errorf("eve attaches: %d", status)
	}
	if status, _, _ := ann.bringsTo(page+"/attach", part{name: "token", text: "other"}, part{"file", "a.txt", "x"}); status != http.StatusForbidden {
		t.Errorf("without the form's token: %d", status)
	}
	for name, one := range map[string]struct {
		parts  []part
		status int
		want   string
	}{
		"none":       {[]part{{name: "file"}}, http.StatusBadRequest, "none was chosen"},
		"no part":    {nil, http.StatusBadRequest, "none was chosen"},
		"a program":  {[]part{{"file", "a.pdf", "MZ\x90\x00\x03"}}, http.StatusBadRequest, "none of the kinds"},
		"again":      {[]part{{"file", "b.txt", content}}, http.StatusConflict, "it lies there already, as number 1"},
		"too large":  {[]part{{"file", "b.txt", strings.Repeat("x", talk.AttachmentBytesMax+1)}}, http.StatusBadRequest, "larger than 20 MB"},
		"far larger": {[]part{{"file", "b.txt", strings.Repeat("x", talk.AttachmentBytesMax+1<<20)}}, http.StatusBadRequest, "larger than 20 MB"},
	} {
		status, _, text := ann.bringsTo(page+"/attach", append([]part{token(ann)}, one.parts...)...)
		if status != one.status || !strings.Contains(text, one.want) {
			t.Errorf("%s: %d, want %q\n%.2000s", name, status, one.want, text)
		}
	}
	if _, text := aud.page("/history/accesses"); !strings.Contains(text, "attaches a file to "+id) || !strings.Contains(text, "reads file 1 of "+id) || strings.Contains(text, "reçu") {
		t.Errorf("the accesses\n%s", text)
	}
	s.By.User = "an-administrator"
	if err := talk.EraseAttachment(t.Context(), withUser(s, "ann"), 1); err == nil {
		t.Error("a preparer erases a file")
	}
	if err := talk.EraseAttachment(t.Context(), s, 1); err != nil {
		t.Fatal(err)
	}
	if status, text := bob.page(page + "/attached/1"); status != http.StatusNotFound || strings.Contains(text, "alert(1)") {
		t.Errorf("what was erased: %d", status)
	}
	if _, text := bob.page(page); !strings.Contains(text, "A file was erased.") || strings.Contains(text, "reçu") {
		t.Errorf("that there was one isn't told\n%s", text)
	}
	if _, err := guard.Verify(t.Context(), guard.VerifyOptions{Setting: withUser(s, "aud")}); err != nil {
		t.Error(err)
	}
}

func withUser(s books.Setting, user string) books.Setting {
	s.By.User = user
	return s
}

// A backup brings what is attached back, byte for byte, and an erasure tells which files
// show the person, or can't be searched for them.
func TestAttachedElsewhere(t *testing.T) {
	s, page := talked(t)
	id := strings.TrimPrefix(page, "/exceptions/")
	ann, admin := withUser(s, "ann"), withUser(s, "an-administrator")
	contents := map[string]string{"told.txt": "as bob@example.org said", "other.txt": "nobody's", "asked.pdf": "%PDF-1.7\n"}
	numbers := map[string]int64{}
	for name, content := range contents {
		no, err := talk.Attach(t.Context(), talk.AttachOptions{Setting: ann, ID: id, Name: name, Content: []byte(content)})
		if err != nil {
			t.Fatal(err)
		}
		numbers[name] = no
	}
	out := t.TempDir()
	if _, err := guard.Backup(t.Context(), guard.BackupOptions{Setting: admin, Out: out}); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if _, err := guard.Restore(t.Context(), guard.RestoreOptions{Setting: admin, From: out, Dir: dir}); err != nil {
		t.Fatal(err)
	}
	back := ann
	c, err := config.Parse([]byte(talkedConfig), dir, config.File)
	if err != nil {
		t.Fatal(err)
	}
	back.Config = c
	for name, no := range numbers {
		if one, content, err := talk.Attached(t.Context(), back, id, no); err != nil || string(content) != contents[name] || one.Name != name {
			t.Errorf("%s from the backup: %q %v", name, content, err)
		}
	}
	r, err := guard.Erase(t.Context(), guard.EraseOptions{Setting: admin, Creator: "c2"})
	if err != nil {
		t.Fatal(err)
	}
	told := ""
	for _, one := range r.Left {
		told += one.Where + ": " + one.Next + "\n"
	}
	if !strings.Contains(told, fmt.Sprintf("carat erase --attachment %d`", numbers["told.txt"])) || !strings.Contains(told, fmt.Sprintf("their numbers are %d\n", numbers["asked.pdf"])) ||
		strings.Contains(told, fmt.Sprintf("attachment %d of", numbers["other.txt"])) {
		t.Errorf("numbers %v\n%s", numbers, told)
	}
}
