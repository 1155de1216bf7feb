package guard_test

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"carat/jobs"
	"carat/jobs/ask"
	"carat/jobs/books"
	"carat/jobs/closepackage"
	"carat/jobs/disk"
	"carat/jobs/guard"
	"carat/jobs/internal/trial"
	"carat/jobs/statements"
	"carat/pipeline"
	"carat/pipeline/certificate"
	"carat/pipeline/decision"
	"carat/pipeline/state"
	carat "carat/sql"
)

// closedMonth makes a lake with a run, statements and a lock, and gives its head.
func closedMonth(t *testing.T) (books.Setting, *books.Head) {
	t.Helper()
	s := trial.Folder(t, "feeds: {}\nfirst_period: 2026-10\nmax_reject_share: 0.5\n", trial.SmallMonth)
	return s, closeSmallMonth(t, s)
}

// closeSmallMonth runs and locks the month in a folder, and gives its head.
func closeSmallMonth(t *testing.T, s books.Setting) *books.Head {
	t.Helper()
	if _, err := jobs.Run(t.Context(), jobs.RunOptions{Setting: s, SQL: carat.Files, Period: "2026-10"}); err != nil {
		t.Fatal(err)
	}
	lockMonth(t, s)
	v, err := guard.Verify(t.Context(), guard.VerifyOptions{Setting: s})
	if err != nil || v.Batches != 6 || v.Sources != 6 || v.SourceRows != 11 || v.Certificates != 1 {
		t.Fatalf("%+v %v", v, err)
	}
	return &v.Head
}

// lockMonth locks October by a certificate of its run.
func lockMonth(t *testing.T, s books.Setting) {
	t.Helper()
	p, err := books.OpenLocked(t.Context(), s, books.RightRun)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	run, err := p.CurrentRun(t.Context(), "2026-10")
	if err != nil {
		t.Fatal(err)
	}
	batches, err := p.Lake.Batches(t.Context(), books.Latest)
	if err != nil {
		t.Fatal(err)
	}
	last := batches[len(batches)-1]
	sum, err := p.Lake.SaveSQL([]byte("select 1"))
	if err != nil {
		t.Fatal(err)
	}
	var list strings.Builder
	statements := filepath.Join(s.Config.OutFolder("2026-10"), statements.FolderName)
	err = filepath.WalkDir(statements, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), ".") {
			return err
		}
		sum, _, err := disk.SHA256(path)
		list.WriteString(sum + "  " + filepath.ToSlash(strings.TrimPrefix(path, statements+string(filepath.Separator))) + "\n")
		return err
	})
	if err != nil || list.Len() == 0 {
		t.Fatalf("statements %q %v", list.String(), err)
	}
	decided := decision.Decision{ExceptionID: "e1", Status: decision.Explained, Owner: "ops", Note: "a slip", By: "cleo", At: s.Now}
	if err := p.State.RecordDecisions(t.Context(), []decision.Decision{decided}, nil); err != nil {
		t.Fatal(err)
	}
	c := &certificate.Certificate{Decisions: []decision.Decision{decided}, Format: certificate.CertificateFormat, Lake: p.Lake.ID(), Period: "2026-10", Version: 1, RunID: run.ID,
		Prepared: certificate.Signature{User: "ann", At: s.Now}, Approved: certificate.Signature{User: "bob", At: s.Now}, LastBatch: last.ID, Chain: last.Chain,
		SQL: []certificate.CertifiedFile{{Path: "x.sql", SHA256: sum}}, Statements: certificate.CertifiedList{SHA256: certificate.SHA256Text([]byte(list.String()))}}
	results, err := p.Lake.RunTables(t.Context(), run.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		one := certificate.CertifiedResult{Table: r.Table, Snapshot: r.Snapshot, Rows: r.Rows, NumbersSHA256: r.NumbersSHA256, NumbersForm: r.NumbersForm}
		for _, path := range r.Paths {
			sum, _, err := disk.SHA256(path)
			rel, rerr := filepath.Rel(p.Lake.Root(), path)
			if err := errors.Join(err, rerr); err != nil {
				t.Fatal(err)
			}
			one.Files = append(one.Files, certificate.CertifiedFile{Path: filepath.ToSlash(rel), SHA256: sum})
		}
		c.Results = append(c.Results, one)
	}
	text, certificate, err := c.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Lake.SaveCertificate("2026-10", 1, text, []byte(list.String())); err != nil {
		t.Fatal(err)
	}
	tx, err := p.Lake.DB().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	err = p.State.RecordLock(t.Context(), tx, state.Lock{Period: "2026-10", Version: 1, RunID: run.ID, CertificateSHA256: certificate, PreparedBy: "ann", ApprovedBy: "bob", LockedAt: s.Now}, nil)
	if err := errors.Join(err, tx.Commit()); err != nil {
		t.Fatal(err)
	}
}

