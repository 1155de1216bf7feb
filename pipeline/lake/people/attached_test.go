package people

import (
	"bytes"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"carat/pipeline"
	"carat/pipeline/lake/store"
)

const (
	attachedMost = 3
	attachedMax  = 1 << 20
)

// attach lays a content beside an exception about a creator.
func attach(t *testing.T, p *Store, exception, about, content string) (int64, error) {
	t.Helper()
	return Comments{p}.Attach(t.Context(), Attachment{Exception: exception, SubjectKind: "creator", SubjectID: about, By: "ann", At: time.Unix(1_790_000_000, 0), Name: "invoice.txt", Kind: "text/plain"}, []byte(content), attachedMost, attachedMax)
}

// What is attached is given back byte for byte, is kept once by its hash, and is bounded by
// number and by bytes.
func TestAttached(t *testing.T) {
	p, _ := kept(t)
	c := Comments{p}
	for i, content := range []string{"one", "two"} {
		if no, err := attach(t, p, "x1", "c1", content); err != nil || no != int64(i+1) {
			t.Fatalf("%d %v", no, err)
		}
	}
	if _, err := attach(t, p, "x1", "c1", "two"); pipeline.KindOf(err) != pipeline.KindBlocked || !strings.Contains(err.Error(), "as number 2") {
		t.Errorf("the same content once more: %v", err)
	}
	if _, err := attach(t, p, "x2", "c2", "two"); err != nil { // of another exception it is no other content
		t.Error(err)
	}
	if _, err := attach(t, p, "x1", "c1", strings.Repeat("x", attachedMax)); pipeline.KindOf(err) != pipeline.KindBlocked || !strings.Contains(err.Error(), "of at most 1 MB of such files") {
		t.Errorf("more than there is room for: %v", err)
	}
	if _, err := attach(t, p, "x1", "c1", "three"); err != nil {
		t.Error(err)
	}
	if _, err := attach(t, p, "x1", "c1", "four"); pipeline.KindOf(err) != pipeline.KindBlocked || !strings.Contains(err.Error(), "3 files lie with it") {
		t.Errorf("more than there may be: %v", err)
	}
	list, err := c.Attachments(t.Context(), "x1")
	if err != nil || len(list) != 3 || list[1].Bytes != 3 || list[1].Name != "invoice.txt" || list[1].SHA256 != hashOf([]byte("two")) {
		t.Fatalf("%+v %v", list, err)
	}
	if content, err := c.Content(t.Context(), list[1]); err != nil || string(content) != "two" {
		t.Errorf("%q %v", content, err)
	}
	if all, err := c.Attachments(t.Context(), ""); err != nil || len(all) != 4 {
		t.Errorf("%d %v", len(all), err)
	}
	if err := p.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// Whatever another program does to what is attached is told: by whoever asks for the file,
// and by verify.
func TestAttachedIsWatched(t *testing.T) {
	for name, query := range map[string]string{
		"a content that is another": "update attached_contents set content = cast('tw0' as blob) where sha256 = (select sha256 from attached where attachment_no = 2)",
		"a content as a text":       "update attached_contents set content = cast(content as text)",
		"a content that is gone":    "delete from attached_contents where sha256 = (select sha256 from attached where attachment_no = 2)",
		"a content of nobody":       "insert into attached_contents (sha256, content) values ('00', x'00')",
		"another name":              "update attached set name = 'x.txt' where attachment_no = 1",
		"another exception":         "update attached set exception_id = 'x9' where attachment_no = 1",
		"bytes for a name":          "update attached set name = cast(name as blob) where attachment_no = 1",
		"a row that is gone":        "delete from attached where attachment_no = 1",
		"a row more":                "insert into attached select 9, exception_id, subject_kind, subject_id, said_by, said_at, name, kind, bytes, sha256 from attached where attachment_no = 1",
		"all of it":                 "drop table attached",
	} {
		p, _ := kept(t)
		for _, content := range []string{"one", "two"} {
			if _, err := attach(t, p, "x1", "c1", content); err != nil {
				t.Fatal(err)
			}
		}
		if err := p.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		change(t, p, query)
		if err := p.Check(t.Context()); pipeline.KindOf(err) != pipeline.KindVerification {
			t.Errorf("%s: %v", name, err)
		}
		if strings.HasPrefix(name, "a content") && !strings.Contains(name, "nobody") && !strings.Contains(name, "text") {
			list, err := Comments{p}.Attachments(t.Context(), "x1")
			if err != nil {
				t.Fatal(err)
			}
			if content, err := (Comments{p}).Content(t.Context(), list[1]); pipeline.KindOf(err) != pipeline.KindVerification || content != nil {
				t.Errorf("%s is given: %q %v", name, content, err)
			}
		}
	}
}

// Who is erased takes along what lies with exceptions about them, and one file can be
// erased by itself: no byte of either is left in the store, and another's stays.
func TestAttachedIsErased(t *testing.T) {
	p, _ := kept(t)
	secret := strings.Repeat("who Luna is ", 1000)
	for exception, about := range map[string]string{"x1": "c1", "x2": "c2", "x3": "c3"} {
		if _, err := attach(t, p, exception, about, about+secret); err != nil {
			t.Fatal(err)
		}
	}
	err := p.Write(t.Context(), Everything, func(tx *sql.Tx) error {
		known, _, err := Forget(t.Context(), tx, "c1", "c1")
		if known != 2 { // the name, the file
			t.Errorf("%d were known", known)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	all, err := Comments{p}.Attachments(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range all {
		if one.Erased() != (one.SubjectID == "c1") || one.Erased() && one.Name != "" {
			t.Errorf("%+v", one)
		}
		if one.Erased() {
			if _, err := (Comments{p}).Content(t.Context(), one); pipeline.KindOf(err) != pipeline.KindNotFound {
				t.Errorf("what was erased: %v", err)
			}
		}
		if one.SubjectID == "c2" {
			if err := (Comments{p}).EraseAttachment(t.Context(), one.No); err != nil {
				t.Error(err)
			}
		}
	}
	if err := (Comments{p}).EraseAttachment(t.Context(), 99); !pipeline.IsMisnamed(err) {
		t.Errorf("one that there isn't: %v", err)
	}
	file, err := os.ReadFile(filepath.Join(p.Disk.Root, store.PeopleFile))
	if err != nil {
		t.Fatal(err)
	}
	for about, want := range map[string]bool{"c1": false, "c2": false, "c3": true} {
		if bytes.Contains(file, []byte(about+"who Luna is")) != want {
			t.Errorf("the bytes of %s's file lie in the store: %v", about, !want)
		}
	}
	if err := p.Check(t.Context()); err != nil {
		t.Error(err)
	}
}
