package ingest_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"carat/jobs/ask"
	"carat/jobs/ingest"
	"carat/jobs/internal/trial"
	"carat/pipeline"
)

// A first layout needs what nobody can know, and nothing else: with that said, it
// reads the file.
func TestGuessedLayouts(t *testing.T) {
	for name, c := range map[string]struct {
		text, want string
		rows       int64
		fill       []string // of the guess, in pairs
	}{
		"bank_lines-pair.csv": {"Account statement\n\nDate,Details,Debit,Credit\n15/10/2026,a,,1.50\n06/10/2026,b,2,\n", "credit: Credit, debit: Debit", 2,
			[]string{`account: ""`, "account: a", `currency: ""`, "currency: EUR"}},
		"bank_lines-sign.csv": {"Datum;Naam;Rekening;Af Bij;Bedrag (EUR)\n20261005;S;NL1;Bij;96,80\n20261006;C;NL1;Af;50,00\n", "amount_sign: {column: Af Bij, negative: Af, positive: Bij}", 2,
			[]string{`currency: ""`, "currency: EUR"}},
		"bank_lines-words.csv": {"Date,Amount,Type,Text\n2026-10-05,50.00,DEBIT,x\n2026-10-06,20.00,CREDIT,y\n", "amount_sign: {column: Type, negative: DEBIT, positive: CREDIT}", 2,
			[]string{`account: ""`, "account: a", `currency: ""`, "currency: EUR"}},
		"bank_lines-days.csv": {"Date,Amount,Type,Text\n10/05/2026,50.00,DEBIT,x\n10/06/2026,20.00,CREDIT,y\n", `time_format: "" # ? DD/MM/YYYY and MM/DD/YYYY both read every one of them`, 2,
			[]string{`account: ""`, "account: a", `currency: ""`, "currency: EUR", `time_format: ""`, "time_format: MM/DD/YYYY"}},
		"bank_lines-1.csv": {"Date\tRef\tMontant\n13/10/2026\tfrais\t-1\u202f234,50 €\n13/10/2026\tfrais\t-1\u202f234,50 €\n", "id: content", 2,
			[]string{`account: ""`, "account: a", `currency: ""`, "currency: EUR"}},
		"coin_purchases.ndjson": {`{"orderId":"o1","user":"v1","kind":"buy","coins":100,"price":199,"currency":"USD","created":1790770530250}` + "\n" +
			`{"orderId":"o2","user":"v1","kind":"buy","coins":500,"price":999,"currency":"USD","created":1790770530251}` + "\n", "time_format: epoch_milliseconds", 2,
			[]string{`buy: ""`, "buy: purchase", "# scale", "scale", `channel: ""`, "channel: web", `sku: ""`, "sku: any"}},
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		guess, err := ingest.GuessLayout(t.Context(), path, "", "")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !strings.Contains(guess, c.want) {
			t.Errorf("%s: no %s in\n%s", name, c.want, guess)
		}
		s := trial.Folder(t, "first_period: 2026-09\n"+strings.NewReplacer(c.fill...).Replace(guess), map[string]string{name: c.text})
		r, err := ingest.Files(context.Background(), ingest.Options{Setting: s})
		if err != nil || r.Files[0].RowsAccepted != c.rows || !strings.HasPrefix(r.Files[0].Format, "layout") {
			t.Errorf("%s: %v %+v\n%s", name, err, r, guess)
		}
	}
}

// Days and times that stand in two columns become one time: what was booked in the last
// minute of a month in the account's zone counts in that month.
func TestGuessedTimesInTwoColumns(t *testing.T) {
	book := excelize.NewFile()
	for i, row := range [][]any{{"Date", "Time", "Details", "Amount"}, {46326, 0.9993055555555556, "a", 1.5}, {46326, 0, "b", 2}} {
		if err := book.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	for style, column := range map[int]string{14: "A", 21: "B"} {
		id, err := book.NewStyle(&excelize.Style{NumFmt: style})
		if err != nil {
			t.Fatal(err)
		}
		if err := book.SetCellStyle("Sheet1", column+"2", column+"3", id); err != nil {
			t.Fatal(err)
		}
	}
	sheet, err := book.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		text, want string
		times      []string
	}{
		"bank_lines-1.csv": {"Kontoauszug;;;;\nBuchungstag;Uhrzeit;Verwendungszweck;Betrag;Saldo\n31.10.2026;23:59:00;GEB\xdcHR;-1,50;10,00\n31.10.2026;00:00:00;STRIPE;20,00;30,00\n",
			"booked_at: [Buchungstag, Uhrzeit]", []string{"2026-10-31T22:59:00Z", "2026-10-30T23:00:00Z"}},
		"bank_lines-2.csv":  {"Date,Time,TimeZone,Name,Amount\n10/31/2026,15:59:00,PDT,a,1.50\n10/31/2026,12:00:00,PDT,b,2.00\n", "booked_at: [Date, Time, TimeZone]", []string{"2026-10-31T22:59:00Z", "2026-10-31T19:00:00Z"}},
		"bank_lines-3.xlsx": {sheet.String(), "booked_at: [Date, Time]", []string{"2026-10-31T22:59:00Z", "2026-10-30T23:00:00Z"}},
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		guess, err := ingest.GuessLayout(t.Context(), path, "", "")
		if err != nil || !strings.Contains(guess, c.want) {
			t.Errorf("%s: no %s in %v\n%s", name, c.want, err, guess)
			continue
		}
		filled := strings.NewReplacer(`account: ""`, "account: a", `currency: ""`, "currency: EUR").Replace(guess)
		s := trial.Folder(t, "first_period: 2026-09\ntime_zone: Europe/Berlin\n"+filled, map[string]string{name: c.text})
		if _, err := ingest.Files(context.Background(), ingest.Options{Setting: s}); err != nil {
			t.Errorf("%s: %v\n%s", name, err, filled)
			continue
		}
		got, err := trial.Query(context.Background(), ask.QueryOptions{Setting: s, Query: "select strftime(booked_at at time zone 'UTC', '%Y-%m-%dT%H:%M:%SZ') from bank_lines order by source_line"})
		if err != nil || len(got.Rows) != len(c.times) {
			t.Errorf("%s: %v %v", name, err, got)
			continue
		}
		for i, want := range c.times {
			if got.Rows[i][0] != want {
				t.Errorf("%s: row %d is of %v, not of %s\n%s", name, i+1, got.Rows[i][0], want, filled)
			}
		}
	}
}

