package jobs_test

import (
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"carat/fixtures"
	"carat/jobs/books"
	"carat/jobs/ingest"
	"carat/jobs/internal/trial"
	"carat/jobs/reconcile"
	"carat/pipeline"
	"carat/sql"
)

// badFiles are what no feed should hold, beside a clean month. Each line is an
// exception by name, or none, and no total is wrong because of it.
var badFiles = map[string]string{
	// A purchase of the largest amount there is, in two and in three decimals; a
	// purchase that is refunded twice; a refund of a purchase that never came.
	"coin_purchases-zz.csv": `purchase_id,kind,original_purchase_id,viewer_id,channel,store_transaction_id,sku,coins,currency,gross_amount,tax_amount,store_fee_amount,country,purchased_at
edge,purchase,,v_edge,web,t_edge,coins_70,70,USD,999999999999.999999,,,US,2026-10-05T00:00:00Z
dinar,purchase,,v_edge,web,t_dinar,coins_70,70,KWD,999999999999.999999,0.000001,999999999999.999999,KW,2026-10-05T00:00:01Z
once,purchase,,v_once,web,t_once,coins_70,70,USD,0.74,,,US,2026-10-06T00:00:00Z
first,refund,once,v_once,web,t_once,coins_70,70,USD,0.74,,,US,2026-10-07T00:00:00Z
second,refund,once,v_once,web,t_once,coins_70,70,USD,0.74,,,US,2026-10-08T00:00:00Z
lost,refund,never,v_once,web,t_never,coins_70,70,USD,0.74,,,US,2026-10-08T00:00:00Z
`,
	// A creator who doesn't exist is paid.
	"payouts-zz.csv": `payout_id,creator_id,status,diamonds,currency,gross_amount,withholding_amount,fee_amount,net_amount,method,provider_reference,requested_at,updated_at
ghost,c_ghost,requested,5000,USD,51,,2.9,48.1,bank,r_ghost,2026-10-25T09:19:59Z,2026-10-25T09:19:59Z
`,
	// A store's report of a month to come.
	"settlement_lines-zz.csv": `line_id,channel,report_id,store_transaction_id,sku,country,kind,quantity,gross_amount,tax_amount,fee_amount,net_amount,currency,customer_currency,customer_amount,transaction_at,settled_at
early,google,google-2027-03,GPA.9999,coins_700,US,sale,1,10.99,0,-3.3,7.69,USD,USD,10.99,2027-03-01T03:25:14Z,2027-03-02T03:25:14Z
`,
	// More is taken back than anybody has.
	"diamond_adjustments-zz.csv": `adjustment_id,creator_id,diamonds,reason,reference_id,approved_by,adjusted_at
below,c_below,-90000000,clawback,x,creator-care,2026-10-15T00:00:00Z
`,
	"creators-zz.csv": `creator_id,display_name,country,region,currency,payout_method,valid_from
c_below,Below Zero,US,NA,USD,bank,2026-01-01T00:00:00Z
`,
}

