package ingest_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"carat/jobs/ask"
	"carat/jobs/books"
	"carat/jobs/guard"
	"carat/jobs/ingest"
	"carat/jobs/internal/trial"
)

// take ingests one file of a feed a day after the one before and wants its
// rows to become what is said: read, accepted, rejected, duplicate.
func take(t *testing.T, s *books.Setting, name, text string, read, accepted, rejected, duplicate int64) {
	t.Helper()
	s.Now = s.Now.Add(24 * time.Hour)
	path := filepath.Join(s.Config.Dir, name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	r, err := ingest.Files(context.Background(), ingest.Options{Setting: *s, Files: []string{path}})
	if err != nil {
		t.Fatal(err)
	}
	got := r.Files[0]
	want := ingest.FileResult{File: name, Feed: got.Feed, Format: got.Format, Result: ingest.FileIngested, Batch: got.Batch,
		RowsRead: read, RowsAccepted: accepted, RowsRejected: rejected, RowsDuplicate: duplicate}
	if got != want {
		t.Errorf("%s\n got %+v\nwant %+v", name, got, want)
	}
	if _, err := guard.Verify(context.Background(), guard.VerifyOptions{Setting: *s}); err != nil {
		t.Errorf("after %s: %v", name, err)
	}
}

// totals gives the one row of a query as text.
func totals(t *testing.T, s books.Setting, query string) string {
	t.Helper()
	rows, err := trial.Query(context.Background(), ask.QueryOptions{Setting: s, Query: query})
	if err != nil {
		t.Fatal(err)
	}
	return firstColumn(rows)
}

// One line of the bank's file gives a rate for every currency. The file of the
// next day has a new first line, all old ones one further down, and a revised
// rate: what is old is counted as a duplicate, what is new or revised is kept.
func TestRateHistoryOfTheNextDay(t *testing.T) {
	s := trial.Folder(t, "first_period: 2026-10\nfeeds: {}", nil)
	header := "Date,USD,JPY,GBP,\n"
	var old []string
	for day := 9; day > 0; day-- {
		old = append(old, fmt.Sprintf("2026-10-%02d,1.%d,15%d.5,0.8%d,\n", day, day, day, day))
	}
	take(t, &s, "fx_rates-1.csv", header+strings.Join(old, ""), 27, 27, 0, 0)

	// The same lines at the same places: only the last one has another rate.
	revised := strings.Replace(strings.Join(old, ""), "2026-10-01,1.1,151.5,0.81", "2026-10-01,1.1,151.75,0.81", 1)
	take(t, &s, "fx_rates-2.csv", header+revised, 27, 1, 0, 26)

	// A new day first, with a currency that had no rate before.
	take(t, &s, "fx_rates-3.csv", "Date,USD,JPY,GBP,CHF,\n2026-10-12,1.5,N/A,0.9,0.95,\n"+
		strings.ReplaceAll(revised, ",\n", ",N/A,\n"), 30, 3, 0, 27)

	if got, want := totals(t, s, "select count(*) || ' ' || count(distinct (rate_date, base, quote)) as n from fx_rates"), "31 30"; got != want {
		t.Errorf("rows and keys %s, want %s", got, want)
	}
	if got, want := totals(t, s, "select string_agg(cast(rate as varchar), ' ' order by ingested_at) as n from fx_rates where quote = 'JPY' and rate_date = date '2026-10-01'"),
		"151.500000000 151.750000000"; got != want {
		t.Errorf("versions of the revised rate %s, want %s", got, want)
	}
	// Back to the first rate is a third version, and all else is old.
	take(t, &s, "fx_rates-4.csv", header+strings.Join(old, "")+"\n", 27, 1, 0, 26)
	take(t, &s, "fx_rates-5.csv", header+strings.Join(old[1:], ""), 24, 0, 0, 24)
	if got, want := totals(t, s, "select count(*) || ' ' || sum(rate) as n from fx_rates where quote = 'JPY'"), "11 1702.750000000"; got != want {
		t.Errorf("rows and sum of JPY %s, want %s", got, want)
	}
}

// liveGift is a message about a gift that is not sent in streaks.
func liveGift(id string, coins int) string {
	return fmt.Sprintf(`{"type":"WebcastGiftMessage","data":{"repeatCount":1,"repeatEnd":1,"groupId":"0","user":{"userId":"7"},"toUser":{"userId":"9"},`+
		`"giftDetails":{"id":"5655","giftType":2,"diamondCount":%d},"common":{"msgId":"%s","roomId":"3","createTime":"1791000000000"}}}`, coins, id)
}

// One line of a live recording holds several messages. What of a line came
// before, word for word or with other content, doesn't take the rest with it.
func TestGiftsThatShareALine(t *testing.T) {
	s := trial.Folder(t, "first_period: 2026-10\nfeeds: {}", nil)
	line := func(gifts ...string) string { return `{"messages":[` + strings.Join(gifts, ",") + "]}\n" }
	take(t, &s, "gift_events-1.ndjson", line(liveGift("1", 10))+line(liveGift("2", 20)), 2, 2, 0, 0)
	take(t, &s, "gift_events-2.ndjson", line(liveGift("1", 10), liveGift("3", 40)), 2, 1, 0, 1)
	take(t, &s, "gift_events-3.ndjson", line(liveGift("4", 80), liveGift("2", 21), liveGift("3", 40), liveGift("5", 160)), 4, 2, 1, 1)
	if got, want := totals(t, s, "select count(*) || ' ' || sum(coins) as n from gift_events"), "5 310"; got != want {
		t.Errorf("rows and coins %s, want %s", got, want)
	}
	if got, want := totals(t, s, "select row_key || ' ' || code || ' ' || source_line || ' ' || other_batch as n from rejects"), "live-2 key_conflict 1 b000001"; got != want {
		t.Errorf("rejects %s, want %s", got, want)
	}
}

// Two rows of one key may stand on one line: a machine's XML has no other. Word for word
// the second is a duplicate; with other content it is refused, and both places are named.
func TestRowsOfOneKeyOnOneLine(t *testing.T) {
	s := trial.Folder(t, "first_period: 2026-10\nfeeds: {}", nil)
	entry := func(ref, amount, text string) string {
		return `<Ntry><Amt Ccy="EUR">` + amount + `</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-10-05</Dt></BookgDt><AcctSvcrRef>` + ref + `</AcctSvcrRef><NtryDtls><TxDtls><RmtInf><Ustrd>` + text + `</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>`
	}
	statement := func(id string, entries ...string) string {
		return `<Ntfctn><Id>` + id + `</Id><Acct><Id><IBAN>NL38</IBAN></Id></Acct>` + strings.Join(entries, "") + "</Ntfctn>"
	}
	document := func(statements ...string) string {
		return `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.02"><BkToCstmrDbtCdtNtfctn>` + strings.Join(statements, "") + "</BkToCstmrDbtCdtNtfctn></Document>"
	}
	// A bank that sends the booking again in the next statement of the file, once as it was and once
	// with another text; the first and the last of the file have other keys.
	text := document(statement("S1", entry("R0", "5.00", "a"), entry("R1", "1.00", "b")), statement("S2", entry("R1", "1.00", "b"), entry("R2", "2.00", "d")), statement("S3", entry("R1", "1.00", "other"), entry("R3", "3.00", "e")))
	take(t, &s, "bank_lines-1.xml", text, 6, 4, 1, 1)
	if got, want := totals(t, s, "select count(*) || ' ' || sum(amount) as n from bank_lines where kind is null"), "4 11.000000"; got != want {
		t.Errorf("entries and their sum %s, want %s", got, want)
	}
	if got, want := totals(t, s, "select code || ' ' || source_line || ' ' || other_batch || ' ' || other_line || ' ' || (row_key <> '') as n from rejects"), "key_conflict 1 b000001 1 true"; got != want {
		t.Errorf("rejects %s, want %s", got, want)
	}
	if v, err := guard.Verify(context.Background(), guard.VerifyOptions{Setting: s}); err != nil || v.Sources != 1 {
		t.Errorf("reading again: %+v %v", v, err)
	}
}

// Terms that stand twice in one file for one time: the later counts, as of any reference
// feed, and both lines are named, since one of the two is a mistake.
func TestTermsOfOneTimeTwice(t *testing.T) {
	s := trial.Folder(t, "first_period: 2026-10\nfeeds: {}", nil)
	var told []string
	s.Progress = func(e books.Event) { told = append(told, e.Note) }
	prices := "gift_id,valid_from,name,coins\nrose,2026-01-01T00:00:00Z,Rose,1\nlion,2026-01-01T00:00:00Z,Lion,500\nrose,2026-01-01T00:00:00Z,Rose,2\nlion,2026-01-01T00:00:00Z,Lion,500\n"
	take(t, &s, "gift_catalog-1.csv", prices, 4, 3, 0, 1)
	want := "1 rows have the key of a row before them in this file with other content, and the later counts: line 4 against line 2 (rose/2026-01-01T00:00:00Z)"
	if !strings.Contains(strings.Join(told, "\n"), want) {
		t.Errorf("told %q, not %s", told, want)
	}
	told = nil
	take(t, &s, "gift_catalog-2.csv", "gift_id,valid_from,name,coins\nrose,2026-01-01T00:00:00Z,Rose,3\n", 1, 1, 0, 0)
	if strings.Contains(strings.Join(told, "\n"), "in this file") {
		t.Errorf("a correction in a file of its own: %q", told)
	}
}

// One reference of the bank on bookings of two statements, which its balances
// join: four bookings, also when the first is sent again, and reading the files
// again gives what is kept.
func TestBankReferenceOfTwoStatements(t *testing.T) {
	s := trial.Folder(t, "first_period: 2026-10\nfeeds: {}", nil)
	statement := func(id, opening, closing string, fees int) string {
		balance := func(kind, amount string) string {
			return `<Bal><Tp><CdOrPrtry><Cd>` + kind + `</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">` + amount + `</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-10-05</Dt></Dt></Bal>`
		}
		fee := `<Ntry><Amt Ccy="EUR">1.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-10-05</Dt></BookgDt><AcctSvcrRef>R1</AcctSvcrRef></Ntry>`
		return `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt><Stmt><Id>` + id + `</Id><Acct><Id><IBAN>NL38</IBAN></Id></Acct>` +
			balance("OPBD", opening) + balance("CLBD", closing) + strings.Repeat(fee, fees) + "</Stmt></BkToCstmrStmt></Document>"
	}
	take(t, &s, "bank_lines-1.xml", statement("S17", "100.00", "97.00", 3), 5, 5, 0, 0)
	take(t, &s, "bank_lines-2.xml", statement("S17b", "97.00", "96.00", 1), 3, 3, 0, 0)
	take(t, &s, "bank_lines-3.xml", statement("S17", "100.00", "97.00", 3)+"\n", 5, 0, 0, 5)
	take(t, &s, "bank_lines-4.xml", statement("S-day", "100.00", "96.00", 4), 6, 2, 0, 4)
	if got, want := totals(t, s, "select count(*) || ' ' || sum(amount) as n from bank_lines where kind is null"), "4 -4.000000"; got != want {
		t.Errorf("entries and their sum %s, want %s", got, want)
	}
	if v, err := guard.Verify(context.Background(), guard.VerifyOptions{Setting: s}); err != nil || v.Sources != 4 {
		t.Errorf("reading again: %+v %v", v, err)
	}
}

// Of a whole file that was sent again with other bytes nothing is new.
func TestAllRowsAgain(t *testing.T) {
	s := trial.Folder(t, "first_period: 2026-10\nfeeds: {}", nil)
	take(t, &s, "coin_purchases-1.csv", octoberSale, 1, 1, 0, 0)
	take(t, &s, "coin_purchases-2.csv", octoberSale+"\n", 1, 0, 0, 1)
	if got := months(t, s, "coin_purchases"); got != "2026-10" {
		t.Errorf("months %q", got)
	}
}
