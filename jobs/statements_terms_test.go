package jobs_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"carat/jobs"
	"carat/jobs/internal/trial"
	"carat/jobs/statements"
	"carat/sql"
)

// termsMonth is a month with a country rule, a rule that is not in force any
// more, a creator whose method has no rule and one without a method.
func termsMonth(t *testing.T) (h held, ruleless, methodless string) {
	t.Helper()
	s, _ := trial.Generated(t, 11, "none")
	h = held{Setting: s, inbox: filepath.Join(s.Config.Dir, "inbox")}
	h.rewrite(t, "payout_rules-2026-10.csv", func(rows []map[string]string) []map[string]string {
		return append(rows,
			map[string]string{"method": "bank", "country": "JP", "min_amount": "3000", "fee_rate": "0.0125", "hold_days": "5", "currency": "JPY", "valid_from": "2026-01-01T00:00:00Z"},
			map[string]string{"method": "sepa", "country": "DE", "min_amount": "77", "currency": "EUR", "valid_from": "2026-01-01T00:00:00Z", "valid_to": "2026-10-31T00:00:00Z"},
			map[string]string{"method": "paypal", "country": "US", "min_amount": "88", "currency": "USD", "valid_from": "2026-11-01T00:00:00Z"})
	})
	h.rewrite(t, "creators-2026-10.csv", func(rows []map[string]string) []map[string]string {
		ruleless, methodless = rows[0]["creator_id"], rows[1]["creator_id"]
		for _, row := range rows {
			switch row["creator_id"] {
			case ruleless:
				row["payout_method"] = "cheque"
			case methodless:
				row["payout_method"] = ""
			}
		}
		return rows
	})
	return h, ruleless, methodless
}

// rewrite changes the rows of a file of the inbox.
func (h held) rewrite(t *testing.T, name string, change func([]map[string]string) []map[string]string) {
	t.Helper()
	header, rows := h.rowsOf(t, name)
	lines := [][]string{header}
	for _, row := range change(rows) {
		var line []string
		for _, column := range header {
			line = append(line, row[column])
		}
		lines = append(lines, line)
	}
	writeCSV(t, filepath.Join(h.inbox, name), lines)
}

// ruleOf finds in the files the rule in force at the end of October for a creator.
func (h held) ruleOf(t *testing.T, creator string) map[string]string {
	t.Helper()
	inForce := func(file string, suits func(map[string]string) bool) (found map[string]string) {
		_, rows := h.rowsOf(t, file)
		for _, row := range rows {
			if suits(row) && row["valid_from"] < "2026-11-01" && (row["valid_to"] == "" || row["valid_to"] >= "2026-11-01") &&
				(found == nil || row["valid_from"] > found["valid_from"]) {
				found = row
			}
		}
		return found
	}
	terms := inForce("creators-2026-10.csv", func(row map[string]string) bool { return row["creator_id"] == creator })
	for _, country := range []string{terms["country"], ""} {
		rule := inForce("payout_rules-2026-10.csv", func(row map[string]string) bool {
			return row["method"] == terms["payout_method"] && row["country"] == country
		})
		if rule != nil {
			return rule
		}
	}
	return nil
}

var (
	listItem = regexp.MustCompile(`<li>((?:Payouts by|Diamonds can be|Fee of|A payout|At most).*)</li>`)
	tags     = regexp.MustCompile(`<[^>]*>`)
	notDigit = regexp.MustCompile(`[^0-9]`)
)

