package engine_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"carat/pipeline"
	"carat/pipeline/engine"
)

// notReasons are literals that the trace of a control's column reason arrives
// at and that no row of the control can have, with the cause. One that the
// trace doesn't arrive at any more fails too.
var notReasons = map[string]map[string]string{
	// led_match_outcome has the outcomes of both matches, and each control reads its own
	"purchase_settlement": {"missing_in_bank": "an order reaches no bank"},
	"settlement_bank": {
		"currency": "a receipt in another currency is held against the published rate", "fee": "a receipt states no fee",
		"quantity": "a receipt has no units", "missing_in_ledger": "a receipt that nothing pays out is missing_in_settlement",
		"tax": "a receipt states no tax",
	},
	// led_payout_taken has what the bank took twice, which is payout_duplicate's, and what agrees
	"payout_provider": {"bank_twice": "only bank_amount is read", "matched": "only bank_amount is read"},
}

// reasonsOfData are the controls whose reasons are no literals but data: the
// column, and the values that it can have.
var reasonsOfData = map[string]struct {
	column string
	values func() []string
}{
	"key_conflict": {"raw_rejects.feed", func() []string {
		var names []string
		for _, f := range pipeline.Feeds() {
			if !f.Reference { // there the same key with other content is a new version
				names = append(names, f.Name)
			}
		}
		return names
	}},
}

// A control's header lists under `reasons:` every reason that it can give, no
// more and no fewer. What it can give is traced through the engine's own parse
// of the models: from the control's column reason back to the literals, by way
// of subqueries and of the models that it reads. pipeline/tidy_sql_test.go asks
// for a case, with its sentence, of each.
func TestControlsListTheirReasons(t *testing.T) {
	_, models := builtinModels(t)
	tr := &tracer{t: t, e: openEngine(t), models: map[string]string{}, trees: map[string]tree{}, known: map[[2]string]map[string]bool{}}
	for _, m := range models {
		tr.models[m.Name] = m.SQL
	}
	for _, m := range models {
		if !m.IsControl() {
			continue
		}
		control := m.Header["control"]
		found := maps.Clone(tr.column(m.Name, "reason"))
		if data, ok := reasonsOfData[control]; ok {
			if !found[unknown+data.column] {
				t.Errorf("%s: its reasons no longer come from %s: take it out of reasonsOfData", m.Name, data.column)
			}
			delete(found, unknown+data.column)
			for _, value := range data.values() {
				found[value] = true
			}
		}
		for not, cause := range notReasons[control] {
			if !found[not] {
				t.Errorf("%s: nothing gives %q any more: take it out of notReasons (%s)", m.Name, not, cause)
			}
			delete(found, not)
		}
		listed := strings.Split(m.Header["reasons"], ", ")
		for _, reason := range slices.Sorted(maps.Keys(found)) {
			if source, ok := strings.CutPrefix(reason, unknown); ok {
				t.Errorf("%s: a reason comes from %s, which is no literal", m.Name, source)
			} else if !slices.Contains(listed, reason) {
				t.Errorf("%s: its SQL can give the reason %q, which its header doesn't list under `reasons:`", m.Name, reason)
			}
		}
		for _, reason := range listed {
			if !found[reason] {
				t.Errorf("%s: its header lists the reason %q, which nothing in its SQL gives", m.Name, reason)
			}
		}
	}
}

// unknown marks what a trace ends at that is no literal.
const unknown = "?"

// tree is a node of a query as DuckDB's json_serialize_sql gives it.
type tree map[string]any

func (n tree) text(name string) string { s, _ := n[name].(string); return s }

func (n tree) node(name string) tree { c, _ := n[name].(map[string]any); return c }

func (n tree) list(name string) []tree {
	items, _ := n[name].([]any)
	var list []tree
	for _, item := range items {
		if c, ok := item.(map[string]any); ok {
			list = append(list, c)
		}
	}
	return list
}

func (n tree) names(name string) []string {
	items, _ := n[name].([]any)
	var list []string
	for _, item := range items {
		s, _ := item.(string)
		list = append(list, s)
	}
	return list
}

// tracer finds the literals that a column of a model can hold.
type tracer struct {
	t      *testing.T
	e      *engine.Engine
	models map[string]string
	trees  map[string]tree
	known  map[[2]string]map[string]bool
}

// scope is what names mean within a query: its own common table expressions,
// then those around it.
type scope struct {
	own   map[string]tree
	outer *scope
}

func (s *scope) find(name string) (tree, *scope) {
	for ; s != nil; s = s.outer {
		if q, ok := s.own[name]; ok {
			return q, s
		}
	}
	return nil, nil
}

// column gives the literals of a model's column, and unknown+TABLE.COLUMN for
// what it reads from a table that no model makes.
func (r *tracer) column(model, column string) map[string]bool {
	key := [2]string{model, column}
	if r.known[key] == nil {
		r.known[key] = map[string]bool{} // a model doesn't read itself
		r.known[key] = r.query(r.parse(model), nil, column)
	}
	return r.known[key]
}

