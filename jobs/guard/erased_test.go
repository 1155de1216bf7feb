package guard_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carat/jobs/books"
	"carat/jobs/guard"
	"carat/jobs/internal/trial"
	"carat/pipeline"
)

// keptOfPeople are the kept files of persons.
func keptOfPeople(t *testing.T, s books.Setting) (files []string) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(s.Config.Lake, "people", "raw"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// An erasure excuses the files that it removed and no other: one that somebody took away
// is missing evidence, whoever was erased. An erasure of before files were named excuses
// what its person stood in.
func TestErasureExcusesItsOwnFiles(t *testing.T) {
	const head = "creator_id,valid_from,display_name,country,currency,email\n"
	s := trial.Folder(t, "feeds: {}\nfirst_period: 2026-10\n", map[string]string{
		"creators-1.csv": head + "ada1,2026-01-01T00:00:00Z,Ada,DE,USD,ada@example.com\n",
		"creators-2.csv": head + "zed2,2026-01-01T00:00:00Z,Zed,DE,USD,zed@example.com\n",
	})
	s.By.User = "ann"
	trial.Ingest(t, s)
	if _, err := guard.Erase(t.Context(), guard.EraseOptions{Setting: s, Creator: "ada1"}); err != nil {
		t.Fatal(err)
	}
	if v, err := guard.Verify(t.Context(), guard.VerifyOptions{Setting: s}); err != nil || len(v.Erased) != 1 {
		t.Fatalf("%+v %v", v, err)
	}
	left := keptOfPeople(t, s)
	if len(left) != 1 {
		t.Fatalf("%q are left", left)
	}
	if err := os.Remove(left[0]); err != nil {
		t.Fatal(err)
	}
	missing := func(when string) {
		t.Helper()
		v, err := guard.Verify(t.Context(), guard.VerifyOptions{Setting: s})
		if pipeline.KindOf(err) != pipeline.KindVerification || len(v.Differences) != 1 || !strings.Contains(err.Error(), "creators-2.csv is not under people/raw any more, and no erasure is recorded that removed it") {
			t.Errorf("%s: %+v %v", when, v, err)
		}
	}
	missing("files are named")
	p, err := books.OpenExisting(t.Context(), s, books.RightQuery)
	if err != nil {
		t.Fatal(err)
	}
	batches, err := p.Lake.Batches(t.Context(), books.Latest)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range batches { // as an older carat left it
		if err := p.State.KeepNote(t.Context(), "erased file "+b.SourceSHA256, ""); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.State.KeepNote(t.Context(), "erasures name their files since", ""); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	missing("an older erasure")
}
