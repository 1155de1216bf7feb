package ask_test

import (
	"maps"
	"slices"
	"testing"

	"carat/jobs/ask"
	"carat/jobs/internal/trial"
	"carat/jobs/reconcile"
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

// So it is of the gifts, adjustments and balances that a statement line names: a
// reversal with its original and none of the gift's others, the adjustment itself
// and not what refers to it, and of the balances those that the month opens with.
func TestTraceOfALineShowsWhatEvidenceShows(t *testing.T) {
	files := maps.Clone(trial.SmallMonth)
	delete(files, "gift_events-2.csv")
	files["gift_events.csv"] = "event_id,kind,original_event_id,sent_at,stream_id,viewer_id,creator_id,gift_id,quantity,coins,diamonds\n" +
		"g1,gift,,2026-10-05T10:00:00Z,s1,v1,c1,5655,100,100,50\nr1,reversal,g1,2026-10-05T11:00:00Z,s1,v1,c1,5655,40,40,20\n" +
		"r2,reversal,g1,2026-10-05T12:00:00Z,s1,v1,c1,5655,10,10,5\ng2,gift,,2026-10-06T10:00:00Z,s1,v1,c1,5655,1,1,0\n"
	files["diamond_adjustments.csv"] = "adjustment_id,creator_id,diamonds,reason,reference_id,approved_by,adjusted_at\n" +
		"a1,c1,7,bonus,,ann,2026-10-08T10:00:00Z\na2,c1,-2,correction,a1,ann,2026-10-09T10:00:00Z\n"
	files["balances.csv"] = "subject_kind,subject_id,currency,as_of,diamonds\n" +
		"creator,c1,USD,2026-10-01T00:00:00Z,100\ncreator,c1,USD,2026-11-01T00:00:00Z,130\nviewer,c1,,2026-10-01T00:00:00Z,\n"
	s := trial.Folder(t, "feeds: {}\nfirst_period: 2026-10\nmax_reject_share: 0.5\n", files)
	trial.Ingest(t, s)
	if _, err := reconcile.Run(t.Context(), reconcile.Options{Setting: s, SQL: sql.Files, Period: "2026-10"}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		lines string // of the statement, by what they are about
		kind  []string
		want  []string
	}{
		{"section = 'earned' and reference_id = 'r1'", []string{"gift", "reversal"}, []string{"g1", "r1"}},
		{"section = 'adjusted' and reference_id = 'a1'", []string{"adjustment"}, []string{"a1"}},
		{"section = 'opening'", []string{"balance"}, []string{"creator c1 main USD 2026-10-01T00:00:00Z"}},
	} {
		line, err := trial.Query(t.Context(), ask.QueryOptions{Setting: s, Query: "select concat_ws('/', period, creator_id, entity, currency, line_no) from statement_lines where " + c.lines})
		if err != nil || len(line.Rows) != 1 {
			t.Fatalf("%s: %v %v", c.lines, line.Rows, err)
		}
		roots, err := ask.Trace(t.Context(), ask.TraceOptions{Setting: s, SQL: sql.Files, IDs: []string{line.Rows[0][0].(string)}})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, n := range roots[0].Children {
			if slices.Contains(c.kind, n.Kind) {
				got = append(got, n.ID)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s shows %q, want %q", c.lines, got, c.want)
		}
	}
	// and of a gift what undoes it, in the order of the file
	roots, err := ask.Trace(t.Context(), ask.TraceOptions{Setting: s, SQL: sql.Files, IDs: []string{"g1", "r2"}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, heading := range []string{"undone by", "undoes"} {
		for _, head := range nodes(roots, heading) {
			for _, n := range head.Children {
				got = append(got, heading+" "+n.ID)
			}
		}
	}
	slices.Sort(got)
	if want := []string{"undoes g1", "undone by r1", "undone by r2"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
