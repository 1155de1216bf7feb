package database

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	_ "modernc.org/sqlite" // driver "sqlite"
)

// icebergTables are those of the library that keeps the catalog, in the same database.
const icebergTables = `create table iceberg_tables (catalog_name, table_namespace, table_name, iceberg_type, metadata_location, previous_metadata_location);
create table iceberg_namespace_properties (catalog_name, namespace, property_key, property_value);`

// Object is something in a database that carat didn't make.
type Object struct {
	Kind  string // "table", "column", "index", "trigger", "view", …
	Name  string
	Table string // that it belongs to; its own name for a table or a view
}

// String names it for people.
func (o Object) String() string {
	switch o.Kind {
	case "trigger", "rule", "view", "materialized view", "generated column":
		return fmt.Sprintf("%s: the %s %s is none of carat's: it can change what is written before it is recorded", o.Table, o.Kind, o.Name)
	case "policy", "row security":
		return fmt.Sprintf("%s: the %s %s is none of carat's: it can hide rows", o.Table, o.Kind, o.Name)
	case "column", "index":
		return fmt.Sprintf("%s: the %s %s is none of carat's", o.Table, o.Kind, o.Name)
	}
	return fmt.Sprintf("%s: the %s is none of carat's", o.Name, o.Kind)
}

// sqliteObjects lists a database of SQLite: what there is, and then columns.
const sqliteObjects = `select type as kind, name, tbl_name from sqlite_master where name not like 'sqlite!_%' escape '!'
	union all
	select case when x.hidden > 1 then 'generated column' else 'column' end, x.name, m.name
	from sqlite_master as m, pragma_table_xinfo(m.name) as x where m.type = 'table' and m.name not like 'sqlite!_%' escape '!'
	order by 3, 1, 2`

// postgresObjects lists a schema of PostgreSQL, but for what an extension made and the
// indexes of primary keys.
const postgresObjects = `with own as (
		select c.* from pg_class as c where c.relnamespace = current_schema()::regnamespace
		and not exists (select 1 from pg_depend as d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')),
	tables as (select * from own where relkind in ('r', 'p', 'f'))
	select case relkind when 'v' then 'view' when 'm' then 'materialized view' when 'f' then 'foreign table' when 'S' then 'sequence' else 'table' end as kind,
		relname::text as name, relname::text as on_table from own where relkind in ('r', 'p', 'f', 'v', 'm', 'S')
	union all
	select 'index', x.relname::text, c.relname::text from own as x join pg_index as i on i.indexrelid = x.oid join pg_class as c on c.oid = i.indrelid where not i.indisprimary
	union all
	select case a.attgenerated when '' then 'column' else 'generated column' end, a.attname::text, c.relname::text
	from tables as c join pg_attribute as a on a.attrelid = c.oid where a.attnum > 0 and not a.attisdropped
	union all
	select 'trigger', t.tgname::text, c.relname::text from own as c join pg_trigger as t on t.tgrelid = c.oid where not t.tgisinternal
	union all
	select 'rule', r.rulename::text, c.relname::text from tables as c join pg_rewrite as r on r.ev_class = c.oid
	union all
	select 'policy', p.polname::text, c.relname::text from tables as c join pg_policy as p on p.polrelid = c.oid
	union all
	select 'row security', 'of the table', c.relname::text from tables as c where c.relrowsecurity
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
		if !own[o] && o.Name == o.Table {
			foreign[o.Table] = true
		}
	}
	for _, o := range there {
		if !own[o] && (!foreign[o.Table] || o.Name == o.Table) {
			found = append(found, o)
		}
	}
	return found, nil
}

// made gives what the statements make.
func made(ctx context.Context, statements []string) (own map[Object]bool, err error) {
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
	own = map[Object]bool{}
	for _, o := range list {
		own[o] = true
	}
	return own, err
}

func objects(ctx context.Context, tx *sql.Tx, query string) (list []Object, err error) {
	rows, err := tx.QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("list what is in the database: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var o Object
		if err := rows.Scan(&o.Kind, &o.Name, &o.Table); err != nil {
			return nil, fmt.Errorf("list what is in the database: %w", err)
		}
		o.Name, o.Table = strings.ToLower(o.Name), strings.ToLower(o.Table)
		list = append(list, o)
	}
	return list, rows.Err()
}