func (r *tracer) parse(model string) tree {
	if n, ok := r.trees[model]; ok {
		return n
	}
	texts, err := r.e.TextsForTest("select cast(json_serialize_sql('" + strings.ReplaceAll(r.models[model], "'", "''") + "') as varchar)")
	if err != nil {
		r.t.Fatal(err)
	}
	var parsed tree
	if err := json.Unmarshal([]byte(texts[0]), &parsed); err != nil {
		r.t.Fatal(err)
	}
	statements := parsed.list("statements")
	if len(statements) != 1 {
		r.t.Fatalf("%s: %s", model, texts[0])
	}
	r.trees[model] = statements[0].node("node")
	return r.trees[model]
}

// query gives the literals of one column of a query.
func (r *tracer) query(n tree, outer *scope, column string) map[string]bool {
	place := slices.Index(r.columns(n), column)
	if place < 0 {
		r.t.Fatalf("a query has no column %s, only %v", column, r.columns(n))
	}
	return r.place(n, outer, place)
}

func (r *tracer) place(n tree, outer *scope, place int) map[string]bool {
	s := &scope{own: map[string]tree{}, outer: outer}
	for _, entry := range n.node("cte_map").list("map") {
		s.own[entry.text("key")] = entry.node("value").node("query").node("node")
	}
	found := map[string]bool{}
	switch n.text("type") {
	case "SET_OPERATION_NODE":
		maps.Copy(found, r.place(n.node("left"), s, place))
		maps.Copy(found, r.place(n.node("right"), s, place))
	case "SELECT_NODE":
		r.expression(n.list("select_list")[place], n, s, found)
	default:
		r.t.Fatalf("a query is a %s", n.text("type"))
	}
	return found
}

// columns gives the names of a query's columns.
func (r *tracer) columns(n tree) []string {
	for n.text("type") == "SET_OPERATION_NODE" {
		n = n.node("left")
	}
	var list []string
	for _, item := range n.list("select_list") {
		name := item.text("alias")
		if parts := item.names("column_names"); name == "" && len(parts) > 0 {
			name = parts[len(parts)-1]
		}
		list = append(list, name)
	}
	return list
}

// expression adds the literals that an expression of a select can be.
func (r *tracer) expression(x, of tree, s *scope, found map[string]bool) {
	switch x.text("type") {
	case "VALUE_CONSTANT":
		value := x.node("value")
		if text := value.text("value"); value["is_null"] != true {
			found[text] = true
		}
	case "CASE_EXPR":
		for _, check := range x.list("case_checks") {
			r.expression(check.node("then_expr"), of, s, found)
		}
		r.expression(x.node("else_expr"), of, s, found)
	case "OPERATOR_CAST":
		r.expression(x.node("child"), of, s, found)
	case "OPERATOR_COALESCE":
		for _, child := range x.list("children") {
			r.expression(child, of, s, found)
		}
	case "FUNCTION":
		if name := x.text("function_name"); name != "max" && name != "min" {
			found[unknown+"function "+name] = true
			return
		}
		r.expression(x.list("children")[0], of, s, found)
	case "COLUMN_REF":
		parts := x.names("column_names")
		values := r.reference(of.node("from_table"), s, parts)
		if values == nil {
			r.t.Fatalf("no table of the query has a column %v", parts)
		}
		without := excluded(of.node("where_clause"), parts)
		for value := range values {
			if !without[value] {
				found[value] = true
			}
		}
	default:
		found[unknown+"expression "+x.text("type")] = true
	}
}

// reference gives the literals of a column of the tables that a select reads;
// nil when none of them has it.
func (r *tracer) reference(from tree, s *scope, parts []string) map[string]bool {
	column := parts[len(parts)-1]
	named := func(name string) bool { return len(parts) == 1 || parts[0] == name }
	within := func(n tree, s *scope) map[string]bool {
		if !slices.Contains(r.columns(n), column) {
			return nil
		}
		return r.query(n, s, column)
	}
	switch from.text("type") {
	case "JOIN":
		if left := r.reference(from.node("left"), s, parts); left != nil {
			return left
		}
		return r.reference(from.node("right"), s, parts)
	case "SUBQUERY":
		if named(from.text("alias")) {
			return within(from.node("subquery").node("node"), s)
		}
	case "BASE_TABLE":
		table, name := from.text("table_name"), from.text("alias")
		if name == "" {
			name = table
		}
		if !named(name) {
			return nil
		}
		if query, at := s.find(table); query != nil {
			return within(query, at)
		}
		if _, ok := r.models[table]; ok {
			if slices.Contains(r.columns(r.parse(table)), column) {
				return r.column(table, column)
			}
			return nil
		}
		if len(parts) > 1 || strings.HasPrefix(table, engine.RawPrefix) {
			return map[string]bool{unknown + table + "." + column: true}
		}
	}
	return nil
}

// excluded gives the literals that a condition keeps out of a column: those of
// `column <> 'x'` and `column not in ('x', 'y')`, where every row must fulfil it.
func excluded(condition tree, column []string) map[string]bool {
	list := map[string]bool{}
	same := func(x tree) bool { return slices.Equal(x.names("column_names"), column) }
	switch condition.text("type") {
	case "CONJUNCTION_AND":
		for _, child := range condition.list("children") {
			maps.Copy(list, excluded(child, column))
		}
	case "COMPARE_NOTEQUAL":
		if same(condition.node("left")) {
			list[condition.node("right").node("value").text("value")] = true
		}
	case "COMPARE_NOT_IN":
		children := condition.list("children")
		if same(children[0]) {
			for _, child := range children[1:] {
				list[child.node("value").text("value")] = true
			}
		}
	}
	return list
}