// altered is a copied folder.
type altered struct {
	t    *testing.T
	root string
}

// file gives the last file of a pattern.
func (a altered) file(pattern string) string {
	a.t.Helper()
	found, err := filepath.Glob(filepath.Join(a.root, pattern))
	if err != nil || len(found) == 0 {
		a.t.Fatalf("no file %s: %v", pattern, err)
	}
	return found[len(found)-1]
}

func (a altered) edit(pattern string, change func(string) string) {
	a.t.Helper()
	path := a.file(pattern)
	text, err := os.ReadFile(path)
	if err != nil {
		a.t.Fatal(err)
	}
	changed := change(string(text))
	if changed == string(text) {
		a.t.Fatalf("nothing of %s was changed", pattern)
	}
	if err := os.WriteFile(path, []byte(changed), 0o644); err != nil {
		a.t.Fatal(err)
	}
}

func (a altered) flip(pattern string) {
	a.t.Helper()
	a.edit(pattern, func(s string) string { b := []byte(s); b[len(b)/3] ^= 1; return string(b) })
}

func (a altered) replace(pattern, old, with string) {
	a.t.Helper()
	a.edit(pattern, func(s string) string { return strings.ReplaceAll(s, old, with) })
}

func (a altered) remove(pattern string) {
	a.t.Helper()
	if err := os.RemoveAll(a.file(pattern)); err != nil {
		a.t.Fatal(err)
	}
}

// catalog changes the database of catalog and state.
func (a altered) catalog(query string) {
	a.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(a.root, "lake/catalog.sqlite"))
	if err != nil {
		a.t.Fatal(err)
	}
	defer db.Close()
	done, err := db.Exec(query)
	if err != nil {
		a.t.Fatal(err)
	}
	if n, err := done.RowsAffected(); n == 0 || err != nil {
		a.t.Fatalf("%s changed %d rows, %v", query, n, err)
	}
}

// currentList gives the list of manifests of a table's current snapshot.
func (a altered) currentList(table string) string {
	a.t.Helper()
	folder := "lake/carat.db/" + table + "/metadata/"
	text, err := os.ReadFile(a.file(folder + "*.metadata.json"))
	if err != nil {
		a.t.Fatal(err)
	}
	found := regexp.MustCompile(`"current-snapshot-id":([0-9]+)`).FindStringSubmatch(string(text))
	if found == nil {
		a.t.Fatalf("table %s has no snapshot", table)
	}
	return folder + "snap-" + found[1] + "-*.avro"
}

// setBack makes the catalog name an older state of a table.
func (a altered) setBack(table string) {
	a.t.Helper()
	a.catalog("update iceberg_tables set metadata_location = previous_metadata_location where table_name = '" + table + "'")
}

// reseal puts another text in the place of a kept source file, compressed.
func (a altered) reseal(old, with string) {
	a.t.Helper()
	dec, err := zstd.NewReader(nil)
	if err != nil {
		a.t.Fatal(err)
	}
	defer dec.Close()
	found, err := filepath.Glob(filepath.Join(a.root, "lake/raw/*/*.zst"))
	if err != nil {
		a.t.Fatal(err)
	}
	for _, path := range found {
		packed, err := os.ReadFile(path)
		if err != nil {
			a.t.Fatal(err)
		}
		text, err := dec.DecodeAll(packed, nil)
		if err != nil || !strings.Contains(string(text), old) {
			continue
		}
		enc, err := zstd.NewWriter(nil)
		if err != nil {
			a.t.Fatal(err)
		}
		if err := os.WriteFile(path, enc.EncodeAll([]byte(strings.Replace(string(text), old, with, 1)), nil), 0o644); err != nil {
			a.t.Fatal(err)
		}
		return
	}
	a.t.Fatalf("no source file holds %q", old)
}

