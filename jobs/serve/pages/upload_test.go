package pages_test

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carat/jobs/books"
	"carat/jobs/files"
	"carat/jobs/internal/trial"
)

// part is one field of a form that brings a file.
type part struct{ name, file, text string }

// brings posts a form with a file.
func (b *browser) brings(parts ...part) (status int, to, text string) {
	b.t.Helper()
	return b.bringsTo("/upload", parts...)
}

func (b *browser) bringsTo(path string, parts ...part) (status int, to, text string) {
	b.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, one := range parts {
		disposition := `form-data; name="` + one.name + `"`
		if one.file != "" {
			disposition += `; filename="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\r", "%0D", "\n", "%0A").Replace(one.file) + `"`
		}
		w, err := form.CreatePart(textproto.MIMEHeader{"Content-Disposition": {disposition}})
		if err == nil {
			_, err = io.WriteString(w, one.text)
		}
		if err != nil {
			b.t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		b.t.Fatal(err)
	}
	r, err := b.Post(b.base+path, form.FormDataContentType(), &body)
	if err != nil {
		b.t.Fatal(err)
	}
	defer r.Body.Close()
	answer, err := io.ReadAll(r.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	if r.StatusCode == http.StatusSeeOther {
		to = r.Header.Get("Location")
		if path != "/upload" {
			return r.StatusCode, to, ""
		}
		b.follow(to + "/events")
		_, page := b.page(to)
		return r.StatusCode, to, page
	}
	if strings.Contains(r.Header.Get("Content-Type"), "html") {
		harmless(b.t, path, string(answer))
	}
	return r.StatusCode, "", string(answer)
}

func (b *browser) token(of string) part {
	b.t.Helper()
	_, text := b.page(of)
	m := tokenField.FindStringSubmatch(text)
	if m == nil {
		b.t.Fatalf("%s has no form", of)
	}
	return part{name: "token", text: m[1]}
}

// A file that is brought by a page is looked into first, and taken in when that is asked
// for; what its rows and name hold stays text, and it lies nowhere but where it was kept.
func TestUpload(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	s := trial.Folder(t, "first_period: 2026-10\nmax_reject_share: 0.9\n", nil)
	ann := opened(t, s, "ann")
	if status, text := ann.page("/files"); status != http.StatusOK || !strings.Contains(text, `href="/upload"`) {
		t.Errorf("an upload is not offered where nothing was ingested: %d", status)
	}
	rows := trial.PurchaseHeader + "p1,purchase,v1,web,s,1000,USD,10.00,2026-10-02T10:00:00Z\n" +
		`"<script>p2</script>",purchase,v1,web,"<b>s</b>",1000,USD,10.00,2026-10-02T10:00:00Z` + "\n" + `p3,purchase,v1,web,s,"<img src=x onerror=alert(1)>",USD,10.00,2026-10-02T10:00:00Z` + "\n"
	token := ann.token("/upload")
	status, to, text := ann.brings(token, part{name: "feed"}, part{"file", `C:\in\coin_purchases.csv`, rows})
	if status != http.StatusSeeOther || !strings.Contains(text, "Would be ingested") || !strings.Contains(text, "Take it in") || !strings.Contains(text, "&lt;img src=x onerror=alert(1)&gt;") {
		t.Fatalf("look into it: %d %s\n%s", status, to, text)
	}
	if books.WantLake(s) == nil {
		t.Error("looking into a file made a lake")
	}
	if found, _ := filepath.Glob(filepath.Join(os.TempDir(), "*", "*.csv")); len(found) != 1 {
		t.Errorf("it lies in %v", found)
	}
	take := takePath(t, text)
	if status, _ := ann.page(take); status != http.StatusNotFound {
		t.Errorf("GET takes in: %d", status)
	}
	bob := opened(t, s, "bob") // another server, and another person
	if r := bob.post(take, map[string][]string{}, "/upload"); r.StatusCode != http.StatusNotFound {
		t.Errorf("somebody else takes it in: %d", r.StatusCode)
	}
	r := ann.post(take, map[string][]string{}, "/upload")
	ann.follow(r.Header.Get("Location") + "/events")
	if _, text := ann.page(r.Header.Get("Location")); !strings.Contains(text, "ingested as batch b000001, of whose rows 2 accepted, 1 rejected") || !strings.Contains(text, `href="/files/b000001"`) {
		t.Errorf("take it in:\n%s", text)
	}
	if l, err := files.List(t.Context(), files.Options{Setting: s, Limit: 9}); err != nil || l.Total != 1 {
		t.Errorf("%d files were taken in: %v", l.Total, err)
	}
	if found, _ := filepath.Glob(filepath.Join(os.TempDir(), "*", "*.csv")); len(found) != 0 {
		t.Errorf("what was taken in still lies in %v", found)
	}
	if r := ann.post(take, map[string][]string{}, "/upload"); r.StatusCode != http.StatusNotFound {
		t.Errorf("taken in twice: %d", r.StatusCode)
	}
	// The same bytes again change nothing.
	if _, _, text := ann.brings(token, part{"file", "coin_purchases-again.csv", rows}); strings.Contains(text, "Take it in") || !strings.Contains(text, "lready ingested") {
		t.Errorf("the same bytes:\n%s", text)
	}
	bad := trial.PurchaseHeader + "good1,purchase,v1,web,s,1000,USD,10.00,2026-10-02T10:00:00Z\n" + strings.Repeat("b1,purchase,v1,web,s,1000,USD,ten,2026-10-02T10:00:00Z\n", 20)
	if _, _, text := ann.brings(token, part{name: "feed"}, part{"file", "coin_purchases-bad.csv", bad}); !strings.Contains(text, "It would fail.") || strings.Contains(text, "Take it in") ||
		!strings.Contains(text, "good1") || !strings.Contains(text, "though none of it would come in") || !strings.Contains(text, "not a number") {
		t.Errorf("the rows of a file that would fail are not shown:\n%s", text)
	}
	if _, _, text := ann.brings(token, part{name: "feed", text: "gift_events"}, part{"file", "x.csv", "nonsense\n1\n"}); !strings.Contains(text, "It would fail.") || strings.Contains(text, "Take it in") || strings.Contains(text, "carat-upload") {
		t.Errorf("what is no file of the feed:\n%s", text)
	}
}

func takePath(t *testing.T, text string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, `action="/upload/`)
	id, _, _ := strings.Cut(rest, `"`)
	if !ok || id == "" {
		t.Fatalf("there is no form that takes it in:\n%s", text)
	}
	return "/upload/" + id
}

// Hostile uploads: names, forms of other sites, sizes, and whoever has no right.
func TestHostileUploads(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	s := trial.Folder(t, "first_period: 2026-10\n", map[string]string{"coin_purchases.csv": trial.PurchaseHeader + "p1,purchase,v1,web,s,1000,USD,10.00,2026-10-02T10:00:00Z\n"})
	trial.Ingest(t, s)
	give(t, s, [2]string{"ann", books.RolePreparer}, [2]string{"eve", books.RoleAuditor})
	ann, eve := opened(t, s, "ann"), opened(t, s, "eve")
	token := ann.token("/upload")
	for _, name := range []string{"..", ".hidden.csv", "-rf.csv", "a\u202Evsc.csv", `<img src=x onerror=alert(1)>.csv`, strings.Repeat("x", 300) + ".csv", "a\r\nX-Evil: 1.csv:"} {
		if status, _, text := ann.brings(token, part{"file", name, "x"}); status != http.StatusBadRequest || strings.Contains(text, "onerror=alert(1)>.csv") {
			t.Errorf("the name %q: %d\n%s", name, status, text)
		}
	}
	good := part{"file", "coin_purchases-2.csv", trial.PurchaseHeader}
	for name, parts := range map[string][]part{
		"without a token": {good}, "with a wrong token": {{name: "token", text: "x"}, good}, "with the token behind the file": {good, token}, "with another's token": {eve.token("/files"), good},
		"with a file for a token": {{"token", "t", token.text}, good},
	} {
		if status, _, _ := ann.brings(parts...); status != http.StatusForbidden {
			t.Errorf("%s: %d", name, status)
		}
	}
	if status, _, _ := ann.brings(token); status != http.StatusBadRequest {
		t.Errorf("without a file: %d", status)
	}
	if status, _, _ := ann.brings(token, part{name: "feed", text: "no_such_feed"}, good); status != http.StatusBadRequest {
		t.Errorf("a feed that there is not: %d", status)
	}
	if status, _, _ := eve.brings(eve.token("/files"), good); status != http.StatusForbidden {
		t.Errorf("an auditor brings a file: %d", status)
	}
	if status, _ := eve.page("/upload"); status != http.StatusForbidden {
		t.Errorf("an auditor is offered to: %d", status)
	}
	if r := ann.post("/upload", map[string][]string{"file": {"x"}}, "/upload"); r.StatusCode != http.StatusBadRequest {
		t.Errorf("a form without parts: %d", r.StatusCode)
	}
	if r := ann.post("/upload/..%2f..%2fcarat.yaml", map[string][]string{}, "/upload"); r.StatusCode != http.StatusNotFound {
		t.Errorf("a path for an id: %d", r.StatusCode)
	}
	request, err := http.NewRequest(http.MethodPost, ann.base+"/months/2026-10/sign-off", strings.NewReader("--x\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	if r, err := ann.Do(request); err != nil || r.StatusCode != http.StatusUnsupportedMediaType {
		t.Errorf("a file where none is taken: %v %v", r, err)
	}
	request, err = http.NewRequest(http.MethodPost, ann.base+"/upload", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	request.Header.Set("Sec-Fetch-Site", "cross-site")
	if r, err := ann.Do(request); err != nil || r.StatusCode != http.StatusForbidden {
		t.Errorf("from another site: %v %v", r, err)
	}
	if found, _ := filepath.Glob(filepath.Join(os.TempDir(), "carat-upload-*")); len(found) != 0 {
		t.Errorf("what was refused lies in %v", found)
	}
}
