package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"carat/pipeline"
)

// others are the functions and operators in the schemas of a session that no extension
// made, and of which PostgreSQL takes one in the place of its own where it fits better: it
// runs as carat then. Each name here is of pg_catalog, so that none of them is asked.
const others = `select found.kind, found.name, found.of_schema
from (
	select 'function' as kind, p.proname as name, p.oid, p.pronamespace as schema_oid, 'pg_catalog.pg_proc'::pg_catalog.regclass as of_class from pg_catalog.pg_proc as p
	union all
	select 'operator', o.oprname, o.oid, o.oprnamespace, 'pg_catalog.pg_operator'::pg_catalog.regclass from pg_catalog.pg_operator as o
) as every
cross join lateral (select every.kind, every.name::pg_catalog.text as name, every.schema_oid::pg_catalog.regnamespace::pg_catalog.text as of_schema) as found
where every.schema_oid operator(pg_catalog.=) any (
		select n.oid from pg_catalog.pg_namespace as n where n.nspname operator(pg_catalog.=) any (pg_catalog.current_schemas(false)))
	and every.schema_oid operator(pg_catalog.<>) 'pg_catalog'::pg_catalog.regnamespace
	and not exists (select 1 from pg_catalog.pg_depend as d
		where d.classid operator(pg_catalog.=) every.of_class and d.objid operator(pg_catalog.=) every.oid and d.deptype operator(pg_catalog.=) 'e')
order by 1, 2 limit 1`

// wantOwn refuses a session in whose schemas somebody put a function or an operator.
func wantOwn(ctx context.Context, conn *pgx.Conn) error {
	var kind, name, schema string
	err := conn.QueryRow(ctx, others).Scan(&kind, &name, &schema)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return errors.Join(err, conn.Close(ctx))
	}
	_ = conn.Close(ctx)
	return pipeline.Errorf(pipeline.KindVerification, "open", "catalog's database", "the %s %s in its schema %s is none of carat's: PostgreSQL would run it with carat's rights", kind, name, schema).
		WithHint("find out who made it, drop it, and let nobody else create in that schema (`revoke create on schema %s from public`), or give carat a schema of its own (?search_path=NAME in `catalog`)", schema)
}