func TestBadRowsAreNamed(t *testing.T) {
	s, _ := trial.Made(t, fixtures.Options{Period: "2026-10", Gifts: 300, Viewers: 100, Creators: 20, Seed: 11, Files: fixtures.FilesMonth}, "none")
	inbox := filepath.Join(s.Config.Dir, "inbox")
	for name, text := range badFiles {
		if err := os.WriteFile(filepath.Join(inbox, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	// Ranges that overlap are refused with both lines, and so is a file in which
	// too much is wrong: nothing of them is in the month.
	refused := map[string]string{
		"conversion_rates-zz.csv": `scope,scope_id,diamonds_per_coin,diamond_value,coin_value,platform_share,currency,rounding,valid_from,valid_to
tier,gold,0.5,0.01,0.01,0.5,USD,floor,2026-10-05T00:00:00Z,2026-10-20T00:00:00Z
tier,gold,0.6,0.01,0.01,0.4,USD,floor,2026-10-10T00:00:00Z,2026-10-25T00:00:00Z
`,
		"coin_purchases-zzz.csv": `purchase_id,kind,original_purchase_id,viewer_id,channel,sku,coins,currency,gross_amount,purchased_at
nameless,refund,,v_once,web,coins_70,70,USD,0.74,2026-10-08T00:00:00Z
`,
	}
	for name, text := range refused {
		if err := os.WriteFile(filepath.Join(inbox, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	_, err := ingest.Files(t.Context(), ingest.Options{Setting: s})
	for _, want := range []string{
		"conversion_rates-zz.csv:3: its range [2026-10-10T00:00:00Z, 2026-10-25T00:00:00Z) overlaps that of conversion_rates-zz.csv:2, [2026-10-05T00:00:00Z, 2026-10-20T00:00:00Z), for the same key",
		`coin_purchases-zzz.csv:2: original_purchase_id: "" is missing, expected the purchase that a refund goes back to`,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ingest says %v, not %q", err, want)
		}
	}
	for name := range refused {
		if err := os.Remove(filepath.Join(inbox, name)); err != nil {
			t.Fatal(err)
		}
	}

	october := reconciledMonth(t, s, "2026-10", []string{
		// The accounts were fed without these; none was fed in dinars, so those are compared with nothing.
		"contract_liability fed_balance account contract_liability/web/USD -999999999999.999999 USD",
		"contract_liability fed_balance account deferred_store_fee/web/USD -30000000000 USD",
		"not_compared balance control coin_rollforward/viewers  things",
		"not_compared balance control contract_liability/contract_liability  things",
		"not_compared balance control contract_liability/deferred_store_fee  things",
		"not_compared balance control creator_payable_rollforward/creators  things",
		"not_compared balance control diamond_rollforward/creators  things",
		"creator_wallet overdrawn creator c_ghost -5000 diamonds",
		"package_price price purchase dinar 999999999999.772999 KWD",
		"package_price price purchase edge 999999999999.259999 USD",
		"purchase_settlement missing_in_settlement purchase dinar -999999999999.999999 KWD",
		"purchase_settlement missing_in_settlement purchase edge -999999999999.999999 USD",
		"purchase_settlement missing_in_settlement purchase first 0.74 USD",
		"purchase_settlement missing_in_settlement purchase lost 0.74 USD",
		"purchase_settlement missing_in_settlement purchase once -0.74 USD",
		"purchase_settlement missing_in_settlement purchase second 0.74 USD",
		"refund_reversal no_original purchase lost 70 coins",
		"refund_reversal above_original purchase second 70 coins",
		"tax_payable stated purchase dinar 0.000001 KWD", // the generated rule of the web is zero there
		"withholding no_creator payout ghost -1 terms",
	})
	if below := october["payable main USD creator c_below"]; below == nil || below.closingQuantity.Int64() != -90_000_000 {
		t.Errorf("the creator below zero closes with %v", below)
	}
	if web := october["liability main KWD channel web"]; web == nil || web.closingAmount.Cmp(big.NewInt(999_999_999_999_999_998)) < 0 {
		t.Errorf("what is owed for coins in dinars closes with %v", web)
	}

	// A month in which nothing was is one all the same, with the report of a
	// month to come behind it; after that there is none.
	november := reconciledMonth(t, s, "2026-11", nil)
	heldIdentities(t, "2026-11", october, november)
	for key, r := range november {
		if r.openingQuantity.Cmp(&r.closingQuantity) != 0 {
			t.Errorf("%s moved in a month without rows: %s to %s", key, &r.openingQuantity, &r.closingQuantity)
		}
	}
	march := reconciledMonth(t, s, "2027-03", nil)
	if len(march) == 0 || !slices.Contains(foundAll(t, s, "2027-03"), " purchase_settlement missing_in_ledger settlement early 10.99 USD") {
		t.Errorf("the report is not held against the orders of its month: %q", foundAll(t, s, "2027-03"))
	}
	_, err = reconcile.Run(t.Context(), reconcile.Options{Setting: s, SQL: sql.Files, Period: "2027-04"})
	if err == nil || err.Error() != "reconcile 2027-04: no row lies in that month, but in 2026-10, 2027-03; did you mean 2027-03?" {
		t.Errorf("a month after the last says %v", err)
	}
}

// reconciledMonth reconciles a month and gives its roll-forwards, which add up.
// With a list, exactly those exceptions are found.
func reconciledMonth(t *testing.T, s books.Setting, period pipeline.Period, want []string) map[string]*rolled {
	t.Helper()
	if _, err := reconcile.Run(t.Context(), reconcile.Options{Setting: s, SQL: sql.Files, Period: period}); err != nil {
		t.Fatal(err)
	}
	if want != nil {
		var list []string
		for _, w := range want {
			list = append(list, " "+w) // of no month: each is looked at by itself
		}
		foundExactly(t, s, period, list)
	}
	now := published(t, s, period)
	heldIdentities(t, period, nil, now)
	return now
}
