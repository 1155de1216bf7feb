package duckdb_test

import (
	"maps"
	"slices"
	"strings"

	"carat/pipeline/engine/duckdb"
)

// grammar makes statements. Most hold one thing that a query may not do, somewhere in a
// statement that is well otherwise: a second one would hide that the first got through.
// Some are made of anything, nested. choose(n) gives a number below n.
type grammar struct {
	choose func(n int) int
	in     string // a folder that may be read
	out    string // one that may not
}

func (g grammar) of(list ...string) string { return list[g.choose(len(list))] }

// fill puts text into one of the templates, where $ stands.
func (g grammar) fill(text string, templates ...string) string {
	return strings.Replace(g.of(templates...), "$", text, 1)
}

func (g grammar) path() string {
	return g.of(g.in, g.in, g.out) + "/" + g.of("secret.csv", "secret.csv", "secret.csv", "secret.csv", "link", "new", "x.parquet", "*", "a.duckdb")
}

// Those that did something once, or would; the lists have all others.
var (
	hotScalars = strings.Fields("json_serialize_plan json_serialize_plan json_serialize_sql json_deserialize_sql getenv current_setting getvariable write_log nextval sleep_ms pg_sleep query read_text")
	hotTables  = strings.Fields("read_csv read_text read_blob read_parquet read_json glob sniff_csv query query_table json_execute_serialized_sql enable_logging parquet_metadata duckdb_settings duckdb_secrets checkpoint")
	allScalars = slices.Sorted(maps.Keys(duckdb.RefusedScalars))
	allTables  = slices.Sorted(maps.Keys(duckdb.RefusedTables))
)

func (g grammar) oddScalar() string {
	if g.choose(2) == 0 {
		return g.of(hotScalars...)
	}
	return g.of(allScalars...)
}

// oddTable is a function of a FROM, and what it is given: mostly a file, where it reads
// one.
func (g grammar) oddTable() (name, argument string) {
	name = g.of(allTables...)
	if g.choose(2) == 0 {
		name = g.of(hotTables...)
	}
	if strings.HasPrefix(name, "read_") && g.choose(4) > 0 {
		return name, "'" + g.path() + "'"
	}
	return name, g.argument()
}

// command is SQL that is no SELECT.
func (g grammar) command() string {
	return g.of("copy (select 1) to '"+g.path()+"'", "copy t from '"+g.path()+"' (format csv, header)", "export database '"+g.path()+"'", "import database '"+g.path()+"'",
		"attach '"+g.path()+"'", "attach '"+g.path()+"' as other", "create table x as select 1", "create macro m(a) as a", "load '"+g.path()+"'", "set threads = 1",
		"set variable x = 1", "pragma database_list", "pragma threads = 1", "pragma enable_profiling", "call enable_logging()", "call pragma_version()", "explain select 1",
		"explain analyze select 1", "prepare p as select 1", "execute p", "drop table t", "insert into t select 'y'", "vacuum", "checkpoint", "use memory", "reset threads", "begin")
}

// argument is what an odd function is given.
func (g grammar) argument() string {
	switch g.choose(6) {
	case 0:
		return "'" + strings.ReplaceAll(g.command(), "'", "''") + "'"
	case 1:
		return "'export database ''" + g.path() + "'''"
	case 2:
		return "'" + g.of("HOME", "threads", "temp_directory", "s", "select 1", "t") + "'"
	case 3:
		return g.of("a", "1", "", "[1]", "storage_path = '"+g.path()+"'")
	default:
		return "'" + g.path() + "'"
	}
}

// oddExpression is one that may not be.
func (g grammar) oddExpression() string {
	f, arg := g.oddScalar(), g.argument()
	if strings.Contains(arg, "=") {
		arg = "'HOME'"
	}
	switch g.choose(8) {
	case 0:
		return "(" + arg + ")." + f + "()"
	case 1:
		return g.of("main.", "system.main.") + f + "(" + arg + ")"
	case 2:
		return "\"" + strings.ToUpper(f) + "\"(" + arg + ")"
	case 3:
		return "list_transform([" + arg + "], " + g.of("x -> ", "lambda x: ") + f + "(x))"
	case 4:
		return "list_transform([" + arg + "], lambda x: x." + f + "())"
	default:
		return f + "(" + arg + ")"
	}
}

