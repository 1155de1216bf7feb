package ask_test

import (
	"maps"
	"slices"
	"testing"

	"carat/jobs/ask"
	"carat/jobs/internal/trial"
	"carat/sql"
)

// What belongs to a row is what the queries of evidence say: a payment that names a
// payout by the provider's reference alone, a refund's settlement under the order
// of its sale, and no line of another channel that has the same number.
func TestTraceShowsWhatEvidenceShows(t *testing.T) {
	files := maps.Clone(trial.SmallMonth)
	files["payouts.csv"] = "payout_id,creator_id,status,diamonds,currency,gross_amount,net_amount,method,provider_reference,requested_at,paid_at,updated_at\n" +
		"o1,c1,requested,10,USD,0.10,0.10,bank,,2026-10-09T10:00:00Z,,2026-10-09T10:00:00Z\n" +
		"o1,c1,paid,10,USD,0.10,0.10,bank,ref-1,2026-10-09T10:00:00Z,2026-10-10T10:00:00Z,2026-10-10T10:00:00Z\n"
	files["provider_payments.csv"] = "line_id,provider,provider_reference,payout_id,amount,currency,status,booked_at\n" +
		"l1,bank,ref-1,,0.10,USD,paid,2026-10-10T12:00:00Z\nl2,bank,ref-2,o2,0.10,USD,paid,2026-10-10T12:00:00Z\n"
	files["coin_purchases.csv"] = "purchase_id,kind,original_purchase_id,viewer_id,channel,store_transaction_id,sku,coins,currency,gross_amount,purchased_at\n" +
		"p1,purchase,,v1,web,t1,coins-1000,1000,USD,10.00,2026-10-02T10:00:00Z\np2,refund,p1,v1,web,,coins-1000,1000,USD,10.00,2026-10-03T10:00:00Z\n"
	files["settlement_lines.csv"] = "line_id,channel,report_id,store_transaction_id,kind,gross_amount,net_amount,currency,settled_at\n" +
		"s1,web,r1,t1,sale,10.00,10.00,USD,2026-10-05T10:00:00Z\ns2,web,r1,t1,refund,-10.00,-10.00,USD,2026-10-06T10:00:00Z\n" +
		"s3,apple,r2,t1,sale,7.00,7.00,USD,2026-10-06T10:00:00Z\n"
	s := trial.Folder(t, "feeds: {}\nfirst_period: 2026-10\nmax_reject_share: 0.5\n", files)
	trial.Ingest(t, s)
	for _, c := range []struct {
		id, heading string
		want        []string
	}{
		{"o1", "paid by", []string{"l1", "l1"}},             // of both versions
		{"l1", "pays", []string{"o1 2026-10-10T10:00:00Z"}}, // the version that bears the reference
		{"p1", "undone by", []string{"p2"}},
		{"p1", "settled by", []string{"s1", "s2"}},
		{"p2", "undoes", []string{"p1"}},
		{"p2", "settled by", []string{"s1", "s2"}},
		{"s2", "settles", []string{"p1"}},
		{"s3", "settles", nil},
		{"l2", "pays", nil},
	} {
		roots, err := ask.Trace(t.Context(), ask.TraceOptions{Setting: s, SQL: sql.Files, IDs: []string{c.id}})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, head := range nodes(roots, c.heading) {
			for _, n := range head.Children {
				got = append(got, n.ID)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s %s %v, want %v", c.id, c.heading, got, c.want)
		}
	}
}