// A file all of whose rows are here with other content is a bad file, not one
// that was ingested.
func TestAllRowsConflict(t *testing.T) {
	const head = "line_id,account,booked_at,amount,currency\n"
	s := trial.Folder(t, "first_period: 2026-10\n", map[string]string{"bank_lines-1.csv": head + "b1,a,2026-10-01,1,EUR\nb2,a,2026-10-01,2,EUR\n"})
	ctx := context.Background()
	if _, err := ingest.Files(ctx, ingest.Options{Setting: s}); err != nil {
		t.Fatal(err)
	}
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(s.Config.Dir, "inbox", name), []byte(head+text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("bank_lines-2.csv", "b1,a,2026-10-01,100,EUR\nb2,a,2026-10-01,200,EUR\n")
	_, err := ingest.Files(ctx, ingest.Options{Setting: s})
	if want := "2 of 2 rows have the keys of b000001 with other content; nothing of it was taken: if b000001 was read wrongly, take it out by `carat undo b000001 --reason …`"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v", err)
	}
	if err := os.Remove(filepath.Join(s.Config.Dir, "inbox", "bank_lines-2.csv")); err != nil {
		t.Fatal(err)
	}
	put("bank_lines-3.csv", "b1,a,2026-10-01,100,EUR\nb3,a,2026-10-01,3,EUR\n")
	r, err := ingest.Files(ctx, ingest.Options{Setting: s})
	if err != nil || r.Files[len(r.Files)-1].RowsRejected != 1 || r.Files[len(r.Files)-1].RowsAccepted != 1 {
		t.Errorf("one row that conflicts is rejected: %v %+v", err, r)
	}
}

// What is no text is said so: its bytes are no columns, and stand in no comment.
func TestGuessedLayoutsOfNoText(t *testing.T) {
	var workbookless bytes.Buffer
	z := zip.NewWriter(&workbookless)
	if w, err := z.Create("a.txt"); err != nil {
		t.Fatal(err)
	} else if _, err := w.Write([]byte("a,b\n1,2\n")); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"gifts.parquet": "PAR1\x15\x04\x15\x28\xb5,\n\x00\x01,b\nPAR1",
		"photo.png":     "\x89PNG\r\n\x1a\n\x00\x00,\rIHDR,a\n1,2\n",
		"ledger.db":     "SQLite format 3\x00,\n1,2\n\xff",
		"empty.csv":     "",
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := ingest.GuessLayout(t.Context(), path, "gift_events", "")
		if pipeline.KindOf(err) != pipeline.KindBadInput || !strings.Contains(fmt.Sprint(err), "a layout is for delimited text, JSON and workbooks") {
			t.Errorf("%s: %v\n%s", name, err, got)
		}
	}
	path := filepath.Join(t.TempDir(), "files.zip")
	if err := os.WriteFile(path, workbookless.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := ingest.GuessLayout(t.Context(), path, "gift_events", ""); err == nil && strings.Contains(got, "PK") {
		t.Errorf("an archive: %s", got)
	}
}

// A file that carat knows and doesn't read gets what ingest says of it, and no layout, which
// would read a customer's charge as a payout. Who says what it is gets both.
func TestNoLayoutOfWhatIsKnownAndNotRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "stripe_payments.csv")
	const text = "id,Created date (UTC),Amount,Amount Refunded,Currency,Captured,Fee,Status\nch_1,2026-10-03 10:00:00,100.00,0.00,usd,true,3.20,Paid\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	const known = "it is Stripe's dashboard export of payments, which carat doesn't read"
	got, err := ingest.GuessLayout(t.Context(), path, "", "")
	if got != "" || pipeline.KindOf(err) != pipeline.KindBadInput || !strings.Contains(fmt.Sprint(err), known) {
		t.Errorf("%v\n%s", err, got)
	}
	got, err = ingest.GuessLayout(t.Context(), path, "coin_purchases", "")
	if err != nil || !strings.Contains(got, known) || !strings.Contains(got, "gross_amount: Amount") {
		t.Errorf("%v\n%s", err, got)
	}
}
