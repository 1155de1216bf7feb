package database

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"slices"
	"strings"

	_ "modernc.org/sqlite" // driver "sqlite"

	"carat/pipeline"
)

// icebergTables are those of the library that keeps the catalog, in the same database.
const icebergTables = `create table iceberg_tables (catalog_name varchar not null, table_namespace varchar not null, table_name varchar not null,
	iceberg_type varchar, metadata_location varchar, previous_metadata_location varchar, primary key (catalog_name, table_namespace, table_name));
create table iceberg_namespace_properties (catalog_name varchar not null, namespace varchar not null, property_key varchar not null,
	property_value varchar, primary key (catalog_name, namespace, property_key));`

// Object is something in a database that carat didn't make, or not so.
type Object struct {
	Kind  string // "table", "column", "index", "trigger", "view", …
	Name  string
	Table string // that it belongs to; its own name for a table or a view
	Is    string // what it is: a column's type, whether it must be given, its default; an index's columns; a table's text
	Was   string // what carat made it; "": it is none of carat's
}

// String names it for people.
func (o Object) String() string {
	switch {
	case o.Was != "" && o.Kind == "table":
		return fmt.Sprintf("%s: the table is not as carat made it: it is %s, and was %s", o.Name, pipeline.CutText(o.Is), pipeline.CutText(o.Was))
	case o.Was != "":
		return fmt.Sprintf("%s: the %s %s is not as carat made it: it is %s, and was %s", o.Table, o.Kind, o.Name, pipeline.CutText(o.Is), pipeline.CutText(o.Was))
	}
	switch o.Kind {
	case "trigger", "rule", "view", "materialized view", "generated column":
		return fmt.Sprintf("%s: the %s %s is none of carat's: it can change what is written before it is recorded", o.Table, o.Kind, o.Name)
	case "event trigger":
		return fmt.Sprintf("the event trigger %s of the database is none of carat's: it runs when carat makes a table", o.Name)
	case "persistence":
		return fmt.Sprintf("%s: the table is unlogged: a crash of PostgreSQL would empty it", o.Table)
	case "owner":
		return fmt.Sprintf("%s: the table belongs to %s, and carat_records to another: whoever owns a table can change what guards it", o.Table, o.Name)
	case "grant":
		return fmt.Sprintf("%s: everybody who may connect may write to the table (%s)", o.Table, o.Name)
	case "policy", "row security":
		return fmt.Sprintf("%s: the %s %s is none of carat's: it can hide rows", o.Table, o.Kind, o.Name)
	case "column", "index", "constraint":
		return fmt.Sprintf("%s: the %s %s is none of carat's", o.Table, o.Kind, o.Name)
	}
	return fmt.Sprintf("%s: the %s is none of carat's", o.Name, o.Kind)
}

// sqliteObjects lists a database of SQLite: what there is, and then columns.
const sqliteObjects = `select m.type as kind, m.name, m.tbl_name,
		case m.type when 'index' then (select max(i."unique") || ' ' || max(i.partial) from pragma_index_list(m.tbl_name) as i where i.name = m.name) || ' '
			|| coalesce((select group_concat(c.spelled, ', ') from (select coalesce(x.name, 'an expression') || case when x.coll = 'BINARY' then '' else ' ' || x.coll end as spelled
				from pragma_index_xinfo(m.name) as x where x.key = 1 order by x.seqno) as c), '')
		else coalesce(m.sql, '') end
	from sqlite_master as m where m.name not like 'sqlite!_%' escape '!'
	union all
	select case when x.hidden > 1 then 'generated column' else 'column' end, x.name, m.name,
		replace(lower(x.type), 'varchar', 'character varying') || case when x."notnull" = 1 or x.pk > 0 then ' not null' else '' end
		|| coalesce(' default ' || x.dflt_value, '') || case when x.pk > 0 then ' key ' || x.pk else '' end
	from sqlite_master as m, pragma_table_xinfo(m.name) as x where m.type = 'table' and m.name not like 'sqlite!_%' escape '!'
	order by 3, 1, 2`

