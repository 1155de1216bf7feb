package lake

import (
	"archive/tar"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"carat/pipeline"
	"carat/pipeline/certificate"
	"carat/pipeline/lake/catalog"
	"carat/pipeline/lake/chain"
	"carat/pipeline/lake/links"

	"github.com/klauspost/compress/zstd"
)

// formFirst unpacks the lake of testdata/form-1, and gives its folder.
func formFirst(t testing.TB) string {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "form-1", "lake.tar.zst"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := zstd.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	root := t.TempDir()
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return filepath.Join(root, "lake")
		}
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(root, filepath.FromSlash(h.Name))
		if h.Typeflag == tar.TypeDir {
			err = os.MkdirAll(path, 0o700)
		} else {
			var content []byte
			if content, err = io.ReadAll(r); err == nil {
				err = os.WriteFile(path, content, 0o600)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// upgradeTest opens a lake, upgrades it, and closes it.
func upgradeTest(t testing.TB, cfg Config) (Upgraded, error) {
	t.Helper()
	cfg.Upgrading = true
	l, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	release, err := l.Lock(t.Context())
	if err != nil {
		return Upgraded{}, err
	}
	defer release()
	return l.Upgrade(t.Context(), nil)
}

// What the lake of the first form comes to: 18 batches and a compaction, then the four
// steps, of which the second writes the files of the tables that hold rows anew.
const (
	formFirstTables = 7
	formFirstLinks  = 18 + 1 + 1 + formFirstTables + 1 + 1 + 1
)

const formFirstChain = "c5805bc5506ef3ac113a38212815469223a9406f3c15edfec924851e357f5e34" // as the carat that made it told

// A lake of the first form is refused, and upgraded: every link is as it was, nothing
// else changed, and the lake goes on.
func TestUpgrade(t *testing.T) {
	root := formFirst(t)
	if l, err := Open(t.Context(), Config{Root: root}); pipeline.KindOf(err) != pipeline.KindUsage || !strings.Contains(err.Error(), "`carat upgrade`") {
		t.Fatalf("an old lake opens: %v %v", l, err)
	}
	before := map[string]string{}
	for _, dir := range []string{"certificates", "raw", "carat.db/gift_events/data", "carat.db/conversion_rates/data"} {
		digestsBelow(t, root, dir, before)
	}
	u, err := upgradeTest(t, Config{Root: root})
	if err != nil || u.From != 1 || u.To != catalog.FormNow || u.Links != formFirstLinks {
		t.Fatalf("%+v %v", u, err)
	}
	if u.Before.Batches != 18 || u.Before.Chain != formFirstChain || u.After.Batches != 18 || u.After.Rows != u.Before.Rows || u.After.Compactions != 1+formFirstTables {
		t.Errorf("before %+v, after %+v", u.Before, u.After)
	}
	after := map[string]string{}
	for _, dir := range []string{"certificates", "raw", "carat.db/gift_events/data", "carat.db/conversion_rates/data"} {
		digestsBelow(t, root, dir, after)
	}
	for name, sum := range before {
		if after[name] != sum {
			t.Errorf("%s was changed", name)
		}
	}
	if u, err := upgradeTest(t, Config{Root: root}); err != nil || u.From != u.To {
		t.Errorf("twice: %+v %v", u, err)
	}
	l := openTest(t, root)
	lockTest(t, l)
	all, err := l.catalog.Links(t.Context())
	if err != nil || len(all) != formFirstLinks || all[18].Value != formFirstChain {
		t.Fatalf("%d links, %v", len(all), err)
	}
	last, first := all[len(all)-1], all[19]
	props, err := first.Properties()
	if err != nil || last.ID != "u000004" || last.BatchNo != 18 || first.Kind != chain.KindUpgrade || first.ID != "u000001" || props[chain.PropPreviousChain] != formFirstChain || !strings.Contains(props[chain.PropSnapshots], `"gift_events":{"`) {
		t.Errorf("%+v %v", last, err)
	}
	wasPublished(t, l, root)
	if c := ingest(t, l, gifts(4, 1), "after"); c.Seq != 19 || c.PreviousChain != last.Value {
		t.Errorf("the next batch is %+v", c)
	}
	if v, err := l.Verify(t.Context()); err != nil || v.Batches != 19 {
		t.Errorf("%+v %v", v, err)
	}
	for _, at := range []AsOf{{}, {Batch: "b000007"}, {Batch: "b000015"}, {Batch: "b000016"}, {Batch: "b000017"}} {
		tf := tableOf(t, l, "gift_events", at)
		held := slices.DeleteFunc(readAll[pipeline.GiftEvent](t, tf.Files), func(g pipeline.GiftEvent) bool {
			return tf.UpTo > 0 && g.BatchNo > tf.UpTo || slices.Contains(tf.Without, g.BatchID)
		})
		for _, g := range held {
			if no, err := pipeline.BatchNo(g.BatchID); err != nil || g.BatchNo != no {
				t.Errorf("a gift of %s has the batch_no %d", g.BatchID, g.BatchNo)
			}
		}
		if want := map[string]int{"": 7 + 1 + 4, "b000007": 4, "b000015": 10, "b000016": 10, "b000017": 9}[at.Batch]; at.Batch != "" && len(held) != want {
			t.Errorf("as of %+v: %d gifts, want %d", at, len(held), want)
		}
	}
}

// wasPublished compares what the rows of runs say with the certificates of before: their
// run, its files, and the last batch that it read.
func wasPublished(t *testing.T, l *Lake, root string) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(root, "certificates", "*", "*.json"))
	if err != nil || len(found) < 3 {
		t.Fatal(found, err)
	}
	for _, path := range found {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		c, err := certificate.ParseCertificate(text)
		if err != nil {
			t.Fatal(err)
		}
		r, there, err := l.catalog.Published().Named(t.Context(), c.RunID)
		if err != nil || !there || chain.BatchID(r.BatchNo) != c.LastBatch || r.Period != string(c.Period) || len(r.Tables) != len(c.Results) {
			t.Errorf("%s: run %s read %d, %d tables of %s (%v)", path, r.ID, r.BatchNo, len(r.Tables), r.Period, err)
		}
		tables, err := l.RunTables(t.Context(), c.RunID)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range c.Results {
			files, err := l.CertifiedFiles(tables[i])
			if err != nil || tables[i].Table != want.Table || tables[i].Snapshot != want.Snapshot || tables[i].Rows != want.Rows ||
				tables[i].NumbersSHA256 != want.NumbersSHA256 || tables[i].NumbersForm != 1 || !slices.Equal(files, want.Files) {
				t.Errorf("%s: %+v, want %+v (%v)", path, tables[i], want, err)
			}
		}
	}
}