// The terms on every statement are the rule in force at the month's end, the
// country's before that for everywhere, whole; and its four files say the same.
func TestStatementsTellThePayoutTerms(t *testing.T) {
	h, ruleless, methodless := termsMonth(t)
	first, err := jobs.Run(t.Context(), jobs.RunOptions{Setting: h.Setting, SQL: sql.Files, Period: "2026-10"})
	if err != nil {
		t.Fatal(err)
	}
	pdftotext, err := exec.LookPath("pdftotext")
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatal("pdftotext is not installed, and CI is true")
	}
	folder, of := first.Statements.Folder, map[string]int{}
	err = statements.EachEntry(filepath.Join(folder, statements.IndexFile), func(e *statements.Entry) error {
		read := func(format string) []byte {
			text, err := os.ReadFile(filepath.Join(folder, e.File(format)))
			if err != nil {
				t.Fatal(err)
			}
			return text
		}
		var said struct {
			Terms map[string]any `json:"payout_terms"`
		}
		decoder := json.NewDecoder(bytes.NewReader(read("json")))
		decoder.UseNumber()
		if err := decoder.Decode(&said); err != nil {
			t.Fatal(err)
		}
		rule, page := h.ruleOf(t, e.Creator), read("html")
		items := listItem.FindAllSubmatch(page, -1)
		rows, err := csv.NewReader(bytes.NewReader(read("csv"))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		rows = slices.DeleteFunc(rows, func(row []string) bool { return row[6] != "payout_terms" })
		if rule == nil {
			of[e.Creator]++
			if said.Terms != nil || len(items) > 0 || len(rows) > 0 {
				t.Errorf("%s has no rule, and terms: %v %q %v", e.Creator, said.Terms, items, rows)
			}
			return nil
		}
		of[rule["method"]+rule["country"]]++
		hold, share := rule["hold_days"], rule["fee_rate"]
		for _, c := range []struct{ key, want string }{
			{"method", rule["method"]}, {"currency", rule["currency"]}, {"min_amount", rule["min_amount"]}, {"max_amount_per_day", rule["max_amount_per_day"]},
			{"fee_fixed", orZero(rule["fee_fixed"])}, {"fee_rate", orZero(share)}, {"hold_days", orZero(hold)},
		} {
			got := ""
			if v := said.Terms[c.key]; v != nil {
				got = fmt.Sprint(v)
			}
			if got != c.want {
				t.Errorf("%s: %s is %q, the rule's is %q", e.Creator, c.key, got, c.want)
			}
			i := slices.IndexFunc(rows, func(row []string) bool { return slices.Contains(row, c.key) })
			if c.key == "method" || c.key == "currency" || c.want == "" {
				if i >= 0 {
					t.Errorf("%s: the CSV has %v", e.Creator, rows[i])
				}
			} else if i < 0 || !slices.Contains(rows[i], c.want) || rows[i][5] != rule["currency"] || !slices.Contains(rows[i], rule["method"]) {
				t.Errorf("%s: %s is %q, the CSV has %v", e.Creator, c.key, c.want, rows)
			}
		}
		var told []string
		for _, item := range items {
			told = append(told, strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(string(item[1]), ""))), " "))
		}
		list := strings.Join(told, "\n")
		if !strings.HasPrefix(list, "Payouts by "+rule["method"]+" start at ") || !strings.HasPrefix(notDigit.ReplaceAllString(list, ""), rule["min_amount"]) ||
			!strings.Contains(list, rule["currency"]) || !strings.Contains(list, "Fee of a payout") || strings.Contains(list, "At most") != (rule["max_amount_per_day"] != "") {
			t.Errorf("%s: the page says %q of %v", e.Creator, list, rule)
		}
		if want := "be paid out " + hold + " days after"; !strings.Contains(strings.ReplaceAll(string(page), "&nbsp;", " "), want) {
			t.Errorf("%s: the page does not say %q", e.Creator, want)
		}
		if pdftotext == "" {
			return nil
		}
		paper, err := exec.Command(pdftotext, "-raw", filepath.Join(folder, e.File("pdf")), "-").Output()
		for _, item := range told {
			if !strings.Contains(strings.Join(strings.Fields(string(paper)), " "), "• "+item) {
				err = errors.Join(err, fmt.Errorf("%s: the PDF does not say %q", e.Creator, item))
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if of["bankJP"] == 0 || of["bank"] == 0 || of["paypal"] == 0 || of["sepa"] == 0 || of["sepaDE"]+of["paypalUS"] > 0 || of[ruleless] == 0 || of[methodless] == 0 {
		t.Errorf("the statements are by the rules %v", of)
	}

	// A rule that changes for one method writes the statements of that method.
	h.rewrite(t, "payout_rules-2026-10.csv", func(rows []map[string]string) []map[string]string {
		i := slices.IndexFunc(rows, func(row map[string]string) bool { return row["method"] == "sepa" && row["country"] == "" })
		rows[i]["min_amount"], rows[i]["valid_from"] = "11", "2026-10-31T00:00:00Z"
		return rows[i : i+1]
	})
	if err := os.Rename(filepath.Join(h.inbox, "payout_rules-2026-10.csv"), filepath.Join(h.inbox, "payout_rules-later-2026-10.csv")); err != nil {
		t.Fatal(err)
	}
	second, err := jobs.Run(t.Context(), jobs.RunOptions{Setting: h.Setting, SQL: sql.Files, Period: "2026-10"})
	if err != nil {
		t.Fatal(err)
	}
	if second.Statements.Statements != first.Statements.Statements || second.Statements.Changed != int64(of["sepa"]) {
		t.Errorf("%d of %d statements were written, want the %d by sepa", second.Statements.Changed, second.Statements.Statements, of["sepa"])
	}
}

// A lake that was made before there were terms still gives its statements.
func TestStatementsOfALakeWithoutTerms(t *testing.T) {
	files := fstest.MapFS{}
	err := fs.WalkDir(sql.Files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path == "marts/statements/mart_statement_terms.sql" {
			return err
		}
		text, err := sql.Files.ReadFile(path)
		files[path] = &fstest.MapFile{Data: text}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	s, _ := trial.Generated(t, 11, "none")
	if _, err := jobs.Run(t.Context(), jobs.RunOptions{Setting: s, SQL: files, Period: "2026-10"}); err != nil {
		t.Fatal(err)
	}
	r, err := statements.Write(t.Context(), statements.Options{Setting: s, SQL: sql.Files, Period: "2026-10", Formats: []string{"json"}})
	if err != nil || r.Statements == 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	err = statements.EachEntry(filepath.Join(r.Folder, statements.IndexFile), func(e *statements.Entry) error {
		text, err := os.ReadFile(filepath.Join(r.Folder, e.File("json")))
		if !bytes.Contains(text, []byte("\"payout_terms\":null")) {
			t.Errorf("%s has terms", e.Creator)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func orZero(text string) string {
	if text == "" {
		return "0"
	}
	return text
}
