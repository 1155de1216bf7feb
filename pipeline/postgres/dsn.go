package postgres

import "strings"

// mode is the parameter by which pgx is told how to run a query.
const mode = "default_query_exec_mode"

// DSN gives the address to connect to: that of carat.yaml (postgres://…), with queries
// that are described each time that they run, unless it says otherwise itself. pgx would
// else keep a plan of each, which PostgreSQL refuses once a column was added to what it
// reads ("cached plan must not change result type"): an upgrade, or a stranger, would
// break every carat that is connected, and a verification would end with that instead
// of the column's name. The price is one more round trip for a query that runs again.
func DSN(dsn string) string {
	if strings.Contains(dsn, mode+"=") {
		return dsn
	}
	between := "?"
	switch {
	case strings.HasSuffix(dsn, "?"), strings.HasSuffix(dsn, "&"):
		between = ""
	case strings.Contains(dsn, "?"):
		between = "&"
	}
	return dsn + between + mode + "=describe_exec"
}
