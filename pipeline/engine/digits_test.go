package engine_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"carat/pipeline/engine/duckdb"
)

// Where amounts of unlike digits meet (branches of a case, coalesce, union, greatest, a comparison), DuckDB
// takes one type for both. Of decimal(38, 6) and decimal(18, 9) it takes decimal(38, 6), and rounds: silently,
// since 38 digits are all there are. So no digit goes but by a cast that somebody wrote: the plan of every
// model is searched for casts that lower the scale, and each must stand in a text, of that type. Nor is
// anything in a plan a float.
func TestNoDigitGoesUnsaid(t *testing.T) {
	dialect, models := builtinModels(t)
	e := openEngine(t)
	given(t, e, "2026-10", map[string]string{})
	p := testParameters(t, "2026-10", "2026-10", "UTC")
	p.KeepModels, p.WithoutPasses = true, true
	if _, err := e.Reconcile(t.Context(), dialect, models, p, nil); err != nil {
		t.Fatal(err)
	}
	texts := []string{dialect}
	for _, m := range models {
		if m.Header["materialized"] == "view" {
			texts = append(texts, "create view "+duckdb.Identifier(m.Name)+" as\n"+m.SQL) // as it was made
		}
	}
	macros := map[string]string{}
	for _, m := range macroTold.FindAllStringSubmatch(dialect, -1) {
		macros[m[1]] = m[2]
	}
	casts := 0
	for _, m := range models {
		var plan string
		if err := e.Connections()[0].QueryRowContext(t.Context(), "select cast(json_serialize_plan("+duckdb.Literal(m.SQL)+") as varchar)").Scan(&plan); err != nil {
			t.Fatalf("%s: %v", m.Name, err)
		}
		s := &searched{texts: append([]string{m.SQL}, texts...), macros: macros}
		d := json.NewDecoder(strings.NewReader(plan))
		d.UseNumber()
		var root any
		if err := d.Decode(&root); err != nil {
			t.Fatalf("%s: %v", m.Name, err)
		}
		s.walk(root)
		casts += s.casts
		slices.Sort(s.found)
		for _, f := range slices.Compact(s.found) {
			t.Errorf("%s: %s", m.Name, f)
		}
	}
	if casts < 1000 {
		t.Errorf("%d casts found: this test looks in the wrong place", casts)
	}
}

// The search finds what it is for.
func TestLostDigitsAreFound(t *testing.T) {
	e := openEngine(t)
	for query, want := range map[string]bool{
		"select case when random() is null then cast(1 as decimal(38, 6)) else cast(1 as decimal(18, 9)) end":                        true,
		"select coalesce(a, b) from (select cast(1 as decimal(38, 6)) as a, cast(1 as decimal(38, 9)) as b)":                         true,
		"select cast(1 as decimal(38, 6)) union all select cast(1 as decimal(18, 9))":                                                true,
		"select 1 from (select cast(1 as decimal(38, 6)) as a, cast(1 as decimal(38, 9)) as b) where a = b":                          false,
		"select greatest(a, b) from (select cast(1 as decimal(38, 2)) as a, cast(1 as decimal(38, 9)) as b)":                         true,
		"select a + b from (select cast(1 as decimal(38, 2)) as a, cast(1 as decimal(38, 9)) as b)":                                  false,
		"select cast(1 as decimal(18, 6)) / 3":                                                                                       true,
		"select cast(cast(1 as decimal(18, 9)) as decimal(38, 6)) union all select cast(1 as decimal(38, 6))":                        false,
		"select coalesce(cast(a as decimal(38, 9)), b) from (select cast(1 as decimal(38, 6)) as a, cast(1 as decimal(38, 9)) as b)": false,
		"select cast(a as bigint) from (select cast(1 as decimal(38, 6)) as a)":                                                      false,
		"select coalesce(a, 0) from (select cast(1 as decimal(38, 6)) as a)":                                                         false,
	} {
		var plan string
		if err := e.Connections()[0].QueryRowContext(t.Context(), "select cast(json_serialize_plan("+duckdb.Literal(query)+") as varchar)").Scan(&plan); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		var root any
		d := json.NewDecoder(strings.NewReader(plan))
		d.UseNumber()
		if err := d.Decode(&root); err != nil {
			t.Fatal(err)
		}
		s := &searched{texts: []string{query}}
		s.walk(root)
		if (len(s.found) > 0) != want {
			t.Errorf("%s: found %q", query, s.found)
		}
	}
}

