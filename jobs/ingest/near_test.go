package ingest_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carat/jobs/ingest"
	"carat/jobs/internal/trial"
	"carat/pipeline"
)

const nearConfig = `first_period: 2026-10
feeds:
  bank_lines:
    layout:
      files: ["releve-*.csv"]
      time_format: DD/MM/YYYY
      columns: {booked_at: Date, amount: Montant, reference: Libelle}
      constants: {account: a, currency: EUR}
      id: content
`

// A file that all but is an input is no success: what it holds would be missing and nobody would know. Files of plainly
// other kinds are left alone.
func TestAFileThatNearlyFitsIsAFailure(t *testing.T) {
	const good = "Date,Libelle,Montant\n06/10/2026,frais,-1.50\n"
	for name, c := range map[string]struct {
		text, want string
		near       bool
	}{
		"RELEVE-2.csv":      {good, "which is for files called releve-*.csv", true},
		"releve 3.csv":      {good, "which is for files called releve-*.csv", true},
		"Bank.csv":          {strings.Replace(good, "Montant", "Betrag", 1), "Montant", true},
		"semi.csv":          {strings.ReplaceAll(good, ",", ";"), "its columns are those of feeds: bank_lines", true},
		"export.csv":        {trial.PurchaseHeader + "p1,purchase,v1,web,s,1000,USD,10.00,2026-10-02T10:00:00Z\n", "its columns are those of coin_purchases: begin its name with that", true},
		"Download.CSV":      {"Datum,Uhrzeit,Zeitzone,Name,Typ,Status,Währung,Brutto,Entgelt,Netto,Transaktionscode\n05.10.2026,10:00:00,Europe/Berlin,A,Zahlung,Abgeschlossen,EUR,\"19,99\",\"-0,50\",\"19,49\",5AB\n", "it is PayPal's activity download in another language", true},
		"payments.csv":      {"id,Created date (UTC),Amount,Amount Refunded,Currency\nch_1,2026-10-05 10:00,10.00,0.00,usd\n", "it is Stripe's dashboard export of payments", false},
		"birthdays.csv":     {"name,day\nann,1990-01-01\n", "its content is no report that carat knows", false},
		"notes.txt":         {"call the bank\n", "its content is no report that carat knows", false},
		"one in common.csv": {"Date,shop,sum\n06/10/2026,x,1\n", "its content is no report that carat knows", false},
	} {
		s := trial.Folder(t, nearConfig, map[string]string{"releve-1.csv": good, name: c.text})
		dry, dryErr := ingest.DryRun(context.Background(), ingest.Options{Setting: s})
		r, err := ingest.Files(context.Background(), ingest.Options{Setting: s})
		if !c.near {
			if err != nil || dryErr != nil || len(r.Files) != 1 || len(dry) != 1 || len(r.Ignored) != 1 || !strings.Contains(r.Ignored[0].Reason, c.want) || ingest.LeftAlone(s.Config)[0].Near {
				t.Errorf("%s: %v, %v, %+v", name, err, dryErr, r)
			}
			continue
		}
		if pipeline.KindOf(err) != pipeline.KindBadInput || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "nothing of it was taken") {
			t.Errorf("%s: %v", name, err)
		}
		if pipeline.KindOf(dryErr) != pipeline.KindBadInput || len(dry) != 2 || dry[0].Result != ingest.FileWouldFail {
			t.Errorf("%s, dry: %v, %+v", name, dryErr, dry)
		}
		if len(r.Files) != 2 || r.Files[0].Result != ingest.FileFailed || r.Files[0].File != name || r.Files[1].Result != ingest.FileIngested || len(r.Ignored) != 0 {
			t.Errorf("%s: the others go on: %+v", name, r)
		}
		if left := ingest.LeftAlone(s.Config); len(left) != 1 || !left[0].Near {
			t.Errorf("%s: %+v", name, left)
		}
		if err := os.Remove(filepath.Join(s.Config.Dir, "inbox", name)); err != nil {
			t.Fatal(err)
		}
		if _, err := ingest.Files(context.Background(), ingest.Options{Setting: s}); err != nil {
			t.Errorf("%s is gone: %v", name, err)
		}
	}
}
