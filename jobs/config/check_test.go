package config_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"carat/jobs/config"
	"carat/jobs/config/reference"
)

// Every problem is said, with its line, what stands there and what is right.
func TestCheck(t *testing.T) {
	dir := t.TempDir()
	text := `time_zone: Berlin
memroy: 4GB
catalog: mysql://carat:hunter2@db/x
feeds:
  bank_lines:
    layout:
      columns: {booked_at: Date, amount: Amount, acount: A}
      time_format: DD.MM.JJJJ
jobs:
  ingest: {cron: "whenever"}
`
	if err := os.WriteFile(filepath.Join(dir, config.File), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := config.Check(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range r.Problems {
		example, _, _ := strings.Cut(p.Example, "\n")
		got = append(got, strings.Join([]string{p.Text, p.Source, example}, " | "))
		if strings.Contains(p.Text+p.Source, "hunter2") {
			t.Errorf("a secret is repeated: %+v", p)
		}
	}
	for i, want := range []string{
		`time_zone: "Berlin" is not a time zone; give an IANA name such as UTC or Europe/Berlin | time_zone: Berlin | time_zone: Europe/Berlin`,
		`unknown key "memroy"; did you mean memory? | memroy: 4GB | `,
		`catalog must be empty (SQLite inside the lake folder) or begin with postgres:// |  | catalog: postgres://carat@db/carat`,
		`unknown key "acount" of feeds bank_lines layout columns; did you mean account? | columns: {booked_at: Date, amount: Amount, acount: A} | feeds:`,
	} {
		if i >= len(got) || got[i] != want {
			t.Errorf("problem %d:\n got %q\nwant %q", i+1, got[min(i, len(got)-1)], want)
		}
	}
	if len(got) != 7 || !slices.IsSortedFunc(r.Problems, func(a, b config.Problem) int { return a.Line - b.Line }) {
		t.Errorf("%d problems\n%s", len(got), strings.Join(got, "\n"))
	}
	if _, err := config.Load(dir); err == nil || strings.Count(err.Error(), "parse configuration") != len(got) {
		t.Errorf("Load and Check differ: %v", err)
	}
}

// The examples of the reference are right.
func TestReferenceExamples(t *testing.T) {
	for _, k := range reference.Keys() {
		if k.Meaning == "" {
			t.Errorf("%s means nothing", k.Path)
		}
		if k.Example == "" {
			t.Errorf("%s has no example", k.Path)
		}
		if _, err := config.Parse([]byte(k.Example), ".", config.File); err != nil {
			t.Errorf("%s: %v", k.Path, err)
		}
	}
}

// Every key that a file may have stands in the reference, and no other: what is known
// at a place is what an unknown key there is told.
func TestReferenceHasEveryKey(t *testing.T) {
	described := map[string]bool{}
	places := map[string]string{"": "zzzzzzzzzz: 1\n"} // by the path of a mapping, a file with an unknown key there
	for _, k := range reference.Keys() {
		described[k.Path] = true
	}
	for path, example := range map[string]string{
		"entities.*": "entities:\n  main: {functional_currency: USD, ZZ}", "breakage": "breakage: {ZZ}", "feeds.*": "feeds:\n  bank_lines: {ZZ}",
		"feeds.*.layout": "feeds:\n  bank_lines:\n    layout: {ZZ}", "jobs.*": "jobs:\n  ingest: {ZZ}", "mail": "mail: {ZZ}", "notifications.*": "notifications:\n  ops: {ZZ}", "backup": "backup: {ZZ}",
	} {
		places[path] = strings.ReplaceAll(example, "ZZ", "zzzzzzzzzz: 1")
	}
	for _, kind := range config.SourceKinds() {
		places["sources.* "+kind] = "sources:\n  one: {kind: " + kind + ", zzzzzzzzzz: 1}"
	}
	for place, text := range places {
		_, err := config.Parse([]byte(text), ".", config.File)
		if err == nil {
			t.Fatalf("%s: an unknown key is taken", place)
		}
		line := ""
		for one := range strings.SplitSeq(err.Error(), "\n") {
			if strings.Contains(one, "known keys: ") {
				line = one
			}
		}
		_, known, _ := strings.Cut(line, "known keys: ")
		if known == "" {
			t.Fatalf("%s: no keys are named: %v", place, err)
		}
		path, _, _ := strings.Cut(place, " ")
		for key := range strings.SplitSeq(known, ", ") {
			full := strings.TrimPrefix(path+"."+key, ".")
			sign := strings.HasPrefix(full, "feeds.*.layout.") && strings.HasSuffix(key, "_sign") && key != "currency_sign"
			if !described[full] && !sign {
				t.Errorf("%s is taken, and the reference says nothing of it", full)
			}
		}
	}
}

// A word whose meaning nobody said is a problem where every row needs one; where none
// is needed it may mean nothing.
func TestCheckOfWordsThatMeanNothing(t *testing.T) {
	const layout = "feeds:\n  %s\n"
	for feed, want := range map[string]string{
		`payouts: {layout: {columns: {payout_id: No, creator_id: C, status: S, diamonds: D, currency: Cur, gross_amount: G, net_amount: N, method: M, requested_at: R, updated_at: U}, values: {status: {DONE: paid, OPEN: ""}}}}`: `feeds payouts layout values status OPEN: it means nothing yet, and every row of payouts needs a status; it is one of requested, paid, failed, returned`,
		`bank_lines: {layout: {columns: {line_id: No, account: A, booked_at: D, amount: G, currency: Cur, kind: K}, values: {kind: {MISC: ""}}}}`:                                                                                  "",
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, config.File), []byte(strings.Replace(layout, "%s", feed, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := config.Check(dir)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, p := range r.Problems {
			got += p.Text
		}
		if got != want {
			t.Errorf("%s:\n got %q\nwant %q", feed, got, want)
		}
	}
}

// An address that is never called is said before anything is fetched: without TLS, or with
// a name in it. Neither is repeated.
func TestCheckOfAddresses(t *testing.T) {
	for address, want := range map[string]string{
		"http://h.example/x.csv":              "sources a url: http can be read and changed by others on the way; use https",
		"https://u:s3cret@h.example/x.csv":    "sources a url: a secret stands in its address: a name or a password doesn't belong into an address; write user, and password_file or password_env",
		"https://u:${WORD}@h.example/x.csv":   "a name or a password doesn't belong",
		"http://10.1.2.3/x.csv":               "",
		"https://h.example/x.csv?sig=${WORD}": "",
		"${WHOLE}":                            "",
	} {
		dir := t.TempDir()
		text := "sources: {a: {kind: http, feeds: [fx_rates], allow: [10.0.0.0/8], url: \"" + address + "\"}}\n"
		if err := os.WriteFile(filepath.Join(dir, config.File), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := config.Check(dir)
		if err != nil {
			t.Fatal(err)
		}
		told := ""
		for _, p := range r.Problems {
			told += p.Text + p.Source + "\n"
		}
		if want == "" && told != "" || !strings.Contains(told, want) || strings.Contains(told, "s3cret") {
			t.Errorf("%s: %q, not %q", address, told, want)
		}
	}
}

// A layout's SQL is parsed as an ingest would, and what it gives is held against the feed.
func TestCheckJudgesALayoutsSQL(t *testing.T) {
	const good = "select line, id as line_id, day as booked_at, a as amount from file"
	for sql, want := range map[string]string{
		good:                 "",
		"select * from file": "",
		good + " wehre a":    `sql: syntax error at or near "a"`,
		"select line, id as line_id, day as booked_at from file":        "nothing gives amount, which every row of bank_lines needs: name each by `as` in the SQL, or give it under constants",
		"select id as line_id, day as booked_at, a as amount from file": "sql: it gives no line",
		good[:len(good)-len(" from file")] + ", 1 as amuont from file":  `sql: it gives a column "amuont", which bank_lines doesn't have; did you mean amount?`,
		good[:len(good)-len(" from file")] + ", 1 as amount from file":  `sql: it gives amount twice`,
		"select line from read_text('/etc/passwd')":                     "sql: the function read_text may not be used in a FROM here",
	} {
		dir := t.TempDir()
		text := "feeds:\n  bank_lines:\n    layout:\n      files: [x]\n      constants: {account: a, currency: EUR}\n      sql: |\n        " + sql + "\n"
		if err := os.WriteFile(filepath.Join(dir, config.File), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := config.Check(dir)
		switch {
		case err != nil:
			t.Errorf("%s: %v", sql, err)
		case want == "" && len(r.Problems) > 0, want != "" && (len(r.Problems) != 1 || !strings.Contains(r.Problems[0].Text, want) || r.Problems[0].Line != 6):
			t.Errorf("%s:\n got %+v\nwant %s", sql, r.Problems, want)
		}
	}
}