// postgresObjects lists a schema of PostgreSQL, but for what an extension made and the
// indexes of primary keys.
const postgresObjects = `with own as (
		select c.* from pg_class as c where c.relnamespace = current_schema()::regnamespace
		and not exists (select 1 from pg_depend as d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')),
	tables as (select * from own where relkind in ('r', 'p', 'f'))
	select case relkind when 'v' then 'view' when 'm' then 'materialized view' when 'f' then 'foreign table' when 'S' then 'sequence' else 'table' end as kind,
		relname::text as name, relname::text as on_table, '' as what from own where relkind in ('r', 'p', 'f', 'v', 'm', 'S')
	union all
	select 'index', x.relname::text, c.relname::text, i.indisunique::int || ' ' || (i.indpred is not null)::int || ' '
		|| (select string_agg(pg_get_indexdef(x.oid, n, true), ', ' order by n) from generate_series(1, i.indnkeyatts) as n)
	from own as x join pg_index as i on i.indexrelid = x.oid join pg_class as c on c.oid = i.indrelid where not i.indisprimary
	union all
	select case a.attgenerated when '' then 'column' else 'generated column' end, a.attname::text, c.relname::text,
		format_type(a.atttypid, a.atttypmod) || case when a.attnotnull then ' not null' else '' end
		|| coalesce(' default ' || regexp_replace(pg_get_expr(d.adbin, d.adrelid), '::(text|bigint)', '', 'g'), '')
		|| coalesce(' key ' || array_position(k.conkey, a.attnum), '')
	from tables as c join pg_attribute as a on a.attrelid = c.oid left join pg_attrdef as d on d.adrelid = c.oid and d.adnum = a.attnum
	left join pg_constraint as k on k.conrelid = c.oid and k.contype = 'p' where a.attnum > 0 and not a.attisdropped
	union all
	select 'constraint', k.conname::text, c.relname::text, pg_get_constraintdef(k.oid) from tables as c join pg_constraint as k on k.conrelid = c.oid where k.contype in ('c', 'f', 'u', 'x')
	union all
	select 'trigger', t.tgname::text, c.relname::text, '' from own as c join pg_trigger as t on t.tgrelid = c.oid where not t.tgisinternal
	union all
	select 'rule', r.rulename::text, c.relname::text, '' from tables as c join pg_rewrite as r on r.ev_class = c.oid
	union all
	select 'policy', p.polname::text, c.relname::text, '' from tables as c join pg_policy as p on p.polrelid = c.oid
	union all
	select 'row security', 'of the table', c.relname::text, '' from tables as c where c.relrowsecurity
	union all
	select 'persistence', 'unlogged', c.relname::text, '' from tables as c where c.relpersistence <> 'p'
	union all
	select 'owner', pg_get_userbyid(c.relowner)::text, c.relname::text, '' from tables as c where c.relowner <> (select r.relowner from own as r where r.relname = 'carat_records')
	union all
	select 'grant', lower(string_agg(distinct a.privilege_type, ', ')), c.relname::text, '' from tables as c, aclexplode(c.relacl) as a
	where a.grantee = 0 and a.privilege_type in ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER') group by c.relname
	union all
	select 'event trigger', evtname::text, evtname::text, '' from pg_event_trigger as e
	where not exists (select 1 from pg_depend as d where d.classid = 'pg_event_trigger'::regclass and d.objid = e.oid and d.deptype = 'e')
	order by 3, 1, 2`

// Foreign names what is in the database that the statements, and the library of the
// catalog, don't make. The statements are tried on an empty database in memory, so
// that no list of names is to be kept beside them. What belongs to a foreign table is
// not named besides it.
func Foreign(ctx context.Context, tx *sql.Tx, postgres bool, statements []string) (found []Object, err error) {
	own, err := made(ctx, statements)
	if err != nil {
		return nil, err
	}
	query := sqliteObjects
	if postgres {
		query = postgresObjects
	}
	there, err := objects(ctx, tx, query)
	if err != nil {
		return nil, err
	}
	foreign := map[string]bool{} // tables
	for _, o := range there {
		if _, is := own[o.key()]; !is && o.Name == o.Table {
			foreign[o.Table] = true
		}
	}
	told := map[string]bool{} // tables of which more than the text is told
	for _, o := range there {
		was, is := own[o.key()]
		switch {
		case !is && (!foreign[o.Table] || o.Name == o.Table):
			found = append(found, o)
		case is && was != o.Is && !(postgres && o.Kind == "table") && !(o.Kind == "table" && told[o.Table]): // of a table there, no text is kept
			o.Was = was
			found = append(found, o)
		default:
			continue
		}
		told[o.Table] = true
	}
	return found, nil
}

// made gives what the statements make.
func made(ctx context.Context, statements []string) (own map[Object]string, err error) {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, err
	}
	defer db.Close()
	tx, err := db.BeginTx(ctx, nil) // one connection: each has a memory of its own
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback() }()
	for _, text := range append(slices.Clip(statements), icebergTables) {
		if _, err := tx.ExecContext(ctx, text); err != nil {
			return nil, fmt.Errorf("read carat's own tables: %w", err)
		}
	}
	list, err := objects(ctx, tx, sqliteObjects)
	own = map[Object]string{}
	for _, o := range list {
		own[o.key()] = o.Is
	}
	return own, err
}

// key is what an object is known by.
func (o Object) key() Object { return Object{Kind: o.Kind, Name: o.Name, Table: o.Table} }

var (
	sqlComment = regexp.MustCompile(`--[^\n]*|/\*(?s:.*?)\*/`)
	sqlBlank   = regexp.MustCompile(`\s*([(),])\s*|\s+`)
)

// tableText spells the statement that SQLite keeps of a table without what says nothing:
// comments, blanks, quotes and capitals.
func tableText(sql string) string {
	text := strings.ToLower(strings.ReplaceAll(sqlComment.ReplaceAllString(sql, " "), `"`, ""))
	return strings.ReplaceAll(strings.TrimSpace(sqlBlank.ReplaceAllString(text, "$1 ")), " )", ")")
}

func objects(ctx context.Context, tx *sql.Tx, query string) (list []Object, err error) {
	rows, err := tx.QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("list what is in the database: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var o Object
		if err := rows.Scan(&o.Kind, &o.Name, &o.Table, &o.Is); err != nil {
			return nil, fmt.Errorf("list what is in the database: %w", err)
		}
		if o.Kind == "table" {
			o.Is = tableText(o.Is)
		}
		o.Name, o.Table = strings.ToLower(o.Name), strings.ToLower(o.Table)
		list = append(list, o)
	}
	return list, rows.Err()
}
