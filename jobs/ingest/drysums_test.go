package ingest_test

import (
	"context"
	"testing"

	"carat/jobs/ingest"
	"carat/jobs/internal/trial"
)

// Money of several currencies is summed up by each: a sum over them is no amount. What is
// no money has one sum.
func TestADryRunSumsUpByCurrency(t *testing.T) {
	s := trial.Folder(t, "first_period: 2026-10\nmax_reject_share: 0.9\n", map[string]string{
		"balance.csv": "id,Type,Source,Amount,Fee,Net,Currency,Created (UTC),Available On (UTC),Customer Facing Amount,Customer Facing Currency,Transfer\n" +
			"txn_1,charge,ch_1,10.00,0.59,9.41,usd,2026-10-03 09:15,2026-10-05 00:00,11.50,eur,po_1\n" +
			"txn_2,charge,ch_2,2000,72,1928,jpy,2026-10-03 09:16,2026-10-05 00:00,,,po_2\n",
		"bank_lines-1.csv": "line_id,account,booked_at,amount,currency\nb1,a,2026-10-01,100,EUR\nb2,a,2026-10-01,x,USD\n",
	})
	files, err := ingest.DryRun(context.Background(), ingest.Options{Setting: s})
	if err != nil || len(files) != 2 {
		t.Fatal(err, files)
	}
	for column, want := range map[string]string{"gross_amount": "2000 JPY, 10 USD", "net_amount": "1928 JPY, 9.41 USD", "customer_amount": "11.5", "quantity": "2"} {
		if got := files[0].SumText(column); got != want {
			t.Errorf("%s: %q, want %q", column, got, want)
		}
	}
	if got := files[1].SumText("amount"); got != "100" {
		t.Errorf("one currency: %q", got)
	}
	files[0].SumsRead["gross_amount"] = "2011"
	if got, want := files[0].SumText("gross_amount"), "2000 JPY, 10 USD (of all rows that were read, whatever their currencies: 2011)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
