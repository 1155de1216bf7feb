package pipeline_test

import (
	"cmp"
	"encoding/csv"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// prefixOf is how the models of a folder of sql/ are named.
var prefixOf = map[string]string{"staging": "stg_", "ledger": "led_", "controls": "ctl_", "marts": "mart_", "evidence": "evi_", "statements": "sta_"}

// bySubject are the folders of sql/ whose models lie one folder a subject
// deeper; those of the others lie flat.
var bySubject = []string{"ledger", "evidence", "marts", "staging"}

// folderModelsMax is how many models a folder holds at most: past it nobody
// finds a rule by looking.
const folderModelsMax = 25

// mayHoldMore are the folders that hold more, with the reason. A reason that is
// no longer true fails too.
var mayHoldMore = map[string]string{
	"sql/controls": "it is the register of controls: one file a control, found by the control's name",
}

var severities = []string{"block", "review", "monitor"}

// sqlHeader gives the leading comment as its lines, and the `name: value` pairs
// of its one block of keys: below it a word before a colon is prose.
func sqlHeader(text string) (lines []string, pairs map[string]string) {
	pairs = map[string]string{}
	ended := false
	for _, line := range strings.Split(text, "\n") {
		comment, ok := strings.CutPrefix(line, "--")
		if !ok {
			break
		}
		comment = strings.TrimSpace(comment)
		lines = append(lines, comment)
		if name, value, ok := strings.Cut(comment, ": "); ok && !strings.Contains(name, " ") && !ended {
			pairs[name] = strings.TrimSpace(value)
		} else {
			ended = len(pairs) > 0
		}
	}
	return lines, pairs
}

// sqlBare gives the text with comments and quoted text blanked.
func sqlBare(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch {
		case strings.HasPrefix(text[i:], "--"):
			for i < len(text) && text[i] != '\n' {
				i++
			}
			b.WriteByte('\n')
		case strings.HasPrefix(text[i:], "/*"):
			end := strings.Index(text[i+2:], "*/")
			if end < 0 {
				return b.String()
			}
			i += 2 + end + 1
			b.WriteByte(' ')
		case text[i] == '\'' || text[i] == '"':
			end := strings.IndexByte(text[i+1:], text[i])
			if end < 0 {
				return b.String()
			}
			i += end + 1
			b.WriteByte(' ')
		default:
			b.WriteByte(text[i])
		}
	}
	return b.String()
}