const (
	giftDay  = "lake/carat.db/gift_events/data/accounting_month=2026-10/sent_at_day=2026-10-05/*.parquet"
	giftMeta = "lake/carat.db/gift_events/metadata/*.metadata.json"
)

// alterations are thirty and more ways to change a lake behind its back, with
// what verify says of each.
var alterations = []struct {
	name   string
	change func(a altered)
	want   string
}{
	{"a byte of a row", func(a altered) { a.flip(giftDay) }, "was changed"},
	{"a file taken away", func(a altered) { a.remove(giftDay) }, "is missing"},
	{"a file of another day in its place", func(a altered) {
		text, err := os.ReadFile(a.file("lake/carat.db/gift_events/data/accounting_month=2026-10/sent_at_day=2026-10-06/*.parquet"))
		if err != nil {
			a.t.Fatal(err)
		}
		a.edit(giftDay, func(string) string { return string(text) })
	}, "was changed or added"},
	{"an emptied file", func(a altered) { a.edit(giftDay, func(string) string { return "" }) }, "was changed"},
	{"a byte of the rejects", func(a altered) { a.flip("lake/carat.db/rejects/data/*.parquet") }, "was changed"},
	{"a byte of the reference data", func(a altered) { a.flip("lake/carat.db/conversion_rates/data/*.parquet") }, "was changed"},
	{"a byte of a result", func(a altered) { a.flip("lake/carat.db/rollforwards/data/period=2026-10/*.parquet") }, "in rollforwards"},
	{"a result taken away", func(a altered) { a.remove("lake/carat.db/statement_lines/data/period=2026-10/*.parquet") }, "statement_lines"},
	{"a manifest cut short", func(a altered) {
		a.edit("lake/carat.db/gift_events/metadata/[^s]*.avro", func(s string) string { return s[:len(s)/2] })
	}, "can't be read"},
	{"a manifest taken away", func(a altered) { a.remove("lake/carat.db/coin_purchases/metadata/[^s]*.avro") }, "can't be read"},
	{"a list of manifests taken away", func(a altered) { a.remove(a.currentList("gift_events")) }, "can't be read"},
	{"a count in the metadata", func(a altered) { a.replace(giftMeta, `"carat.rows-rejected":"1"`, `"carat.rows-rejected":"0"`) }, "was changed: its snapshot says"},
	{"a control total", func(a altered) {
		a.catalog(`update carat_links set link = replace(link, '"coins":"140"', '"coins":"141"')`)
	}, "was changed: its properties give"},
	{"the name of the source", func(a altered) { a.replace(giftMeta, "gift_events-2.csv", "gift_events-3.csv") }, "was changed: its snapshot says"},
	{"a chain value", func(a altered) { a.replace(giftMeta, `"carat.chain":"`, `"carat.chain":"0`) }, "was changed"},
	{"the order of batches", func(a altered) { a.replace(giftMeta, `"carat.seq":"6"`, `"carat.seq":"9"`) }, "follows where"},
	{"a batch that calls itself another", func(a altered) { a.replace(giftMeta, `"carat.batch":"b000006"`, `"carat.batch":"b000007"`) }, "was changed"},
	{"metadata emptied", func(a altered) { a.edit(giftMeta, func(string) string { return "{}" }) }, "load table gift_events"},
	{"metadata taken away", func(a altered) { a.remove(giftMeta) }, "load table gift_events"},
	{"the last snapshot removed", func(a altered) { a.setBack("gift_events") }, "table gift_events lacks its snapshot"},
	{"a table's snapshot removed", func(a altered) { a.setBack("coin_purchases") }, "table coin_purchases lacks its snapshot"},
	{"results set back", func(a altered) { a.setBack("control_results") }, "read catalog"},
	{"a table taken out of the catalog", func(a altered) { a.catalog("delete from iceberg_tables where table_name = 'coin_purchases'") }, ""},
	{"the raw bytes", func(a altered) { a.reseal("g2,gift", "g9,gift") }, "the source file kept under raw/"},
	{"a digit of the raw bytes", func(a altered) { a.reseal("purchase,v1,web,coins-1000,1000", "purchase,v1,web,coins-1000,9000") }, "the source file kept under raw/"},
	{"raw bytes that are no zstd", func(a altered) { a.edit("lake/raw/*/*.zst", func(string) string { return "nothing" }) }, "source file"},
	{"a source file taken away", func(a altered) { a.remove("lake/raw/*/*.zst") }, "is not under raw/ any more"},
	{"people's file taken away", func(a altered) { a.remove("lake/people/raw") }, "no erasure is recorded"},
	{"the certificate", func(a altered) { a.replace("lake/certificates/2026-10/1.json", `"bob"`, `"eve"`) }, "the certificate of 2026-10 version 1 was changed"},
	{"a hash of numbers, in the certificate and its lock", func(a altered) {
		var sum string
		a.edit("lake/certificates/2026-10/1.json", func(s string) string {
			head, rest, _ := strings.Cut(s, `"numbers_sha256": "`)
			s = head + `"numbers_sha256": "` + strings.Repeat("0", 64) + rest[64:]
			sum = certificate.SHA256Text([]byte(s))
			return s
		})
		a.catalog("update carat_locks set certificate_sha256 = '" + sum + "'")
	}, "have the hash of numbers"},
	{"the certificate taken away", func(a altered) { a.remove("lake/certificates/2026-10/1.json") }, "the certificate of 2026-10 version 1"},
	{"the certificate's list of statements", func(a altered) { a.flip("lake/certificates/2026-10/1.statements.sha256") }, "its list of statements was changed"},
	{"the certificate's SQL", func(a altered) { a.replace("lake/certificates/sql/*.sql", "1", "2") }, "the text of x.sql"},
	{"the lock in the state", func(a altered) { a.catalog("update carat_locks set certificate_sha256 = 'x'") }, "version 1 was changed (certificates/2026-10/1.json): its SHA-256 is"},
	{"who approved", func(a altered) { a.catalog("update carat_locks set approved_by = 'eve'") }, "names another run, preparer or approver"},
	{"a decision", func(a altered) { a.catalog("update carat_decisions set decided_by = 'eve'") }, "the decision about exception e1 is not the one that was in force"},
	{"a decided rate", func(a altered) { a.catalog("update carat_decisions set rate_value = '2'") }, "the decision about exception e1 is not the one that was in force"},
	{"a decision taken away", func(a altered) { a.catalog("delete from carat_decisions") }, "the decision about exception e1 is not on record any more"},
	{"a decision put over another", func(a altered) {
		a.catalog("insert into carat_decisions select decision_no + 1, exception_id, 'waived', '2099-12-31', owner, note, decided_by, decided_at, '', '', '', '', '', '', '', 0, '', '', '', '' from carat_decisions")
	}, "the decision about exception e1 is not the one that was in force"},
	{"the lock taken away", func(a altered) { a.catalog("delete from carat_locks") }, "the state database knows no such lock"},
	{"the record of a run taken away", func(a altered) { a.catalog("delete from carat_runs") }, "the state database knows no such run"},
	{"what a run read", func(a altered) { a.catalog("update carat_runs set inputs = '{c' || substr(inputs, 3)") }, "file catalog.sqlite was changed while no carat had the lake open"},
	{"a statement", func(a altered) { a.replace("out/2026-10/statements/*/*/c1*.csv", "Rose", "Rosa") }, "was changed or taken away since the month was closed"},
	{"a statement taken away", func(a altered) { a.remove("out/2026-10/statements/*/*/c1*.json") }, "was changed or taken away since the month was closed"},
	{"a file beside the statements", func(a altered) {
		text, err := os.ReadFile(a.file("out/2026-10/statements/*/*/c1*.csv"))
		if err == nil {
			err = os.WriteFile(strings.TrimSuffix(a.file("out/2026-10/statements/*/*/c1*.csv"), ".csv")+"-final.csv", text, 0o600)
		}
		if err != nil {
			a.t.Fatal(err)
		}
	}, "-final.csv lies among the final statements of 2026-10, and carat didn't write it"},
	{"another lake's identity", func(a altered) { a.replace("lake/lake.json", `"id": "`, `"id": "0`) }, "it belongs to another lake"},
}

