package database_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"carat/pipeline/source"
	"carat/pipeline/source/database"
	"carat/pipeline/source/reach"
	"carat/pipeline/source/sourcetest"
)

func options(dsn, query string) database.Options {
	return database.Options{DSN: dsn, Query: query, Name: "orders", Span: source.Daily, Since: time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC),
		Now: time.Date(2026, 10, 4, 0, 0, 0, 0, time.UTC), Zone: time.UTC, Allow: reach.Loopback}
}

func open(t *testing.T, o database.Options) source.Source {
	t.Helper()
	s, err := database.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// rows reads Parquet as text: "name type" of each column, and each row's cells.
func rows(t *testing.T, file []byte) (columns []string, cells [][]string) {
	t.Helper()
	f, err := parquet.OpenFile(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range f.Root().Columns() {
		columns = append(columns, c.Name()+" "+c.Type().String())
	}
	for _, g := range f.RowGroups() {
		r := g.Rows()
		buf := make([]parquet.Row, 10)
		for {
			n, err := r.ReadRows(buf)
			for _, row := range buf[:n] {
				var line []string
				for _, v := range row {
					line = append(line, v.String())
				}
				cells = append(cells, line)
			}
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		_ = r.Close()
	}
	return columns, cells
}

func read(t *testing.T, s source.Source, day int) (file []byte, d *source.Download, err error) {
	t.Helper()
	list, err := s.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if d, err = s.Open(t.Context(), list[day-1], 0); err != nil {
		return nil, nil, err
	}
	file, err = io.ReadAll(d)
	return file, d, errors.Join(err, d.Close())
}

func TestPostgreSQL(t *testing.T) {
	t.Parallel()
	s := postgreSQL(t)
	s.run(t, "create table days (name text primary key, day timestamptz, content text)")
	t.Run("conformance", func(t *testing.T) {
		conform(t, s, "insert into days values ('%[1]s', '%[2]s', '%[3]s') on conflict (name) do update set content = excluded.content")
	})
	s.run(t, `create sequence numbers; create table orders (id bigint, small smallint, amount numeric, price numeric(38,9), paid_at timestamptz, booked timestamp, day date,
		ok boolean, ratio double precision, note text, raw bytea, doc jsonb)`)
	s.run(t, `insert into orders values (9223372036854775807, -32768, 12345678901234567890123456789.000000000000000001, -0.000000001,
		'2026-10-02 01:00:00.123456+05:30', '2026-10-25 02:30:00', '2026-10-01', true, 0.1, E'é\n"x"', '\x00ff', '{"a": 1.10}'),
		(1, 0, null, 0, '2026-10-01 12:00:00+00', null, null, false, null, '', null, null)`)
	types(t, s, map[string]string{
		"id": "INT(64,true) 9223372036854775807", "small": "INT(64,true) -32768",
		"amount": "STRING 12345678901234567890123456789.000000000000000001", "price": "STRING -0.000000001",
		"paid_at": "TIMESTAMP(isAdjustedToUTC=true,unit=MICROS) 1790883000123456", "booked": "TIMESTAMP(isAdjustedToUTC=false,unit=MICROS) 1792895400000000",
		"day": "DATE 20727", "ok": "STRING t", "ratio": "STRING 0.1", "note": "STRING é\n\"x\"", "raw": `STRING \x00ff`, "doc": `STRING {"a": 1.10}`,
	})
	inexact(t, s)
	readOnly(t, s, []string{"with x as (insert into orders (id) values (5) returning id) select id from x where now() > :from and now() < :to",
		"select nextval('numbers') from orders where paid_at > :from and paid_at < :to"}, "read-only transaction")
	t.Run("a time that no calendar has", func(t *testing.T) {
		_, _, err := read(t, open(t, options(s.dsn(s.address), "select 'infinity'::timestamptz as at where :from < :to")), 1)
		if err == nil || !errors.Is(err, source.ErrContent) || !strings.Contains(err.Error(), `column at: its content can't be taken: "infinity" is no time`) {
			t.Errorf("%v", err)
		}
	})
}

func TestMariaDB(t *testing.T) {
	t.Parallel()
	s := mariaDB(t)
	s.run(t, "create table shop.days (name varchar(100) primary key, day timestamp null, content longtext)")
	t.Run("conformance", func(t *testing.T) {
		conform(t, s, "set time_zone='+00:00'; insert into shop.days values ('%[1]s', '%[2]s', '%[3]s') on duplicate key update content = values(content)")
	})
	s.run(t, `create table shop.orders (id bigint, big bigint unsigned, small smallint, amount decimal(65,30), paid_at timestamp(6) null, booked datetime(6), day date,
		ratio double, note text, raw varbinary(10)); set time_zone='+00:00';
		insert into shop.orders values (9223372036854775807, 18446744073709551615, -32768, 12345678901234567890123456789012345.000000000000000000000000000001,
		'2026-10-01 19:30:00.123456', '2026-10-25 02:30:00', '2026-10-01', 0.1, 'é\n"x"', x'00ff'),
		(1, 0, 0, null, '2026-10-01 12:00:00', null, null, null, '', null)`)
	types(t, s, map[string]string{
		"id": "INT(64,true) 9223372036854775807", "big": "STRING 18446744073709551615", "small": "INT(64,true) -32768",
		"amount":  "STRING 12345678901234567890123456789012345.000000000000000000000000000001",
		"paid_at": "TIMESTAMP(isAdjustedToUTC=true,unit=MICROS) 1790883000123456", "booked": "TIMESTAMP(isAdjustedToUTC=false,unit=MICROS) 1792895400000000",
		"day": "DATE 20727", "ratio": "STRING 0.1", "note": "STRING é\n\"x\"", "raw": "STRING \x00\xff",
	})
	inexact(t, s)
	readOnly(t, s, []string{"create table made as select 5 as a where :from < :to", "insert into orders (id) select 5 where :from < :to", "delete from orders where paid_at >= :from and paid_at < :to"}, "READ ONLY")
}

// conform runs what every source must do.
func conform(t *testing.T, s server, put string) {
	wire := sourcetest.NewWire(t, s.address)
	names := []string{"orders-2026-10-01.parquet", "orders-2026-10-02.parquet", "orders-2026-10-03.parquet"}
	sourcetest.Run(t, sourcetest.Place{
		Names: names,
		Put: func(t *testing.T, name, content string) {
			day := strings.TrimSuffix(strings.TrimPrefix(name, "orders-"), ".parquet")
			sql := fmt.Sprintf(put, name, day+" 12:00:00", content)
			if s.scheme == "postgres" {
				sql = strings.Replace(sql, "12:00:00'", "12:00:00+00'", 1)
			}
			s.run(t, sql)
		},
		Open: func(t *testing.T) source.Source {
			return open(t, options(s.dsn(wire.Address()), "select content from days where day >= :from and day < :to order by name;"))
		},
		Content: func(t *testing.T, taken []byte) string {
			_, cells := rows(t, taken)
			if len(cells) != 1 {
				t.Fatalf("%d rows", len(cells))
			}
			return cells[0][0]
		},
		Secrets: []string{"quiet"}, Wire: wire,
	})
}

// types wants each value to its last digit, NULL as none, and its query beside it.
func types(t *testing.T, s server, want map[string]string) {
	t.Run("types", func(t *testing.T) {
		query := "select * from orders where paid_at >= :from and paid_at < :to and ':from' <> '' order by id desc -- not :to"
		file, d, err := read(t, open(t, options(s.dsn(s.address), query)), 1)
		if err != nil {
			t.Fatal(err)
		}
		columns, cells := rows(t, file)
		if len(cells) != 2 || len(columns) != len(want) {
			t.Fatalf("%d rows of %v", len(cells), columns)
		}
		for i, c := range columns {
			name, kind, _ := strings.Cut(c, " ")
			if got := kind + " " + cells[0][i]; got != want[name] {
				t.Errorf("%s: %q, and wanted %q", name, got, want[name])
			}
			if name == "amount" && cells[1][i] != "<null>" || name == "note" && cells[1][i] != "" {
				t.Errorf("%s of the second row: %q", name, cells[1][i])
			}
		}
		for _, part := range []string{`"from": "2026-10-01T00:00:00Z"`, `"to": "2026-10-02T00:00:00Z"`, "order by id desc -- not :to", s.address + "/shop"} {
			if !strings.Contains(string(d.Beside), part) {
				t.Errorf("beside it is no %s:\n%s", part, d.Beside)
			}
		}
		if again, _, err := read(t, open(t, options(s.dsn(s.address), query)), 1); err != nil || !bytes.Equal(again, file) {
			t.Errorf("asked again: other bytes, %v", err)
		}
		if file, _, err = read(t, open(t, options(s.dsn(s.address), query)), 2); err != nil {
			t.Fatal(err)
		}
		if _, cells := rows(t, file); len(cells) != 0 {
			t.Errorf("rows of another day: %v", cells)
		}
	})
}

// inexact wants floating-point numbers refused where decimals are needed, and taken where
// the query casts them.
func inexact(t *testing.T, s server) {
	t.Run("floating point", func(t *testing.T) {
		ask := func(column string) error {
			o := options(s.dsn(s.address), "select "+column+" from orders where paid_at >= :from and paid_at < :to")
			o.Exact = []string{"gross_amount", "rate"}
			_, _, err := read(t, open(t, o), 1)
			return err
		}
		for _, column := range []string{"ratio as gross_amount", "cast(ratio as float) as rate", "ratio as GROSS_AMOUNT"} {
			if err := ask(column); err == nil || !strings.Contains(err.Error(), "which keeps no exact decimals") || !strings.Contains(err.Error(), "cast it to decimal in the query") {
				t.Errorf("%s: %v", column, err)
			}
		}
		for _, column := range []string{"ratio", "cast(ratio as decimal(38, 2)) as gross_amount", "amount as gross_amount", "id as gross_amount"} {
			if err := ask(column); err != nil {
				t.Errorf("%s: %v", column, err)
			}
		}
	})
}

func readOnly(t *testing.T, s server, queries []string, want string) {
	t.Run("read only", func(t *testing.T) {
		before := s.run(t, "select count(*) from "+map[string]string{"postgres": "orders", "mariadb": "shop.orders"}[s.scheme])
		for _, query := range queries {
			if _, _, err := read(t, open(t, options(s.dsn(s.address), query)), 1); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v", query, err)
			}
		}
		if after := s.run(t, "select count(*) from "+map[string]string{"postgres": "orders", "mariadb": "shop.orders"}[s.scheme]); after != before {
			t.Errorf("%s rows before, %s after", before, after)
		}
		o := options(s.dsn(s.address), "select 1 as a where :from < :to")
		o.DSN = strings.Replace(o.DSN, "quiet", "loud", 1)
		if s.scheme == "mariadb" { // PostgreSQL trusts this machine
			if _, _, err := read(t, open(t, o), 1); err == nil || strings.Contains(err.Error(), "loud") {
				t.Errorf("another password: %v", err)
			}
		}
	})
}

// What is refused before anything is asked, without a part of the DSN.
func TestRefused(t *testing.T) {
	const good = "select a from t where at >= :from and at < :to"
	for name, c := range map[string]struct{ dsn, query, want string }{
		"two statements":       {"postgres://a:quiet@127.0.0.1/x", good + "; drop table t", "more than one statement"},
		"no window":            {"postgres://a:quiet@127.0.0.1/x", "select a from t", "doesn't say :from and :to"},
		"a window in quotes":   {"postgres://a:quiet@127.0.0.1/x", "select ':from :to' from t /* :from :to */", "doesn't say :from and :to"},
		"half a window":        {"postgres://a:quiet@127.0.0.1/x", "select a from t where at > :from and b = :total", "doesn't say :from and :to"},
		"another scheme":       {"sqlite://quiet", good, "begins with none of"},
		"no DSN":               {"postgres://a:quiet@127.0.0.1:x/x", good, "it is no address such as"},
		"PostgreSQL in clear":  {"postgres://a:quiet@db.example/x", good, "have it use TLS"},
		"PostgreSQL perhaps":   {"postgres://a:quiet@db.example/x?sslmode=prefer", good, "have it use TLS"},
		"PostgreSQL with TLS":  {"postgres://a:quiet@db.example/x?sslmode=verify-full", good, ""},
		"MariaDB in clear":     {"mysql://a:quiet@db.example/x", good, "have it use TLS"},
		"MariaDB unverified":   {"mysql://a:quiet@db.example/x?tls=skip-verify", good, "tls is true or false"},
		"MariaDB with files":   {"mysql://a:quiet@127.0.0.1/x?allowAllFiles=true", good, "no parameter that is taken"},
		"MariaDB with TLS":     {"mysql://a:quiet@db.example/x?tls=true", good, ""},
		"private, not allowed": {"mysql://a:quiet@10.0.0.1/x", good, "have it use TLS"},
	} {
		s, err := database.New(options(c.dsn, c.query))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), "quiet") {
			t.Errorf("%s: the password is told: %v", name, err)
		}
		if s != nil {
			_ = s.Close()
		}
	}
}

// Windows that ended lately are asked for again, so that late rows are found.
func TestOverlap(t *testing.T) {
	o := options("postgres://a@127.0.0.1/x", "select a from t where at >= :from and at < :to")
	o.Overlap = 25 * time.Hour
	list, err := open(t, o).List(t.Context())
	if err != nil || len(list) != 3 {
		t.Fatalf("%v, %v", list, err)
	}
	if list[0].Recheck || !list[0].Settled || !list[1].Recheck || list[1].Settled || !list[2].Recheck {
		t.Errorf("%+v", list)
	}
}