func TestSQLBare(t *testing.T) {
	got := sqlBare("select a/b, '1/2 -- it''s', \"x/y\" -- c/d\n, /* e/f */ g // h")
	if want := "select a/b,   ,   \n,   g // h"; got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func TestModelsSayWhatTheyAre(t *testing.T) {
	for _, s := range sources(t, ".sql") {
		below, isModel := strings.CutPrefix(path.Dir(s.path), "sql/")
		folder, subject, deeper := strings.Cut(below, "/")
		prefix, known := prefixOf[folder]
		if !isModel || folder == "dialect" {
			continue
		}
		if deeper != slices.Contains(bySubject, folder) || strings.Contains(subject, "/") {
			t.Errorf("%s: models lie in sql/FOLDER, those of %v in sql/FOLDER/SUBJECT", s.path, bySubject)
		}
		if !known {
			t.Errorf("%s: sql/ has the folders dialect, staging, ledger, controls, marts, evidence and statements", s.path)
			continue
		}
		model := strings.TrimSuffix(path.Base(s.path), ".sql")
		if !strings.HasPrefix(model, prefix) || model != strings.ToLower(model) {
			t.Errorf("%s: a model of sql/%s is named %s<what>, lower case", s.path, folder, prefix)
		}
		lines, pairs := sqlHeader(string(s.text))
		if len(lines) == 0 || len(strings.Fields(lines[0])) < 4 {
			t.Errorf("%s: the first comment line must say what one row is", s.path)
		}
		if pairs["grain"] == "" {
			t.Errorf("%s: the header lacks `grain:`", s.path)
		}
		if purpose, ok := pairs["for"]; ok && purpose != "speed" {
			t.Errorf("%s: for: %s; the only purpose that is marked is speed", s.path, purpose)
		}
		if folder == "evidence" {
			for _, name := range []string{"subject", "heading", "order"} {
				if pairs[name] == "" {
					t.Errorf("%s: the header lacks `%s:`", s.path, name)
				}
			}
		}
		if folder != "controls" {
			continue
		}
		for _, name := range []string{"control", "severity", "unit", "reasons", "guards", "question", "causes", "action"} {
			if pairs[name] == "" {
				t.Errorf("%s: the header lacks `%s:`", s.path, name)
			}
		}
		if want := strings.TrimPrefix(model, "ctl_"); pairs["control"] != want {
			t.Errorf("%s: control: %s, want %s as in the file's name", s.path, pairs["control"], want)
		}
		if !slices.Contains(severities, pairs["severity"]) {
			t.Errorf("%s: severity: %s is not one of %v", s.path, pairs["severity"], severities)
		}
	}
}

func TestFoldersOfModelsAreSmall(t *testing.T) {
	models := map[string]int{}
	for _, s := range sources(t, ".sql") {
		if strings.HasPrefix(s.path, "sql/") {
			models[path.Dir(s.path)]++
		}
	}
	for folder, n := range models {
		if n > folderModelsMax && mayHoldMore[folder] == "" {
			t.Errorf("%s holds %d models, more than %d: part it by subject", folder, n, folderModelsMax)
		}
	}
	for folder := range mayHoldMore {
		if models[folder] <= folderModelsMax {
			t.Errorf("%s holds %d models: take it out of mayHoldMore", folder, models[folder])
		}
	}
}

// Names are those of the field: a controller knows an outcome, an attribute and
// a duplicate.
func TestSQLNamesAreTheFieldsOwn(t *testing.T) {
	private := regexp.MustCompile(`(?i)\b\w*(fates?|twice_here|twice_there|_told|_care|_careful|_ways?)\b`)
	for _, s := range sources(t, ".sql") {
		if !strings.HasPrefix(s.path, "sql/") {
			continue
		}
		if found := private.FindString(strings.TrimSuffix(path.Base(s.path), ".sql") + " " + sqlBare(string(s.text))); found != "" {
			t.Errorf("%s: nobody outside knows what %s is", s.path, found)
		}
	}
}

// DuckDB's / leaves DECIMAL for DOUBLE; // truncates towards zero and exists
// in no other dialect, so it stays inside a macro.
func TestSQLIsExactAndPortable(t *testing.T) {
	float := regexp.MustCompile(`(?i)\b(double|float|float4|float8|real)\b`)
	unportable := regexp.MustCompile(`(?i)\b(qualify|asof|exclude)\b|\bgroup\s+by\s+all\b|\border\s+by\s+all\b|\btry_cast\b`)
	for _, s := range sources(t, ".sql") {
		if !strings.HasPrefix(s.path, "sql/") {
			continue
		}
		bare, dialect := sqlBare(string(s.text)), strings.HasPrefix(s.path, "sql/dialect/")
		if found := float.FindString(bare); found != "" {
			t.Errorf("%s uses %s: money is never a float", s.path, found)
		}
		whole := strings.Count(bare, "//")
		if strings.Count(bare, "/") > 2*whole {
			t.Errorf("%s divides with /, which leaves DECIMAL", s.path)
		}
		if whole > 0 && !dialect {
			t.Errorf("%s divides with //; use the macro of sql/dialect", s.path)
		}
		if found := unportable.FindString(bare); found != "" && !dialect {
			t.Errorf("%s uses %q, which Trino lacks or which hides a failure; put what has no common form into sql/dialect", s.path, found)
		}
	}
}

// A modelCase is what one of the cases beside a model expects: its want.csv.
type modelCase struct {
	columns []string
	rows    [][]string
}

// casesOf gives the cases of a .txtar file by their names.
func casesOf(t *testing.T, file, text string) map[string]modelCase {
	t.Helper()
	cases := map[string]modelCase{}
	for _, part := range strings.Split("\n"+text, "\n-- ")[1:] {
		title, rest, _ := strings.Cut(part, " --\n")
		name, ok := strings.CutSuffix(title, "/want.csv")
		if !ok {
			continue
		}
		r := csv.NewReader(strings.NewReader(rest))
		r.TrimLeadingSpace = true
		records, err := r.ReadAll()
		if err != nil || len(records) == 0 {
			t.Fatalf("%s: %s: %v", file, title, err)
		}
		cases[name] = modelCase{records[0], records[1:]}
	}
	return cases
}

// column gives the cells of a column, nil when the case doesn't expect it.
func (c modelCase) column(name string) []string {
	place := slices.Index(c.columns, name)
	if place < 0 {
		return nil
	}
	cells := []string{}
	for _, row := range c.rows {
		cells = append(cells, strings.TrimSpace(row[place]))
	}
	return cells
}

// A control that no case makes fire may be one that never can, and a sentence
// that no case expects may be one that says something else than what happened:
// finance reads the detail and nothing else. So every case in which a control
// gives rows expects their reason and their detail, and every reason that the
// control can give (its header's `reasons:`, which pipeline/engine holds against
// its SQL) has such a row. What no input file can bring about a case tampers for.
func TestEveryControlFiresAndIsSilent(t *testing.T) {
	texts := map[string]string{} // of cases, by the path of the model that they lie beside
	for _, s := range sources(t, ".txtar") {
		texts[strings.TrimSuffix(s.path, ".txtar")+".sql"] = string(s.text)
	}
	for _, s := range sources(t, ".sql") {
		if !strings.HasPrefix(s.path, "sql/controls/") {
			continue
		}
		text, ok := texts[s.path]
		if !ok {
			t.Errorf("%s has no cases beside it", s.path)
			continue
		}
		cases := casesOf(t, s.path, text)
		if c, ok := cases["fires"]; !ok || len(c.rows) == 0 {
			t.Errorf("the cases beside %s have no fires/want.csv with a row", s.path)
		}
		if c, ok := cases["silent"]; !ok || len(c.rows) > 0 {
			t.Errorf("the cases beside %s have no silent/want.csv without a row", s.path)
		}
		_, pairs := sqlHeader(string(s.text))
		listed, seen := strings.Split(pairs["reasons"], ", "), map[string]bool{}
		for name, c := range cases {
			if len(c.rows) == 0 {
				continue
			}
			reasons, details := c.column("reason"), c.column("detail")
			if reasons == nil || details == nil || slices.Contains(details, "") {
				t.Errorf("the case %s beside %s doesn't expect the reason and the detail of each row", name, s.path)
			}
			for _, reason := range reasons {
				seen[reason] = true
				if !slices.Contains(listed, reason) {
					t.Errorf("the case %s beside %s expects the reason %q, which the header doesn't list under `reasons:`", name, s.path, reason)
				}
			}
		}
		for _, reason := range listed {
			if !seen[reason] {
				t.Errorf("no case beside %s expects the sentence of the reason %q", s.path, reason)
			}
		}
	}
}

// holdsNoRule are the models of the ledger that decide nothing of their own, so
// that a case would only repeat their SQL, with the reason. One that gets cases,
// or that is there for speed alone and says so (`for: speed`), leaves the list.
var holdsNoRule = map[string]string{
	"led_bridge_account": "it is a table of names; led_bridge_beside has the cases",
	"led_event_class":    "the classes of the journal and their words",
	"led_gift":           "the month's gifts in numbers; led_gift_day, led_spent_coin and led_creator_span have the rules by which they are placed",
	"led_gift_credit":    "led_gift_day summed by span",
	"led_gift_type":      "the gifts of led_gift_day summed by type of gift and range of a rate",
	"led_live_row":       "the gifts of a recorder before led_live_gift gives them diamonds",
	"led_rate_point":     "the instants at which led_rate_at is asked",
	"led_lot_source":     "the history of the viewers who are replayed, as led_lot_event puts it in order",
	"led_rated_span":     "led_creator_span and led_creator_rate side by side, with a number for the rate",
}

// A rule that no case shows is one that nobody can look up, and that changes
// without anybody noticing.
func TestEveryRuleOfTheLedgerHasACase(t *testing.T) {
	texts := map[string]string{}
	for _, s := range sources(t, ".txtar") {
		texts[strings.TrimSuffix(s.path, ".txtar")+".sql"] = string(s.text)
	}
	seen := map[string]bool{}
	for _, s := range sources(t, ".sql") {
		if !strings.HasPrefix(s.path, "sql/ledger/") {
			continue
		}
		model := strings.TrimSuffix(path.Base(s.path), ".sql")
		seen[model] = true
		_, pairs := sqlHeader(string(s.text))
		text, hasCases := texts[s.path]
		rows := 0
		for _, c := range casesOf(t, s.path, text) {
			rows += len(c.rows)
		}
		switch reason := holdsNoRule[model]; {
		case hasCases && rows == 0:
			t.Errorf("the cases beside %s expect no row", s.path)
		case reason != "" && (hasCases || pairs["for"] == "speed"):
			t.Errorf("%s has cases, or is there for speed: take it out of holdsNoRule (%s)", s.path, reason)
		case reason == "" && !hasCases && pairs["for"] != "speed":
			t.Errorf("%s has no cases beside it: write %s.txtar with the smallest rows that show its rule, or say in holdsNoRule why it has none", s.path, model)
		}
	}
	for model := range holdsNoRule {
		if !seen[model] {
			t.Errorf("%s is no model of the ledger any more: take it out of holdsNoRule", model)
		}
	}
}

// A left join on a condition of its left side alone compares every pair: DuckDB makes a nested loop
// of it, which takes seconds where a hash join takes none. The condition stands inside the key:
// `on b.key = case when a.kind = 'x' then a.key end`.
func TestLeftJoinsAskOfTheirRightSide(t *testing.T) {
	joins := 0
	for _, s := range sources(t, ".sql") {
		lines := strings.Split(string(s.text), "\n")
		for i := range lines {
			alias, conditions := leftJoin(lines[i:])
			for _, condition := range conditions {
				joins++
				if !strings.Contains(condition, alias+".") {
					t.Errorf("%s:%d: left join %s on %q, which says nothing of it: put it into the key, on %s.KEY = case when … then … end", s.path, i+1, alias, condition, alias)
				}
			}
		}
	}
	if joins < 500 {
		t.Errorf("only %d conditions of left joins were read", joins)
	}
}

// leftJoin gives what a left join that begins on the first line calls its right side, and
// what it is joined on, a condition each; nil where none begins.
func leftJoin(lines []string) (alias string, conditions []string) {
	begun := regexp.MustCompile(`^( *)left join (?:(\w+)(?: as (\w+))?|\()$`).FindStringSubmatch(lines[0])
	if begun == nil {
		return "", nil
	}
	margin, rest := begun[1], lines[1:]
	alias = cmp.Or(begun[3], begun[2])
	for alias == "" && len(rest) > 0 {
		alias, _ = strings.CutPrefix(rest[0], margin+") as ")
		if alias == rest[0] {
			alias = ""
		}
		rest = rest[1:]
	}
	for _, line := range rest {
		first, isFirst := strings.CutPrefix(line, margin+"    ")
		switch {
		case isFirst && (strings.HasPrefix(first, "on ") || strings.HasPrefix(first, "and ")):
			conditions = append(conditions, first)
		case isFirst && strings.HasPrefix(first, "    ") && len(conditions) > 0:
			conditions[len(conditions)-1] += " " + strings.TrimSpace(first)
		default:
			return alias, conditions
		}
	}
	return alias, conditions
}