// copiedSetting is the setting of a copied folder.
func copiedSetting(s books.Setting, dir string) books.Setting {
	c := *s.Config
	c.Dir, c.Lake = dir, filepath.Join(dir, filepath.Base(c.Lake))
	s.Config = &c
	return s
}

func TestVerifyNamesEveryAlteration(t *testing.T) {
	if len(alterations) < 30 {
		t.Fatalf("%d alterations", len(alterations))
	}
	s, head := closedMonth(t)
	for _, c := range alterations {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			copied := filepath.Join(t.TempDir(), "copy")
			if err := os.CopyFS(copied, os.DirFS(s.Config.Dir)); err != nil {
				t.Fatal(err)
			}
			c.change(altered{t, copied})
			v, err := guard.Verify(context.Background(), guard.VerifyOptions{Setting: copiedSetting(s, copied), Head: head})
			if kind := pipeline.KindOf(err); err == nil || kind != pipeline.KindVerification && kind != pipeline.KindUsage {
				t.Fatalf("verify gives %v", err)
			}
			said := err.Error()
			if v != nil {
				said += "\n" + strings.Join(v.Differences, "\n")
			}
			if !strings.Contains(said, c.want) {
				t.Errorf("want %q, verify says\n%s", c.want, said)
			}
		})
	}
}

