package closepackage_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"carat/fixtures"
	"carat/jobs"
	"carat/jobs/ask"
	"carat/jobs/books"
	"carat/jobs/internal/trial"
	"carat/jobs/month"
	"carat/pipeline"
	"carat/sql"
)

// The close package names who prepared, decided and approved, in the sheets and
// on the page, and a note is a text in both, whatever it says.
func TestPackageNamesWhoSigned(t *testing.T) {
	s, truth := trial.Made(t, fixtures.Options{Period: "2026-10", Gifts: 200, Viewers: 100, Creators: 20, Seed: 5, Files: fixtures.FilesMonth}, "gift_price=1")
	if _, err := jobs.Run(t.Context(), jobs.RunOptions{Setting: s, SQL: sql.Files, Period: "2026-10"}); err != nil {
		t.Fatal(err)
	}
	list, err := trial.Query(t.Context(), ask.QueryOptions{Setting: s, Query: "select exception_id, subject_id from exceptions"})
	if err != nil || len(list.Rows) != 1 || len(truth) != 1 || fmt.Sprint(list.Rows[0][1]) != truth[0].SubjectID {
		t.Fatalf("%v %v", list, err)
	}
	id, note := fmt.Sprint(list.Rows[0][0]), `=HYPERLINK("x") <script>`
	trial.Decide(t, s, pipeline.Decision{ExceptionID: id, Status: "explained", Owner: "ops", Note: note, By: "cal", At: time.Date(2027, 1, 2, 8, 0, 0, 0, time.UTC)})
	by := func(user string) books.Setting {
		s := s
		s.By = books.Actor{User: user, OSUser: user}
		return s
	}
	if _, err := month.Close(t.Context(), month.CloseOptions{Setting: by("ann"), SQL: sql.Files, Period: "2026-10"}); err != nil {
		t.Fatal(err)
	}
	if _, err := month.Approve(t.Context(), month.ApproveOptions{Setting: by("bob"), SQL: sql.Files, Period: "2026-10"}); err != nil {
		t.Fatal(err)
	}
	found, err := filepath.Glob(filepath.Join(s.Config.OutFolder("2026-10"), "package", "*.xlsx"))
	if err != nil || len(found) != 1 {
		t.Fatalf("%v %v", found, err)
	}
	book, err := excelize.OpenFile(found[0])
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	for sheet, want := range map[string][][]string{
		"Sign-offs": {{"1", "prepared", "ann"}, {"1", "approved and closed", "bob"}},
		"Decisions": {{id, "gift_price", "review", truth[0].SubjectKind, truth[0].SubjectID, "explained", "", "cal"}},
	} {
		rows, err := book.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if !slices.ContainsFunc(rows, func(row []string) bool { return len(row) >= len(w) && slices.Equal(row[:len(w)], w) }) {
				t.Errorf("%s has %q, not %q", sheet, rows, w)
			}
		}
	}
	rows, err := book.GetRows("Decisions")
	if err != nil || !slices.ContainsFunc(rows, func(row []string) bool { return slices.Contains(row, note) }) {
		t.Errorf("the note is not in %q (%v)", rows, err)
	}
	page, err := os.ReadFile(strings.TrimSuffix(found[0], ".xlsx") + ".html")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<bdi>ann</bdi>", "<bdi>bob</bdi>", "<bdi>cal</bdi>", "=HYPERLINK(&#34;x&#34;) &lt;script&gt;"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page does not say %s", want)
		}
	}
}
