package ingest_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carat/jobs/ask"
	"carat/jobs/ingest"
	"carat/jobs/internal/trial"
	"carat/pipeline"
	"carat/pipeline/feed/feedtest"
)

// guessed gives the first layout of a text, as `carat layout` writes it.
func guessed(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := ingest.GuessLayout(t.Context(), path, "", "")
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return got
}

// A layout reads the file that it was written from, once what is asked for is said: with
// the amounts that the file has.
func TestGuessedLayoutsReadTheirOwnFile(t *testing.T) {
	for name, c := range map[string]struct {
		text, sum string
		rows      int64
		fill      []string
		want, not []string
	}{
		"bank_lines-chase.csv": {"Details,Posting Date,Description,Amount,Type,Balance,Check or Slip #\nCREDIT,10/05/2026,\"STRIPE TRANSFER\",96.80,ACH_CREDIT,1096.80,\nDEBIT,10/16/2026,\"X\",-50.00,ACH_DEBIT,1046.80,\n", "46.8", 2,
			[]string{`account: ""`, "account: a", `currency: ""`, "currency: USD", `ACH_CREDIT: ""`, "ACH_CREDIT: entry", `ACH_DEBIT: ""`, "ACH_DEBIT: entry"},
			[]string{"reference: Description", "Tried on the file: none of 2 rows is rejected"}, []string{"amount_sign"}},
		"bank_lines-dkb.csv": {"\ufeff\"Girokonto\";\"DE123\"\n\"Zeitraum:\";\"01.10.2026 - 31.10.2026\"\n\"\"\n\"Buchungsdatum\";\"Status\";\"Verwendungszweck\";\"IBAN\";\"Betrag (€)\";\"Gläubiger-ID\";\"Kundenreferenz\"\n\"05.10.26\";\"Gebucht\";\"po_1\";\"IE1\";\"96,8 €\";\"\";\"\"\n\"06.10.26\";\"Gebucht\";\"po-1\";\"IE1\";\"-50 €\";\"\";\"\"\n", "46.8", 2,
			[]string{`account: ""`, "account: DE123"},
			[]string{"id: content", `account: "" # ? IBAN, if that is your own account's`, "currency: EUR"}, []string{"line_id", "account: IBAN"}},
		"bank_lines-months.csv": {"Date,Ref,Amount\n05-Oct-2026,a,1.50\n16-Oct-2026,b,-2.00\n", "-0.5", 2, []string{`account: ""`, "account: a", `currency: ""`, "currency: EUR"},
			[]string{"booked_at: Date", "time_format: DD-MMM-YYYY"}, nil},
		"bank_lines-creditors.csv": {"Date,Ref,Creditor ID,Amount\n2026-10-05,a,C1,1.50\n2026-10-06,b,C1,2.00\n", "3.5", 2, []string{`account: ""`, "account: a", `currency: ""`, "currency: EUR"},
			[]string{"id: content"}, []string{"line_id"}},
		"bank_lines-again.csv": {"Date,Ref,ID,Amount\n2026-10-05,a,C1,1.50\n2026-10-05,a,C1,1.50\n2026-10-06,b,C2,2.00\n", "3.5", 2, []string{`account: ""`, "account: a", `currency: ""`, "currency: EUR"},
			[]string{"line_id: ID"}, []string{"id: content"}},
	} {
		got := guessed(t, name, c.text)
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %s in\n%s", name, want, got)
			}
		}
		for _, not := range c.not {
			if strings.Contains(got, not) {
				t.Errorf("%s: %s in\n%s", name, not, got)
			}
		}
		s := trial.Folder(t, "first_period: 2026-09\n"+strings.NewReplacer(c.fill...).Replace(got), map[string]string{name: c.text})
		r, err := ingest.Files(context.Background(), ingest.Options{Setting: s})
		if err != nil || r.Files[0].RowsAccepted != c.rows || r.Files[0].RowsRejected != 0 {
			t.Errorf("%s: %v %+v\n%s", name, err, r, got)
			continue
		}
		sum, err := trial.Query(context.Background(), ask.QueryOptions{Setting: s, Query: "select rtrim(rtrim(sum(amount)::text, '0'), '.') from bank_lines"})
		if err != nil || fmt.Sprint(sum.Rows[0][0]) != c.sum {
			t.Errorf("%s: %v %v, not %s", name, err, sum, c.sum)
		}
	}
}

// What the file's own rows say of a layout stands below it: what they reject, and which of
// two days a format means, where a row far below the beginning tells.
func TestGuessedLayoutsAreTried(t *testing.T) {
	var days strings.Builder
	days.WriteString("Date,Ref,Amount\n")
	for i := range 5_000 {
		fmt.Fprintf(&days, "%02d/%02d/2026,booking %d,1.50\n", i%10+1, i%12+1, i)
	}
	for name, c := range map[string]struct {
		text      string
		want, not []string
	}{
		"bank_lines-sums.csv": {"Date,Ref,Amount\n2026-10-05,a,1.50\n2026-10-06,b,2.00\n2026-10-07,c,2.00\n,Total,5.50\n",
			[]string{"# ? Tried on the file: 1 of 4 rows rejected:", "1: booked_at, such as nothing at line 5: missing"}, []string{`booked_at: ""`}},
		"bank_lines-times.csv": {"Date,Ref,Amount\n5th of October,a,1.50\n6th of October,b,2.00\n",
			[]string{"booked_at: Date", `time_format: "" # ? how Date is written, such as 5th of October`}, []string{`booked_at: ""`}},
		"bank_lines-days.csv":    {days.String(), []string{`time_format: "" # ? DD/MM/YYYY and MM/DD/YYYY both read`}, nil},
		"bank_lines-day.csv":     {days.String() + "25/10/2026,z,1.50\n", []string{"time_format: DD/MM/YYYY", "none of 5001 rows is rejected"}, []string{"both read"}},
		"bank_lines-month.csv":   {days.String() + "10/25/2026,z,1.50\n", []string{"time_format: MM/DD/YYYY", "none of 5001 rows is rejected"}, []string{"both read"}},
		"bank_lines-neither.csv": {days.String() + "Total,z,1.50\n", []string{`time_format: "" # ? DD/MM/YYYY and MM/DD/YYYY both read`, "1 of 5001 rows rejected"}, nil},
	} {
		got := guessed(t, name, c.text)
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %s in\n%s", name, want, got)
			}
		}
		for _, not := range c.not {
			if strings.Contains(got, not) {
				t.Errorf("%s: %s in\n%s", name, not, got)
			}
		}
	}
}

// Of whatever file a layout is written, what it was tried on is said, or why there is none.
func TestGuessedLayoutsOfPublishedFiles(t *testing.T) {
	tried := 0
	err := filepath.WalkDir(feedtest.SamplesFolder(t), func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		if info, err := e.Info(); err != nil || info.Size() > 1<<20 {
			return err
		}
		got, err := ingest.GuessLayout(t.Context(), path, "", "")
		switch {
		case err != nil && pipeline.KindOf(err) != pipeline.KindBadInput:
			t.Errorf("%s: %v", e.Name(), err)
		case err == nil && !strings.Contains(got, "Tried on the file"):
			t.Errorf("%s: it wasn't tried:\n%s", e.Name(), got)
		case err == nil:
			tried++
		}
		return nil
	})
	if err != nil || tried < 5 {
		t.Errorf("%v: %d files were tried", err, tried)
	}
}