func digestsBelow(t *testing.T, root, dir string, into map[string]string) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		into[strings.TrimPrefix(path, root)] = chain.Hash(string(content))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A lake that doesn't verify is not upgraded, and nothing of it is changed: neither its
// form nor the word to earlier carats that they can't read it any more.
func TestUpgradeStopsAtWhatDiffers(t *testing.T) {
	for name, change := range map[string]func(t *testing.T, root string){
		"a row": func(t *testing.T, root string) {
			flip(t, oneFile(t, root, "carat.db/gift_events/data/*/*/c000001*.parquet"))
		},
		"a link":   func(t *testing.T, root string) { alter(t, root, `"carat.rows-read":"2"`, `"carat.rows-read":"3"`) },
		"a source": func(t *testing.T, root string) { flip(t, oneFile(t, root, "raw/*/*.zst")) },
		"a chain end": func(t *testing.T, root string) {
			alter(t, root, `"carat.previous-chain":"`, `"carat.previous-chain":"0`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			root := formFirst(t)
			change(t, root)
			u, err := upgradeTest(t, Config{Root: root})
			if pipeline.KindOf(err) != pipeline.KindVerification || !strings.Contains(err.Error(), "nothing was changed") || len(u.Before.Differences) == 0 {
				t.Errorf("%+v %v", u, err)
			}
			text, err := os.ReadFile(filepath.Join(root, "lake.json"))
			if err != nil || !strings.Contains(string(text), `"format": 1`) {
				t.Errorf("%s %v", text, err)
			}
			l, err := Open(t.Context(), Config{Root: root, Upgrading: true})
			if err != nil || l.catalog.Form() != 1 {
				t.Fatalf("%v", err)
			}
			_ = l.Close()
		})
	}
}

func flip(t *testing.T, path string) {
	t.Helper()
	if err := flipByte(path, 60); err != nil {
		t.Fatal(err)
	}
}

// alter changes a text in the newest metadata of gift_events.
func alter(t *testing.T, root, old, with string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "carat.db/gift_events/metadata/*.metadata.json"))
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	path := slices.Max(files)
	text, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(text), old) {
		t.Fatalf("no %s in %s (%v)", old, path, err)
	}
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(text), old, with)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// An upgrade that is cut short at any step is gone on with: the lake is of the old form
// or of the new one, whole, and nothing lies about.
func TestUpgradeCrashAtAnyStep(t *testing.T) {
	base := formFirst(t)
	crashUpgrades(t, 19, func() Config {
		root := filepath.Join(t.TempDir(), "lake")
		copyLake(t, base, root)
		return Config{Root: root}
	})
}