// oddFrom is something in a FROM that may not be.
func (g grammar) oddFrom() string {
	path := g.path()
	name, argument := g.oddTable()
	switch g.choose(8) {
	case 0:
		return "'" + path + "'"
	case 1:
		return g.of("\""+path+"\"", "main.\""+path+"\"", "main.csv", "\""+g.in+"/secret\".\"csv\"", "\""+g.in+"/a\".b.csv")
	case 2:
		return g.of(slices.Sorted(maps.Keys(duckdb.RefusedViews))...)
	case 3:
		return g.of("main.", "system.main.") + name + "(" + argument + ")"
	case 4:
		return "\"" + strings.ToUpper(name) + "\"(" + argument + ")"
	default:
		return name + "(" + argument + ")"
	}
}

// within puts an expression into others.
func (g grammar) within(e string) string {
	for range g.choose(3) {
		e = g.fill(e, "coalesce($, 'x')", "cast($ as varchar)", "case when $ is null then 1 else 2 end", "try($)", "{a: $}", "[$]", "($) || 'x'", "struct_pack(a := $)", "(select $)",
			"list_transform([$], x -> x)", "length(($)::varchar)", "exists (select 1 where ($) is null)", "(($) in ('x', 'y'))", "map {'a': $}", "upper(($)::varchar)", "(($) is not distinct from 1)",
			"nullif($, $)", "concat('a', $)", "(array_agg($))[1]")
	}
	return e
}

// query puts an expression into a query.
func (g grammar) query(e string) string {
	return g.fill(e, "select $", "select $", "select $ from t", "values ($)", "from t where ($) is null", "from t where ($) is not null", "select a from t order by $", "select 1 limit length(($)::varchar)",
		"select 1 from t group by $", "select 1 having ($) is not null", "select a from t qualify row_number() over (order by $) = 1", "select distinct on ($) a from t",
		"select * replace ($ as a) from t", "with x as (select $ as b) from x", "with recursive r(n) as (select ($)::varchar union all select n from r where false) from r",
		"describe select $", "summarize select $ as b", "from (values ($)) v", "select * from range(length(($)::varchar))", "from t join t u on t.a = u.a and ($) is not null",
		"select columns(c -> $ is not null) from t", "select a from t union all select ($)::varchar", "select max($) from t", "select max($) over () from t",
		"select count(*) filter (where ($) is null) from t", "select unnest([$])", "select (from (select $) x)", "from t, lateral (select $ as b) l", "select 'a' like 'b' escape ($)::varchar",
		"pivot (select a, $ as b from t) on b using count(*)", "select extract(year from try_cast(($)::varchar as date))")
}

// reading puts what stands in a FROM into a query.
func (g grammar) reading(from string) string {
	return g.fill(from, "from $", "from $", "from $", "select * from $", "select count(*) from $", "select 1 from $", "with x as (from $) from x", "with recursive r as (from $) from r", "from t, lateral (from $)",
		"from t positional join $", "from t cross join $", "from t left join $ on true", "select (select count(*) from $)", "from t where exists (from $)", "select (from $ limit 1)", "describe from $",
		"summarize from $", "from (from $) y", "from (describe from $)", "select a from t where a in (select 1::varchar from $)", "from t union all by name from $", "select list_transform([1], x -> (select count(*) from $))",
		"select * from $ tablesample 100%", "table t union all select 'a' from $")
}

// beside puts a name into a query's FROM, and into a WITH that holds for another part of
// it.
func (g grammar) beside(name string) string {
	if strings.Contains(name, "(") {
		return g.reading(name)
	}
	if path, ok := strings.CutPrefix(name, "'"); ok {
		name = "\"" + strings.TrimSuffix(path, "'") + "\""
	}
	with := g.of("with ", "with recursive ", "with t as (select 1 as a), ") + name + g.of(" as (select 1 as a) ", " as materialized (select 1 as a) ", "(a) as (values (1)) ")
	inner := "(" + with + g.of("select 1 as z", "from "+name, "values (1)") + ")"
	return strings.NewReplacer("$", name, "@", inner).Replace(g.of("from $, @ x", "select y.* from @ x, $ y", "select * from $ where 1 in @", "select @, * from $", "from $ where exists @",
		"from $ order by @", "from $ limit @", "from @ x union all by name from $", "from $ union all by name from @ x", "with x as @ from $, x", "with x as (from $), $ as (select 1 as a) from x",
		"with y as (with x as @ from x) from y cross join $", "from t, lateral @ l, $", "select p.* from (select p.* from @ as w, $ as p) as p", "select (from $ limit 1) from @ x",
		"from (describe from $), @ x", "select list_transform([1], x -> (select count(*) from $)), @", "from t left join $ on exists @", "from @ x positional join $", with+"from main.$", with+"from $"))
}

