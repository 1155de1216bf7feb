package database

import (
	"context"
	"database/sql"
)

// mayCreate names who besides the schema's owner, the database's and the role itself may create in
// a session's schema; 0 is everybody.
const mayCreate = `select coalesce(string_agg(distinct case a.grantee when 0 then 'everybody' else a.grantee::regrole::text end, ', '), ''), coalesce(max(n.nspname::text), '')
from pg_namespace as n, aclexplode(n.nspacl) as a
where n.nspname = current_schema() and a.privilege_type = 'CREATE' and a.grantee <> n.nspowner and a.grantee <> current_user::regrole`

// MayCreate says who else may put something into carat's schema in PostgreSQL, and which that is; "" for
// nobody, and of SQLite.
func MayCreate(ctx context.Context, db *sql.DB, postgres bool) (who, schema string, err error) {
	if postgres {
		err = db.QueryRowContext(ctx, mayCreate).Scan(&who, &schema)
	}
	return who, schema, err
}