// So is one whose catalog and state are in PostgreSQL.
func TestUpgradeCrashInPostgreSQL(t *testing.T) {
	base, root := formFirst(t), filepath.Join(t.TempDir(), "lake")
	dsn := baseDatabase(t, startPostgres(t))
	intoPostgres(t, filepath.Join(base, "catalog.sqlite"), dsn)
	server, err := sql.Open("pgx", strings.Replace(dsn, "/base?", "/postgres?", 1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	crashUpgrades(t, 127, func() Config {
		if err := os.RemoveAll(root); err != nil {
			t.Fatal(err)
		}
		copyLake(t, base, root)
		for _, name := range []string{"catalog.sqlite", "catalog.sqlite-seal", "catalog.sqlite-open", "catalog.sqlite-head"} {
			if err := os.Remove(filepath.Join(root, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
		}
		for _, text := range []string{"drop database if exists one with (force)", "create database one template base"} {
			if _, err := server.Exec(text); err != nil {
				t.Fatal(err)
			}
		}
		return Config{Root: root, CatalogDSN: strings.Replace(dsn, "/base?", "/one?", 1)}
	})
}

// intoPostgres copies a database of SQLite, tables, indexes and rows.
func intoPostgres(t *testing.T, file, dsn string) {
	t.Helper()
	from, err := sql.Open("sqlite", "file:"+file+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	to, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	list := func(db *sql.DB, query string) (all [][]any) {
		t.Helper()
		rows, err := db.Query(query)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			one, at := make([]any, len(columns)), make([]any, len(columns))
			for i := range one {
				at[i] = &one[i]
			}
			if err := rows.Scan(at...); err != nil {
				t.Fatal(err)
			}
			all = append(all, one)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		return all
	}
	for _, made := range list(from, "select type, name, sql from sqlite_master where sql is not null and name not like 'sqlite%' order by type desc, name") {
		if _, err := to.Exec(made[2].(string)); err != nil {
			t.Fatalf("%s: %v", made[2], err)
		}
		if made[0] != "table" {
			continue
		}
		for _, row := range list(from, "select * from "+made[1].(string)) {
			var places []string
			for i := range row {
				places = append(places, fmt.Sprint("$", i+1))
			}
			if _, err := to.Exec("insert into "+made[1].(string)+" values ("+strings.Join(places, ", ")+")", row...); err != nil {
				t.Fatalf("%s: %v", made[1], err)
			}
		}
	}
}

// crashUpgrades upgrades lakes, each of which is cut short at another step: every strideth, and the last.
func crashUpgrades(t *testing.T, stride int64, place func() Config) {
	t.Helper()
	crash := func(n int64) (took int64) {
		cfg := place()
		defer os.RemoveAll(cfg.Root)
		cut := &powerCut{cause: errPowerCut}
		before := cfg
		before.Fault, before.Upgrading = cut.fault, true
		l, err := Open(t.Context(), before)
		if err != nil {
			t.Fatal(err)
		}
		release, err := l.Lock(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		cut.left.Store(n)
		cut.armed.Store(true)
		_, err = l.Upgrade(t.Context(), nil)
		release()
		_ = l.Close()
		if cut.left.Load() > 0 && err != nil {
			t.Fatalf("step %d: %v", n, err)
		}
		if _, err := upgradeTest(t, cfg); err != nil {
			t.Errorf("step %d: again: %v", n, err)
		}
		after, err := Open(t.Context(), cfg)
		if err != nil {
			t.Fatalf("step %d: %v", n, err)
		}
		defer after.Close()
		again, err := after.Lock(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer again()
		if found := strays(t, after); len(found) > 0 {
			t.Errorf("step %d: strays %v", n, found)
		}
		if all, err := after.catalog.Links(t.Context()); err != nil || len(all) != formFirstLinks || all[18].Value != formFirstChain {
			t.Errorf("step %d: %d links, %v", n, len(all), err)
		}
		return n - cut.left.Load()
	}
	steps := crash(1 << 40)
	stride = crashStride(stride)
	for n := int64(1); n <= steps; n++ {
		if (n-1)%stride == 0 || n > steps-4 {
			crash(n)
		}
	}
	t.Logf("counted: an upgrade of the lake stopped at each of %d steps", steps)
}

// What the table of links says, in the catalog's database or to other programs, is
// compared, row by row and column by column.
func TestVerifySeesAlteredLinks(t *testing.T) {
	base := t.TempDir()
	l := openTest(t, base)
	lockTest(t, l)
	if err := ingestWithRejects(t, l); err != nil {
		t.Fatal(err)
	}
	smallFiles(t, l, 4)
	if _, err := l.Compact(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Verify(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	rewrite := func(id string, change func(r *links.Row)) func(t *testing.T, l *Lake) {
		return func(t *testing.T, l *Lake) {
			path := filepath.Join(l.catalog.TableDir(links.Table), "data", links.FileOf(id))
			rows, err := links.Decode(path)
			if err != nil || len(rows) != 1 {
				t.Fatalf("%d rows, %v", len(rows), err)
			}
			change(&rows[0])
			content, err := links.Encode(l.codec, rows)
			if err == nil {
				err = os.WriteFile(path, content, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, err := l.DB().Exec("delete from carat_files where path like 'carat.db/batches/data/%'"); err != nil { // whoever can alter the one alters the other
				t.Fatal(err)
			}
		}
	}
	exec := func(query string) func(t *testing.T, l *Lake) {
		return func(t *testing.T, l *Lake) {
			r, err := l.DB().Exec(query)
			if err != nil {
				t.Fatal(err)
			}
			if n, _ := r.RowsAffected(); n == 0 {
				t.Fatal("nothing was changed")
			}
		}
	}
	for name, c := range map[string]struct {
		change func(t *testing.T, l *Lake)
		want   string
	}{
		"a column of the table":       {rewrite("b000002", func(r *links.Row) { r.Source = "other.csv" }), "link b000002: the column source of table batches isn't what carat_links says"},
		"a count of the table":        {rewrite("b000001", func(r *links.Row) { n := int64(0); r.RowsRejected = &n }), "link b000001: the column rows_rejected of table batches"},
		"the link in the table":       {rewrite("c000001", func(r *links.Row) { r.Link += " " }), "link c000001: the column link of table batches"},
		"a row that calls itself new": {rewrite("b000003", func(r *links.Row) { r.LinkNo = 99 }), "link b000003 (99) is none of carat_links"},
		"the mirrored text":           {exec("update carat_links set link = replace(link, 'carat.rows-rejected=1:1', 'carat.rows-rejected=1:0') where link_id = 'b000001'"), "batch b000001 was changed: its properties give the chain value"},
		"the mirrored value":          {exec("update carat_links set chain = '0' || substr(chain, 2) where link_id = 'b000003' and substr(chain, 1, 1) <> '0' or link_id = 'b000003'"), "batch b000003"},
		"the mirrored files":          {exec("update carat_links set files = '' where link_id = 'b000002'"), "batch b000002: one of 0 files was changed or added"},
		"what it replaced":            {exec("update carat_links set replaced = '' where link_id = 'c000001'"), "compaction c000001"},
		"a number":                    {exec("update carat_links set batch_no = 9 where link_id = 'b000002'"), "batch b000002 follows where b000002 should be"},
		"a kind":                      {exec("update carat_links set kind = 'undo' where link_id = 'b000002'"), "its row names it undo b000002"},
		"what it is looked for by":    {exec("update carat_links set source_sha256 = 'x' where link_id = 'b000002'"), "link b000002: carat_links would be looked for by"},
		"who undid it":                {exec("update carat_links set undoes = 'b000001' where link_id = 'b000002'"), "link b000002: carat_links would be looked for by"},
		"its snapshot":                {exec("update carat_links set snapshot_id = 7 where link_id = 'b000002'"), "batch b000002: its row says snapshot 7"},
		"the last row taken away":     {exec("delete from carat_links where link_no = (select max(link_no) from carat_links)"), "which is no link of the chain"},
		"a row taken away":            {exec("delete from carat_links where link_id = 'b000002'"), "follows where 2 should be"},
	} {
		t.Run(name, func(t *testing.T) {
			root := filepath.Join(t.TempDir(), "lake")
			copyLake(t, base, root)
			l := openTest(t, root)
			c.change(t, l)
			again := openTest(t, root)
			v, err := again.Verify(t.Context())
			if pipeline.KindOf(err) != pipeline.KindVerification || !slices.ContainsFunc(v.Differences, func(d string) bool { return strings.Contains(d, c.want) }) {
				t.Errorf("%v: %q, want %q", err, v.Differences, c.want)
			}
		})
	}
}

// Rows of links lie in one file each until there are enough of them for one.
func TestLinksAreFolded(t *testing.T) {
	l := openTest(t, t.TempDir())
	lockTest(t, l)
	for i := range links.FoldEvery + 2 {
		ingest(t, l, gifts(1, 1+i%28), strings.Repeat("x", i+1))
	}
	files, err := l.catalog.LinkFiles()
	if err != nil || len(files) != 3 || !strings.HasSuffix(files[2], "/to-b000100.parquet") {
		t.Fatalf("%v %v", files, err)
	}
	rows, err := links.Decode(files[2])
	if err != nil || len(rows) != links.FoldEvery || rows[0].LinkID != "b000001" || rows[99].LinkID != "b000100" || rows[99].Months != "2026-10" {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	if v, err := l.Verify(t.Context()); err != nil || v.Batches != links.FoldEvery+2 {
		t.Errorf("%+v %v", v, err)
	}
}
