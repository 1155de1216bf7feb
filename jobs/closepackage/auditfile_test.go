package closepackage_test

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carat/jobs"
	"carat/jobs/ask"
	"carat/jobs/closepackage"
	"carat/jobs/exceptions"
	"carat/jobs/internal/trial"
	"carat/pipeline"
	"carat/pipeline/certificate"
	"carat/pipeline/decision"
	carat "carat/sql"
)

// cells reads a CSV file of the evidence: rows by column.
func cells(t *testing.T, text string) (rows []map[string]string) {
	t.Helper()
	all, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range all[1:] {
		row := map[string]string{}
		for i, name := range all[0] {
			row[name] = line[i]
		}
		rows = append(rows, row)
	}
	return rows
}

// The evidence of an open month holds what its run rests on, checks itself, and
// is the same when it is gathered again; what can't be gathered leaves nothing.
func TestAuditFile(t *testing.T) {
	s := trial.Folder(t, "feeds: {}\nfirst_period: 2026-10\nmax_reject_share: 0.5\n", trial.SmallMonth)
	s.By.User = "ann"
	o := closepackage.AuditFileOptions{Setting: s, SQL: carat.Files, Period: "2026-10"}
	if _, err := closepackage.AuditFile(t.Context(), o); pipeline.KindOf(err) != pipeline.KindNotFound {
		t.Errorf("without a lake: %v", err)
	}
	if _, err := jobs.Run(t.Context(), jobs.RunOptions{Setting: s, SQL: carat.Files, Period: "2026-10"}); err != nil {
		t.Fatal(err)
	}
	found, err := exceptions.List(t.Context(), exceptions.Options{Setting: s, Period: "2026-10"})
	if err != nil || len(found.Rows) == 0 {
		t.Fatalf("no exceptions: %v", err)
	}
	trial.Decide(t, s, decision.Decision{ExceptionID: found.Rows[0][0].(string), Status: decision.Explained, Note: "=1+1", By: "cleo", At: s.Now},
		decision.Decision{ExceptionID: "of another month", Status: decision.Explained, By: "cleo", At: s.Now})
	result, err := closepackage.AuditFile(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	files := trial.BytesBelow(t, result.Path)
	if len(files) != result.Files || len(files) < 150 {
		t.Errorf("%d files, told as %d", len(files), result.Files)
	}
	for line := range strings.Lines(files[closepackage.AuditManifest]) {
		sum, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		if certificate.SHA256Text([]byte(files[name])) != sum {
			t.Errorf("the manifest's %s is another file", name)
		}
	}
	if n := strings.Count(files[closepackage.AuditManifest], "\n"); n != len(files)-1 {
		t.Errorf("the manifest lists %d of %d files", n, len(files))
	}
	for name, text := range files {
		if strings.HasPrefix(name, "sql/") || name == "README.md" || name == closepackage.AuditManifest {
			continue
		}
		if !strings.Contains(files["README.md"], "| `"+name+"` |") {
			t.Errorf("the README doesn't explain %s", name)
		}
		if text == "" {
			t.Errorf("%s is empty", name)
		}
	}
	var read int
	for _, in := range cells(t, files["inputs.csv"]) {
		var rows, accepted, rejected, duplicate int
		if _, err := fmt.Sscan(in["rows_read"]+" "+in["rows_accepted"]+" "+in["rows_rejected"]+" "+in["rows_duplicate"], &rows, &accepted, &rejected, &duplicate); err != nil ||
			rows != accepted+rejected+duplicate || len(in["sha256"]) != 64 || in["ingested_by"] != "ann" || in["job_no"] != "1" {
			t.Errorf("input %v, %v", in, err)
		}
		read += rows
	}
	if !strings.Contains(files["README.md"], fmt.Sprintf(": %d rows = ", read)) || read == 0 {
		t.Errorf("the README doesn't tell %d rows", read)
	}
	if got := cells(t, files["exceptions.csv"]); len(got) != len(found.Rows) {
		t.Errorf("%d exceptions, want %d", len(got), len(found.Rows))
	}
	if got := cells(t, files["decisions.csv"]); len(got) != 1 || got[0]["decided_by"] != "cleo" || got[0]["note"] != "'=1+1" {
		t.Errorf("decisions %v", got)
	}
	if got := cells(t, files["rejects.csv"]); len(got) == 0 || got[0]["code"] == "" {
		t.Errorf("rejects %v", got)
	}
	for _, q := range cells(t, files["queries.csv"]) {
		if certificate.SHA256Text([]byte(files["sql/"+q["file"]])) != q["sha256"] {
			t.Errorf("the text of %s is another", q["file"])
		}
	}
	again, err := closepackage.AuditFile(t.Context(), o)
	if err != nil || fmt.Sprint(trial.BytesBelow(t, again.Path)) != fmt.Sprint(files) {
		t.Errorf("gathered again it is another, %v", err)
	}
	sameZip(t, o)
	refusals(t, o)
	access, err := trial.Query(t.Context(), ask.QueryOptions{Setting: s, Query: "select split_part(query, ' --out ', 1), row_count > 10, outcome from access where verb = 'evidence' order by accessed_at, outcome limit 1"})
	if err != nil || fmt.Sprintln(access.Rows[0]...) != "--period 2026-10 true done\n" {
		t.Errorf("access %v, %v", access, err)
	}
}

// sameZip wants two zips to be equal, byte for byte.
func sameZip(t *testing.T, o closepackage.AuditFileOptions) {
	t.Helper()
	o.Zip = true
	var texts []string
	for _, name := range []string{"", filepath.Join(t.TempDir(), "other.zip")} {
		o.Out = name
		r, err := closepackage.AuditFile(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(r.Path)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	if texts[0] != texts[1] || !strings.HasPrefix(texts[0], "PK") {
		t.Error("two zips differ")
	}
}

// refusals wants nothing to be left of what can't be gathered.
func refusals(t *testing.T, o closepackage.AuditFileOptions) {
	t.Helper()
	there := t.TempDir()
	for _, c := range []struct {
		name   string
		change func(*closepackage.AuditFileOptions)
		kind   pipeline.Kind
		want   string
	}{
		{"a place that is taken", func(o *closepackage.AuditFileOptions) { o.Out = there }, pipeline.KindUsage, "something is there already; name another place with --out"},
		{"a month without a run", func(o *closepackage.AuditFileOptions) { o.Period = "2026-12" }, pipeline.KindUsage, "that month was not reconciled yet"},
		{"another configuration", func(o *closepackage.AuditFileOptions) {
			c := *o.Config
			c.FXMaxAgeDays++
			o.Config = &c
		}, pipeline.KindUsage, "was made by other SQL or another configuration than there is now, so its rules can't be shown; reconcile it again: `carat run --period 2026-10`"},
	} {
		changed := o
		changed.Out = filepath.Join(t.TempDir(), "out", "evidence")
		c.change(&changed)
		if _, err := closepackage.AuditFile(t.Context(), changed); pipeline.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
		if _, err := os.Stat(filepath.Dir(changed.Out)); err == nil && changed.Out != there {
			t.Errorf("%s left something", c.name)
		}
	}
	trial.NoLeftovers(t, o.Config.OutFolder("2026-10"))
}
