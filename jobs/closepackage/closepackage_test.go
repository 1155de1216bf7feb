package closepackage_test

import (
	"fmt"
	"os"
	"os/exec"
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
	"carat/pipeline/decision"
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
	trial.Decide(t, s, decision.Decision{ExceptionID: id, Status: "explained", Owner: "ops", Note: note, By: "cal", At: time.Date(2027, 1, 2, 8, 0, 0, 0, time.UTC)})
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
	cover, err := book.GetRows("Contents")
	if err != nil || !slices.ContainsFunc(cover, func(row []string) bool {
		return slices.Equal(row, []string{"Status", "closed (version 1) by ann and bob"})
	}) ||
		!slices.ContainsFunc(cover, func(row []string) bool {
			return slices.Equal(row, []string{"Exceptions", "0 open, 0 waived, 1 decided"})
		}) {
		t.Errorf("the cover is %q (%v)", cover, err)
	}
	for _, want := range []string{"Gross sales of coins", "<h3>Owed to creators</h3>", "<code>carat verify --period 2026-10</code>", "<dt>Platform&#39;s cut</dt>", `<section id="causes">`,
		"<b>closed (version 1) by ann and bob</b>", "<bdi>ann</bdi>", "<bdi>bob</bdi>", "<bdi>cal</bdi>", "=HYPERLINK(&#34;x&#34;) &lt;script&gt;"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page does not say %s", want)
		}
	}
}

// Opened in LibreOffice, no total of a generated month's workbook says "NO":
// neither in a perfect month nor in one with every fault, of two entities.
func TestPackageOfGeneratedMonthTies(t *testing.T) {
	soffice, err := exec.LookPath("soffice")
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatal("soffice is not installed, and CI is true")
	}
	if err != nil {
		t.Skip("needs soffice")
	}
	for _, faults := range []string{"none", "all"} {
		t.Run(faults, func(t *testing.T) {
			s, _ := trial.Made(t, fixtures.Options{Period: "2026-10", Entities: 2, Gifts: 1_000, Viewers: 200, Creators: 40, Seed: 7, Files: fixtures.FilesMonth}, faults)
			r, err := jobs.Run(t.Context(), jobs.RunOptions{Setting: s, SQL: sql.Files, Period: "2026-10"})
			if err != nil && pipeline.KindOf(err) != pipeline.KindBadInput {
				t.Fatal(err)
			}
			workbook := r.Package.Files[slices.IndexFunc(r.Package.Files, func(f string) bool { return strings.HasSuffix(f, ".xlsx") })]
			stored := tieOuts(t, workbook)
			dir := t.TempDir()
			settings := `<oor:items xmlns:oor="http://openoffice.org/2001/registry"><item oor:path="/org.openoffice.Office.Calc/Formula/Load">` +
				`<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item></oor:items>`
			disk(t, filepath.Join(dir, "profile", "user", "registrymodifications.xcu"), settings)
			cmd := exec.Command(soffice, "-env:UserInstallation=file://"+filepath.Join(dir, "profile"), "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", dir, workbook)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("soffice: %v\n%s", err, out)
			}
			recalculated := tieOuts(t, filepath.Join(dir, filepath.Base(workbook)))
			if len(stored) < 60 || len(recalculated) != len(stored) {
				t.Fatalf("%d totals, recalculated %d", len(stored), len(recalculated))
			}
			for i, row := range recalculated {
				if !slices.Equal(row, stored[i]) {
					t.Errorf("LibreOffice comes to %q, the workbook holds %q", row, stored[i])
				}
				if i > 0 && row[len(row)-1] != "yes" {
					t.Errorf("does not tie: %q", row)
				}
			}
		})
	}
}

// Open items and the trial balance are two sides that know nothing of each other, and tie
// without a spreadsheet's help.
func TestOpenItemsTieToTheTrialBalance(t *testing.T) {
	s, _ := trial.Made(t, fixtures.Options{Period: "2026-10", Entities: 2, Gifts: 500, Viewers: 200, Creators: 60, Seed: 7, Files: fixtures.FilesMonth},
		"purchase_settlement=6,settlement_bank=4,payout_provider=6,receivable_rollforward=3,settlement_payout=2")
	r, err := jobs.Run(t.Context(), jobs.RunOptions{Setting: s, SQL: sql.Files, Period: "2026-10"})
	if err != nil && pipeline.KindOf(err) != pipeline.KindBadInput {
		t.Fatal(err)
	}
	accounts := map[string]bool{}
	for _, row := range tieOuts(t, r.Package.Files[slices.IndexFunc(r.Package.Files, func(f string) bool { return strings.HasSuffix(f, ".xlsx") })]) {
		if strings.HasPrefix(row[0], "open items of ") {
			accounts[row[0][len("open items of "):len("open items of 1000")]] = true
			if row[len(row)-1] != "yes" {
				t.Errorf("does not tie: %q", row)
			}
		}
	}
	for _, account := range []string{"1050", "1100", "1110", "2240"} {
		if !accounts[account] {
			t.Errorf("the open items of %s are compared with nothing: %v", account, accounts)
		}
	}
}

func disk(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// tieOuts are the rows of a workbook's tie-outs as its cells hold them.
func tieOuts(t *testing.T, file string) [][]string {
	t.Helper()
	book, err := excelize.OpenFile(file)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	rows, err := book.GetRows("Tie-outs")
	if err != nil {
		t.Fatal(err)
	}
	return rows
}
