package lake

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carat/pipeline"
)

// Whatever is changed behind the lake's back, Verify names it.
func TestVerifySeesEveryChange(t *testing.T) {
	base := t.TempDir()
	l := openTest(t, base)
	lockTest(t, l)
	if err := ingestWithRejects(t, l); err != nil {
		t.Fatal(err)
	}
	ingest(t, l, gifts(4, 20), "the second")
	if _, err := l.DB().Exec("create table runs (id text primary key)"); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Publish(t.Context(), Run{ID: "run1", Period: "2026-10"}, resultFiles(t, l, "run1"), recordRun("run1")); err != nil {
		t.Fatal(err)
	}
	v, err := l.Verify(t.Context())
	if err != nil || v.Batches != 2 || v.Runs != 1 || v.Rows != 12 || v.Files != 6 || v.Chain != l.catalog.LastChain() {
		t.Fatalf("%+v %v", v, err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	oneOf := func(t *testing.T, root, pattern string) string {
		t.Helper()
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(found) == 0 {
			t.Fatalf("no file %s: %v", pattern, err)
		}
		return found[len(found)-1]
	}
	edit := func(pattern string, change func([]byte) []byte) func(t *testing.T, root string) {
		return func(t *testing.T, root string) {
			path := oneOf(t, root, pattern)
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			changed := change(content)
			if string(changed) == string(content) {
				t.Fatal("nothing was changed")
			}
			if err := os.WriteFile(path, changed, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	replace := func(old, with string) func([]byte) []byte {
		return func(b []byte) []byte { return []byte(strings.ReplaceAll(string(b), old, with)) }
	}
	flip := func(b []byte) []byte { c := append([]byte(nil), b...); c[len(c)/3] ^= 1; return c }
	days := "carat.db/gift_events/data/accounting_month=2026-10/sent_at_day=2026-10-05/*.parquet"
	meta := "carat.db/gift_events/metadata/*.metadata.json"
	for _, c := range []struct {
		name   string
		change func(t *testing.T, root string)
		want   string
	}{
		{"a byte of a data file", edit(days, flip), "batch b000001: file "},
		{"a byte of a rejects file", edit("carat.db/rejects/data/*.parquet", flip), "batch b000001: file "},
		{"a byte of a result file", edit("carat.db/rollforwards/data/period=2026-10/*.parquet", flip), "run run1 in rollforwards: "},
		{"a byte of a raw file", edit("raw/*/*.zst", flip), "the source file kept under raw/"},
		{"a count in the summary", edit(meta, replace(`"carat.rows-rejected":"1"`, `"carat.rows-rejected":"0"`)), "batch b000001 was changed: its snapshot says carat.rows-rejected \"0\", its link \"1\""},
		{"a control total", func(t *testing.T, root string) {
			if _, err := openTest(t, root).DB().Exec(`update carat_links set link = replace(link, '{"coins":"4"}', '{"coins":"5"}')`); err != nil {
				t.Fatal(err)
			}
		}, "batch b000002 was changed: its properties give the chain value "},
		{"the first batch's chain value", edit(meta, replace(`"carat.chain":"`, `"carat.chain":"0`)), "batch b000001 was changed"},
		{"a data file gone", func(t *testing.T, root string) {
			if err := os.Remove(oneOf(t, root, days)); err != nil {
				t.Fatal(err)
			}
		}, "sent_at_day=2026-10-05/b000001-00000-00.parquet is missing"},
		{"a raw file gone", func(t *testing.T, root string) {
			if err := os.Remove(oneOf(t, root, "raw/*/*.zst")); err != nil {
				t.Fatal(err)
			}
		}, "is not under raw/ any more"},
		{"a data file of another batch in its place", func(t *testing.T, root string) {
			content, err := os.ReadFile(oneOf(t, root, "carat.db/gift_events/data/accounting_month=2026-10/sent_at_day=2026-10-20/*.parquet"))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(oneOf(t, root, days), content, 0o600); err != nil {
				t.Fatal(err)
			}
		}, "sent_at_day=2026-10-05/b000001-00000-00.parquet was changed or added"},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := filepath.Join(t.TempDir(), "lake")
			copyLake(t, base, root)
			c.change(t, root)
			_, err := openTest(t, root).Verify(t.Context())
			if err == nil || !strings.Contains(err.Error(), c.want) || pipeline.KindOf(err) != pipeline.KindVerification {
				t.Errorf("error %v, want %s", err, c.want)
			}
		})
	}
}

func TestAsOf(t *testing.T) {
	l := openTest(t, t.TempDir())
	lockTest(t, l)
	one := ingest(t, l, gifts(4, 1), "one")
	if err := ingestWithRejects(t, l); err != nil {
		t.Fatal(err)
	}
	three := ingest(t, l, gifts(4, 20), "three")
	rows := func(at AsOf) [2]int {
		return [2]int{len(readAll[pipeline.GiftEvent](t, tableOf(t, l, "gift_events", at).Files)),
			len(readAll[pipeline.Reject](t, tableOf(t, l, "rejects", at).Files))}
	}
	for _, c := range []struct {
		at   AsOf
		want [2]int
	}{
		{AsOf{}, [2]int{16, 1}},
		{AsOf{Batch: "b000001"}, [2]int{4, 0}},
		{AsOf{Batch: "b000002"}, [2]int{12, 1}},
		{AsOf{Time: one.CommittedAt}, [2]int{4, 0}},
		{AsOf{Time: three.CommittedAt}, [2]int{16, 1}},
		{AsOf{Time: one.CommittedAt.Add(-1e9)}, [2]int{0, 0}},
	} {
		if got := rows(c.at); got != c.want {
			t.Errorf("as of %+v: %v, want %v", c.at, got, c.want)
		}
	}
	_, err := l.Tables(t.Context(), AsOf{Batch: "b000009"})
	want := "find batch \"b000009\": the lake has no such batch; `carat status` and `carat query` on the batches list them"
	if err == nil || err.Error() != want || !pipeline.IsMisnamed(err) {
		t.Errorf("error %v", err)
	}
}

func TestCommitRefusesCountsThatDontAddUp(t *testing.T) {
	l := openTest(t, t.TempDir())
	lockTest(t, l)
	for _, c := range []struct {
		change func(*pipeline.Batch)
		want   string
	}{
		{func(b *pipeline.Batch) { b.RowsAccepted, b.RowsRead = 5, 5 }, "commit batch b000001: 4 rows are staged and 5 were counted as accepted"},
		{func(b *pipeline.Batch) { b.RowsRead = 9 }, "commit batch b000001: rows read 9 is not accepted 4 + rejected 0 + duplicate 0 + left out 0"},
		{func(b *pipeline.Batch) { b.SourceSHA256 = "other" }, "ingest gift_events.csv: the file changed while it was being read; wait until the file is complete and run again; nothing was ingested"},
	} {
		s := stageGifts(t, l, gifts(4, 1), "x")
		b := batchOf(4)
		c.change(&b)
		if _, err := s.Commit(t.Context(), b); err == nil || err.Error() != c.want {
			t.Errorf("error %v, want %s", err, c.want)
		}
		if found := strays(t, l); len(found) > 0 {
			t.Errorf("strays %v", found)
		}
	}
}

func TestPeopleAreKeptApartAndErased(t *testing.T) {
	root := t.TempDir()
	l := openTest(t, root)
	lockTest(t, l)
	feed, _ := pipeline.FeedByName("creators")
	for i, name := range []string{"Ann", "Ann Lee"} {
		s, err := NewStage[pipeline.Creator](t.Context(), l, feed, l.NextBatchID())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Raw().Write([]byte("c1," + name)); err != nil {
			t.Fatal(err)
		}
		row := pipeline.Creator{CreatorID: "c1", ValidFrom: int64(i), Country: "US", Currency: "USD",
			Person: pipeline.Person{CreatorID: "c1", DisplayName: name, Email: "ann@example.org"}, Lineage: pipeline.Lineage{SourceLine: 2}}
		write(t, s, []pipeline.Creator{row}, 10)
		b := batchOf(1)
		if _, err := s.Commit(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	people, err := l.People(t.Context())
	if err != nil || people["c1"] != (pipeline.Person{CreatorID: "c1", DisplayName: "Ann Lee", Email: "ann@example.org"}) {
		t.Errorf("people %v, %v", people, err)
	}
	if n, err := l.Erase(t.Context(), "c1", "x", func(string) error { return nil }); err != nil || n != 2 {
		t.Errorf("%d files removed, %v", n, err)
	}
	if people, err := l.People(t.Context()); err != nil || len(people) != 0 {
		t.Errorf("people %v, %v", people, err)
	}
	err = filepath.Walk(root, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if strings.Contains(string(content), "Ann Lee") || strings.Contains(string(content), "ann@example.org") {
			t.Errorf("%s still knows the person", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := len(readAll[pipeline.Creator](t, tableOf(t, l, "creators", AsOf{}).Files)); got != 2 {
		t.Errorf("%d rows of history, want 2", got)
	}
	if _, err := l.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := l.Erase(t.Context(), "c1", "x", func(string) error { return nil }); !pipeline.IsMisnamed(err) {
		t.Errorf("erased twice: %v", err)
	}

	// A misspelt id is not remembered: whoever has it may come yet.
	if _, err := l.Erase(t.Context(), "c1O", "y", func(string) error { return nil }); !pipeline.IsMisnamed(err) {
		t.Errorf("erased whom nobody knows: %v", err)
	}
	forgotten, err := l.ForgottenFolders(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !forgotten("x") || forgotten("y") {
		t.Errorf("remembered: x %t, y %t", forgotten("x"), forgotten("y"))
	}
}
