"""The plain DuckDB peer: python duckdb_month.py MONTH > found.csv, MONTH made by carat generate --files month."""
import pathlib
import sys

import duckdb

month = pathlib.Path(sys.argv[1])
db = duckdb.connect()
inbox = str(month / "inbox").replace("'", "''")
db.execute(f"set variable inbox = '{inbox}'")
db.execute((pathlib.Path(__file__).parent / "plain.sql").read_text())
db.execute("copy (from found order by all) to '/dev/stdout' (format csv, header true)")