// statement makes one.
func (g grammar) statement(deep int) string {
	s := ""
	switch g.choose(10) {
	case 0, 1, 2:
		s = g.query(g.within(g.oddExpression()))
	case 3, 4:
		s = g.reading(g.oddFrom())
	case 5:
		s = g.beside(g.oddFrom())
	case 6:
		s = g.of(g.command(), g.command(), "select 1; "+g.command(), g.command()+"; select 1", "select 1; select 2")
	case 7:
		s = g.query(g.within(g.of("a", "1", "null", "'x'", "sum(1)", "current_date"))) // well
	default:
		s = g.anything(deep)
	}
	switch g.choose(14) {
	case 0:
		return g.of("-- a comment\n", "/* a */ ", ";", "\n\t") + s + g.of(";", " -- x", "")
	case 1:
		return s + "; " + g.of(s, g.command())
	default:
		return s
	}
}

// anything is a query of nested expressions and tables, each clause anywhere; most
// parse, few bind.
func (g grammar) anything(deep int) string {
	with := g.of("", "", "", "with t as (select 1 as a) ", "with recursive r(n) as (select "+g.expression(deep-1)+" union all select n from r where false) ", "with \"secret.csv\" as (from "+g.table(deep-1)+") ")
	q := g.of("select "+g.expression(deep)+" from "+g.table(deep), "from "+g.table(deep), "from "+g.table(deep)+" select "+g.expression(deep), "values ("+g.expression(deep)+")",
		"select "+g.expression(deep), "select distinct on ("+g.expression(deep-1)+") * from "+g.table(deep), "table t", "show tables", "describe "+g.table(deep), "summarize "+g.table(deep))
	for range g.choose(3) {
		q += g.of(" where ", " group by ", " having ", " qualify ", " order by ", " limit ", " union all select ", " offset ") + g.expression(deep-1)
	}
	return with + q
}

func (g grammar) expression(deep int) string {
	if deep <= 0 {
		return g.of("1", "'a'", "null", "a", "t.a", "*", "'"+g.path()+"'", "date '2026-10-01'", "true")
	}
	e := func() string { return g.expression(deep - 1) }
	switch g.choose(10) {
	case 0, 1:
		return g.of("upper", "length", "sha256", "coalesce", "list_transform", "list_aggregate", "json_extract", "concat", "sum", "max", "row_number", "printf", "format", "regexp_replace", g.oddScalar()) +
			"(" + g.of(e(), e()+", "+e(), "") + ")"
	case 2:
		return "(" + g.anything(deep-1) + ")"
	case 3, 4:
		return e() + " " + g.of("||", "+", "=", "like", "in", "->>", "//", "^@", "is not distinct from") + " " + g.of(e(), "("+e()+")")
	case 5:
		return "cast(" + e() + " as " + g.of("varchar", "json", "int", "decimal(38, 6)") + ")"
	case 6:
		return "case when " + e() + " then " + e() + " else " + e() + " end"
	case 7:
		return g.of("{a: "+e()+"}", "["+e()+"]", "map {'a': "+e()+"}", "columns(c -> "+e()+")", "exists (from "+g.table(deep-1)+")")
	case 8:
		return g.of("max", "count", "first", g.oddScalar()) + "(" + e() + ") " + g.of("over (order by ", "filter (where ") + e() + ")"
	default:
		return "try(" + e() + ")"
	}
}

func (g grammar) table(deep int) string {
	switch g.choose(8) {
	case 0:
		return g.oddFrom()
	case 1:
		return "(values (" + g.expression(deep-1) + "))"
	case 2, 3:
		if deep > 0 {
			return "(" + g.of("", "describe ", "summarize ") + g.anything(deep-1) + ")"
		}
	case 4:
		if deep > 0 {
			return g.table(deep-1) + g.of(" join ", " positional join ", " cross join ", ", lateral ", " asof join ") + g.table(deep-1) + g.of("", " on "+g.expression(deep-1))
		}
	}
	return "t"
}
