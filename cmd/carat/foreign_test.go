package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// PyIceberg adds a million to a statement through the lake's own catalog: verify
// names it, and no statement, package or answer is made of it.
func TestForeignCommitByPyIceberg(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "month")
	w := &walk{dir: filepath.Dir(dir), state: t.TempDir()}
	carat(t, "generate", "--out", dir, "--gifts", "200", "--viewers", "30", "--creators", "10", "--files", "month", "--faults", "none")
	carat(t, "run", "--dir", dir, "--period", "2026-10")
	if err := os.MkdirAll(w.here(t), 0o755); err != nil {
		t.Fatal(err)
	}
	printed := w.python(t, `
from pyiceberg.catalog.sql import SqlCatalog
import pyarrow as pa, pyarrow.compute as pc, decimal
lake = SqlCatalog("carat", uri="sqlite:///`+filepath.Join(dir, "lake", "catalog.sqlite")+`")
lines = lake.load_table("carat.statement_lines")
one = lines.scan(limit=1).to_arrow()
at = one.schema.get_field_index("amount")
one = one.set_column(at, one.schema.field(at), pa.array([decimal.Decimal("1000000.000000")], one.schema.field(at).type))
lines.append(one)
print(lines.current_snapshot().snapshot_id)
`)
	snapshot := strings.TrimSpace(printed)
	if out := caratTold(t, 7, "verify", "--dir", dir); !strings.Contains(out, "table statement_lines: snapshot "+snapshot+" (append at ") || !strings.Contains(out, "1 rows added) is none of carat's") {
		t.Errorf("verify tells\n%s", out)
	}
	for _, args := range [][]string{
		{"statements", "--period", "2026-10"}, {"package", "--period", "2026-10"}, {"query", "select count(*) from statement_lines"}, {"trace", "c1"},
		{"publish", "--out", filepath.Join(dir, "lake.duckdb")}, {"close", "--period", "2026-10"}, {"run", "--period", "2026-10"}, {"backup", "--out", dir + "-backups"},
	} {
		if out := caratTold(t, 7, append(args, "--dir", dir)...); !strings.Contains(out, "statement_lines") {
			t.Errorf("%s tells\n%s", args[0], out)
		}
	}
	carat(t, "query", "--dir", dir, "select count(*) from gift_events") // the other tables are as they were
}

// caratTold runs the real binary and gives what it tells on stderr.
func caratTold(t *testing.T, want int, args ...string) string {
	t.Helper()
	_, told := caratBoth(t, want, args...)
	return told
}
