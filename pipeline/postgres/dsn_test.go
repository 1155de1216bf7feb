package postgres

import (
	"testing"

	"github.com/jackc/pgx/v5"
)

func TestDSN(t *testing.T) {
	for dsn, want := range map[string]pgx.QueryExecMode{
		"postgres://carat@h/x":                                           pgx.QueryExecModeDescribeExec,
		"postgresql://carat:p%3Fw@h:5432/x?sslmode=disable":              pgx.QueryExecModeDescribeExec,
		"postgres://carat@h/x?":                                          pgx.QueryExecModeDescribeExec,
		"postgres://carat@h/x?search_path=a,b&":                          pgx.QueryExecModeDescribeExec,
		"postgres://carat@h/x?default_query_exec_mode=exec":              pgx.QueryExecModeExec,
		"postgres://carat@h?default_query_exec_mode=exec&sslmode=prefer": pgx.QueryExecModeExec,
	} {
		c, err := pgx.ParseConfig(DSN(dsn))
		if err != nil {
			t.Errorf("%s: %v", dsn, err)
			continue
		}
		if c.DefaultQueryExecMode != want || c.Host != "h" || len(c.RuntimeParams) > 1 {
			t.Errorf("%s: %v of %s, %v", dsn, c.DefaultQueryExecMode, c.Host, c.RuntimeParams)
		}
	}
}