// A copy that nobody touched verifies, and an erased person is no difference.
func TestVerifyACopyAndAfterAnErasure(t *testing.T) {
	s, head := closedMonth(t)
	copied := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(copied, os.DirFS(s.Config.Dir)); err != nil {
		t.Fatal(err)
	}
	there := copiedSetting(s, copied)
	there.By.User = "ann"
	if _, err := guard.Verify(t.Context(), guard.VerifyOptions{Setting: there, Head: head}); err != nil {
		t.Fatal(err)
	}
	erased, err := guard.Erase(t.Context(), guard.EraseOptions{Setting: there, Creator: "c1"})
	if err != nil || erased.SourceFiles != 1 || len(erased.Statements) == 0 {
		t.Fatalf("%+v %v", erased, err)
	}
	if _, err := guard.Verify(t.Context(), guard.VerifyOptions{Setting: there, Head: head}); err != nil {
		t.Error(err)
	}
	// Put back, the statements are what was signed but for the person's; a file in that
	// folder that nobody signed is named.
	write := statements.Options{Setting: there, SQL: carat.Files, Period: "2026-10"}
	if _, err := statements.Write(t.Context(), write); pipeline.KindOf(err) != pipeline.KindLocked {
		t.Errorf("nothing is missing but what was erased: %v", err)
	}
	forged := filepath.Join(erased.Statements[0], "c1~main~USD.csv")
	if err := os.MkdirAll(erased.Statements[0], 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(forged, []byte("creator_id,closing\nc1,1000000\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := guard.Verify(t.Context(), guard.VerifyOptions{Setting: there, Head: head}); err == nil || !strings.Contains(err.Error(), "c1~main~USD.csv") {
		t.Errorf("a forged statement of an erased person: %v", err)
	}
	if _, err := statements.Write(t.Context(), write); err != nil {
		t.Errorf("put back: %v", err)
	}
	if _, err := os.Stat(erased.Statements[0]); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the statements of an erased person are back: %v", err)
	}
	if _, err := guard.Verify(t.Context(), guard.VerifyOptions{Setting: there, Head: head}); err != nil {
		t.Error(err)
	}
	if again, err := guard.Erase(t.Context(), guard.EraseOptions{Setting: there, Creator: "c1"}); err != nil || !again.Before || again.SourceFiles != 0 {
		t.Errorf("erased twice: %v", err)
	}
	got, err := trial.Query(t.Context(), ask.QueryOptions{Setting: there, Query: "select who, query, outcome from access where verb = 'erase' order by accessed_at, outcome limit 1"})
	if err != nil || got.Rows[0][0] != "ann" || got.Rows[0][1] != "c1" {
		t.Errorf("%v %v", got, err)
	}
}

// Who is erased is erased under every id that looks like theirs: an earlier file may have
// brought them so. Somebody else under such an id stays, and is told.
func TestEraseTakesIDsThatLookAlike(t *testing.T) {
	s := trial.Folder(t, "feeds: {}\nfirst_period: 2026-10\n", map[string]string{
		"creators-1.csv": "creator_id,valid_from,display_name,country,currency,email\nc1,2026-01-01T00:00:00Z,Luna,DE,USD,luna@example.com\n\"c1 \",2026-01-01T00:00:00Z,Luna,DE,USD,luna@example.com\n" +
			"\u04411,2026-01-01T00:00:00Z,LUNA,DE,USD,moon@example.com\nC1,2026-01-01T00:00:00Z,Sol,DE,USD,sol@example.com\nc2,2026-01-01T00:00:00Z,Luna,DE,USD,l@example.com\n",
	})
	s.By.User = "ann"
	trial.Ingest(t, s)
	erased, err := guard.Erase(t.Context(), guard.EraseOptions{Setting: s, Creator: "c1"})
	if err != nil || !slices.Contains(erased.Alike, "\u04411") || slices.Contains(erased.Alike, "C1") {
		t.Fatalf("%+v %v", erased, err)
	}
	if !slices.ContainsFunc(erased.Left, func(one guard.LeftName) bool { return strings.Contains(one.Where, `"C1"`) }) {
		t.Errorf("left %+v", erased.Left)
	}
	p, err := books.OpenExisting(t.Context(), s, books.RightQuery)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	all, err := p.Lake.People(t.Context())
	if err != nil || len(all) != 2 || all["C1"].DisplayName != "Sol" || all["c2"].DisplayName != "Luna" {
		t.Errorf("%+v %v", all, err)
	}
	if _, err := guard.Erase(t.Context(), guard.EraseOptions{Setting: s, Creator: "C 2"}); !pipeline.IsMisnamed(err) {
		t.Errorf("an id of which nothing is known: %v", err)
	}
}

// The history of a generated month holds no name and no address, wherever one
// looks, also unpacked.
func TestHistoryHoldsNoName(t *testing.T) {
	s, _ := trial.Generated(t, 3, "none")
	if _, err := jobs.Run(t.Context(), jobs.RunOptions{Setting: s, SQL: carat.Files, Period: "2026-10"}); err != nil {
		t.Fatal(err)
	}
	p, err := books.OpenExisting(t.Context(), s, books.RightQuery)
	if err != nil {
		t.Fatal(err)
	}
	people, err := p.Lake.People(t.Context())
	if err := errors.Join(err, p.Close()); err != nil || len(people) < 30 {
		t.Fatalf("%d people, %v", len(people), err)
	}
	var words []string
	for _, one := range people {
		for _, w := range []string{one.DisplayName, one.Email} {
			if len(w) > 3 {
				words = append(words, w)
			}
		}
	}
	if len(words) < 40 {
		t.Fatalf("only %d names and addresses", len(words))
	}
	files := 0
	look := func(where, text string) {
		for _, w := range words {
			if strings.Contains(text, w) {
				t.Errorf("%s holds %q", where, w)
			}
		}
	}
	err = filepath.WalkDir(s.Config.Lake, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if d.Name() == "people" {
				return fs.SkipDir
			}
			return nil
		}
		files++
		text, err := os.ReadFile(path)
		look(path, string(text))
		if strings.HasSuffix(path, ".zst") {
			dec, derr := zstd.NewReader(nil)
			if derr != nil {
				return derr
			}
			defer dec.Close()
			plain, derr := dec.DecodeAll(text, nil)
			look(path, string(plain))
			return derr
		}
		return err
	})
	if err != nil || files < 50 {
		t.Fatalf("%d files, %v", files, err)
	}
	evidence, err := closepackage.AuditFile(t.Context(), closepackage.AuditFileOptions{Setting: s, SQL: carat.Files, Period: "2026-10"})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range trial.BytesBelow(t, evidence.Path) {
		look(name, text)
	}
	// Parquet's pages are compressed: every text of every table is read.
	listed, err := trial.Query(t.Context(), ask.QueryOptions{Setting: s, Query: "select table_name from information_schema.tables where table_schema = 'main' order by 1"})
	if err != nil || len(listed.Rows) < 20 {
		t.Fatalf("%v %v", listed, err)
	}
	for _, row := range listed.Rows {
		table := row[0].(string)
		got, err := trial.Query(t.Context(), ask.QueryOptions{Setting: s, Query: "select cast(t as varchar) from " + table + " as t"})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range got.Rows {
			look(table, r[0].(string))
		}
	}
}