// searched is a plan that is searched for digits that go.
type searched struct {
	texts  []string          // in which a cast may be written
	macros map[string]string // those that are a cast as a whole: the cast
	casts  int
	found  []string
}

func (s *searched) walk(node any) {
	switch n := node.(type) {
	case []any:
		for _, child := range n {
			s.walk(child)
		}
	case map[string]any:
		if id := typeOf(n).id; (id == "DOUBLE" || id == "FLOAT") && !ofInterval(n) && n["name"] != "random" {
			s.found = append(s.found, "a float: "+s.near(n))
		}
		if n["expression_class"] == "BOUND_CAST" {
			s.casts++
			child, _ := n["child"].(map[string]any)
			from, to := typeOf(child), typeOf(n)
			if from.id == "DECIMAL" && (to.id == "DECIMAL" || integers[to.id]) && to.scale < from.scale && !s.written(n, child, to) {
				s.found = append(s.found, fmt.Sprintf("%s becomes %s without a word: %s", from, to, s.near(n)))
			}
		}
		for _, child := range n {
			s.walk(child)
		}
	}
}

// ofInterval says whether an expression is how DuckDB reads `interval 1 day`: trunc of a whole number.
func ofInterval(n map[string]any) bool {
	if n["name"] == "trunc" {
		children, _ := n["children"].([]any)
		return len(children) == 1 && ofInterval(children[0].(map[string]any))
	}
	child, _ := n["child"].(map[string]any)
	return n["expression_class"] == "BOUND_CAST" && typeOf(child).id == "INTEGER" && child["expression_class"] == "BOUND_CONSTANT"
}

var integers = map[string]bool{"TINYINT": true, "SMALLINT": true, "INTEGER": true, "BIGINT": true, "HUGEINT": true, "UBIGINT": true, "UINTEGER": true, "UHUGEINT": true}

// macroTold is a macro of the dialect that is a cast as a whole.
var macroTold = regexp.MustCompile(`(?s)create or replace macro (\w+)\([^)]*\) as\s+(cast\([^;]*\));`)

// written says whether a cast stands in a text, of its type: where it says so, or where a macro is named that is such
// a cast. An implicit one is at the place of what it casts.
func (s *searched) written(cast, child map[string]any, to sqlType) bool {
	at := place(cast)
	if at < 0 || at == place(child) {
		return false
	}
	for _, text := range s.texts {
		if at < len(text) {
			name, _, _ := strings.Cut(text[at:min(at+60, len(text))], "(")
			if body := s.macros[name]; body != "" && castEnds(body, to) {
				return true
			}
		}
		if at+5 <= len(text) && strings.EqualFold(text[at:at+5], "cast(") && castEnds(text[at:], to) {
			return true
		}
	}
	return false
}

// castEnds says whether a text begins with a cast to a type.
func castEnds(text string, to sqlType) bool {
	depth := 0
	for i, r := range text {
		switch r {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return strings.HasSuffix(strings.ToLower(strings.Join(strings.Fields(text[:i]), " ")), " as "+to.String())
			}
		}
	}
	return false
}

// near is the text at an expression's place, in the model.
func (s *searched) near(n map[string]any) string {
	at := place(n)
	if at < 0 || at >= len(s.texts[0]) {
		return "nowhere in the text"
	}
	return fmt.Sprintf("line %d, or of a macro's file: %q", strings.Count(s.texts[0][:at], "\n")+1, s.texts[0][at:min(at+50, len(s.texts[0]))])
}

func place(n map[string]any) int {
	v, _ := n["query_location"].(json.Number)
	at, err := v.Int64()
	if err != nil {
		return -1 // a number past all: it has none
	}
	return int(at)
}

type sqlType struct {
	id           string
	width, scale int64
}

func (t sqlType) String() string {
	if t.id == "DECIMAL" {
		return fmt.Sprintf("decimal(%d, %d)", t.width, t.scale)
	}
	return strings.ToLower(t.id)
}

// typeOf gives the type of an expression; of what has none, the zero value.
func typeOf(n map[string]any) (t sqlType) {
	of, ok := n["return_type"].(map[string]any)
	if value, constant := n["value"].(map[string]any); !ok && constant {
		of, _ = value["type"].(map[string]any)
	}
	t.id, _ = of["id"].(string)
	info, _ := of["type_info"].(map[string]any)
	t.width, t.scale = number(info["width"]), number(info["scale"])
	return t
}

func number(v any) int64 {
	n, _ := v.(json.Number)
	i, _ := n.Int64()
	return i
}
