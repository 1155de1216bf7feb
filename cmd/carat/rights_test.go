package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"carat/jobs/books"
)

// opensNothing are the verbs that look into no lake, with the reason.
var opensNothing = map[string]string{
	"demo":       "makes a folder of its own",
	"init":       "writes carat.yaml",
	"layout":     "reads one file",
	"check":      "reads carat.yaml alone",
	"generate":   "makes input",
	"score":      "compares two files",
	"completion": "prints a script",
	"version":    "prints",
	"help":       "prints",
}

// onPages are the rights that no verb asks for, with the reason: jobs/serve/pages tests
// them by the same table of rights.
var onPages = map[books.Right]string{
	books.RightEarnings: "a creator has pages and no verbs",
	books.RightAnswer:   "questions are asked and answered on pages",
	books.RightComment:  "the staff talks about exceptions on pages",
}

// asked is how a verb asks for each right: calls that end right after it is
// judged, or soon.
var asked = map[string][]struct {
	right books.Right
	args  []string
}{
	"run":        {{books.RightRun, []string{"--period", "2000-01"}}},
	"ingest":     {{books.RightIngest, nil}, {books.RightIngest, []string{"--dry-run", "inbox/gift_catalog.csv"}}},
	"undo":       {{books.RightUndo, []string{"b000999", "--reason", "x"}}},
	"reconcile":  {{books.RightReconcile, []string{"--period", "2000-01"}}},
	"statements": {{books.RightStatements, []string{"--period", "2000-01"}}},
	"package":    {{books.RightPackage, []string{"--period", "2000-01"}}},
	"close":      {{books.RightClose, []string{"--period", "2000-01"}}},
	"approve":    {{books.RightApprove, []string{"--period", "2000-01"}}},
	"reopen":     {{books.RightReopen, []string{"--period", "2000-01", "--reason", "x"}}},
	"yearfiles":  {{books.RightYearFiles, []string{"--year", "2000"}}},
	"send":       {{books.RightSend, []string{"--period", "2000-01", "--dry-run"}}},
	"status":     {{books.RightStatus, nil}},
	"doctor":     {{books.RightStatus, nil}},
	"exceptions": {{books.RightExceptions, nil}, {books.RightExceptions, []string{"show", "0123456789abcdef"}}, {books.RightDecide, []string{"--import", "decisions.csv"}}},
	"creators":   {{books.RightCreators, nil}, {books.RightCreators, []string{"nobody"}}},
	"query":      {{books.RightQuery, []string{"select 1"}}, {books.RightQuery, []string{"--tables"}}},
	"trace":      {{books.RightTrace, []string{"nothing"}}},
	"runs":       {{books.RightRuns, nil}, {books.RightRuns, []string{"show", "1"}}},
	"verify":     {{books.RightVerify, nil}, {books.RightVerify, []string{"--period", "2000-01"}}, {books.RightVerify, []string{"--export-head", "head.json"}}},
	"sample":     {{books.RightTrace, []string{"--period", "2000-01", "--table", "payouts", "--seed", "1"}}, {books.RightTrace, []string{"evaluate", "nowhere"}}},
	"evidence":   {{books.RightEvidence, []string{"--period", "2000-01"}}},
	"publish":    {{books.RightPublish, []string{"--out", "published.duckdb"}}},
	"schedule":   {{books.RightSchedule, []string{"--listen", ""}}},
	"serve":      {{books.RightServe, []string{"--listen", "127.0.0.1:0"}}},
	"notify":     {{books.RightNotify, nil}},
	"backup":     {{books.RightBackup, []string{"--out", "../backups"}}},
	"restore":    {{books.RightRestore, []string{"--from", "../backups", "--check"}}},
	"copy":       {{books.RightBackup, []string{".", "."}}},
	"upgrade":    {{books.RightUpgrade, nil}},
	"compact":    {{books.RightCompact, nil}},
	"timestamp":  {{books.RightTimestamp, nil}},
	"fetch":      {{books.RightFetch, nil}},
	"erase":      {{books.RightErase, []string{"--creator", "nobody"}}},
	"auth":       {{books.RightAuth, []string{"accept"}}},
	"users":      {{books.RightUsers, nil}, {books.RightGrant, []string{"revoke", "nobody", "auditor"}}, {books.RightToken, []string{"token", "auditor"}}},
}

// Every verb is in the table of rights, and each role, and who has none, may do
// what the table says and nothing else: whatever a verb's name or flags are.
func TestEveryVerbHasItsRight(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "month")
	for _, folder := range []string{"inbox", "out/2000-01/statements"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{
		"carat.yaml": "first_period: 2026-10\njobs: {verify: {cron: \"0 0 1 1 *\"}}\nnotifications: {ops: {url: \"http://127.0.0.1:1/\"}}\n" +
			"mail: {server: \"127.0.0.1:1\", from: \"pay@example.com\"}\n" +
			"sources: {bank: {kind: http, feeds: [bank_lines], url: \"https://127.0.0.1:1/bank.csv\"}}\n",
		"inbox/gift_catalog.csv":           "gift_id,valid_from,name,coins\n1,2026-01-01T00:00:00Z,Rose,1\n",
		"out/2000-01/statements/index.csv": "",
		"decisions.csv":                    "exception_id,status\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	patience := 20 * time.Second
	as := func(user string, args ...string) (code int, told string) {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		var stdout, stderr bytes.Buffer
		code = run(ctx, append([]string{"carat"}, append(args, "--user", user)...), []string{"CI=1"}, &stdout, &stderr)
		return code, stderr.String()
	}
	for _, args := range [][]string{{"ingest"}, {"users", "grant", "an-" + books.RoleAdministrator, books.RoleAdministrator}} {
		if code, told := as("root", args...); code != 0 {
			t.Fatalf("%v: %d %s", args, code, told)
		}
	}
	for _, role := range books.Roles {
		grant := []string{"users", "grant", "an-" + role, role}
		if role == books.RoleCreator {
			grant = append(grant, "--creator", "c1")
		}
		if code, told := as("an-"+books.RoleAdministrator, grant...); role != books.RoleAdministrator && code != 0 {
			t.Fatalf("grant %s: %d %s", role, code, told)
		}
	}
	if code, told := as("an-"+books.RoleAdministrator, "backup", "--out", "../backups"); code != 0 {
		t.Fatalf("backup: %d %s", code, told)
	}
	const refused = ", and this is for the "
	if _, told := as("an-auditor", "restore", "--from", "../backups", "--dir", "../stolen"); !strings.Contains(told, refused) {
		t.Errorf("an auditor restores a backup: %s", told)
	}
	if left, _ := filepath.Glob("../stolen/*"); len(left) > 0 {
		t.Errorf("a refused restoration left %v", left)
	}
	covered := map[books.Right]bool{}
	for _, cmd := range newApp([]string{"carat"}, nil, nil, nil).root().Commands() {
		verb := cmd.Name()
		if opensNothing[verb] != "" {
			continue
		}
		if len(asked[verb]) == 0 {
			t.Errorf("carat %s has no place in the table of rights: add it to asked with its right, or to opensNothing with the reason", verb)
		}
		for _, call := range asked[verb] {
			covered[call.right] = true
			for _, role := range append(slices.Clone(books.Roles), "nobody") {
				may := slices.Contains(books.Rights[call.right], role)
				if patience = 20 * time.Second; may && (verb == "schedule" || verb == "serve") { // which don't end by themselves
					patience = 300 * time.Millisecond
				}
				_, told := as("an-"+role, append([]string{verb}, call.args...)...)
				if got := !strings.Contains(told, refused); got != may {
					t.Errorf("%s, carat %s %v: allowed %v, want %v: %s", role, verb, call.args, got, may, told)
				}
			}
		}
	}
	for right := range books.Rights {
		if !covered[right] && onPages[right] == "" {
			t.Errorf("no verb asks for the right %s", right)
		}
	}
}
