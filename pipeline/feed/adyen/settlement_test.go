package adyen_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"carat/pipeline"
	"carat/pipeline/feed/feedtest"
)

const head = "Company Account,Merchant Account,Psp Reference,Merchant Reference,Payment Method,Creation Date,TimeZone,Type,Modification Reference,Gross Currency,Gross Debit (GC),Gross Credit (GC)," +
	"Exchange Rate,Net Currency,Net Debit (NC),Net Credit (NC),Commission (NC),Markup (NC),Scheme Fees (NC),Interchange (NC),Payment Method Variant,Modification Merchant Reference,Batch Number\n"

const report = head +
	"Co,Live,P1,o-1,visa,2026-10-05 10:00:00,CEST,Settled,P1,EUR,,10.00,1,EUR,,9.50,,0.20,0.10,0.20,visa,,7\n" +
	"Co,Live,P1,o-1,visa,2026-10-06 10:00:00,CEST,Refunded,M1,EUR,4.00,,1,EUR,4.00,,,,,,visa,,7\n" +
	"Co,Live,P2,o-2,mc,2026-10-05 11:00:00,PDT,Settled,P2,USD,,20.00,0.9,EUR,,17.50,0.50,,,,mc,,7\n" +
	"Co,Live,P3,o-3,mc,2026-10-07 11:00:00,UTC,Chargeback,C3,EUR,5.00,,1,EUR,20.00,,,15.00,,,mc,,7\n" +
	"Co,Live,,,,2026-10-08 00:00:00,CEST,Fee,Transaction Fees October,EUR,,,,EUR,1.25,,,,,,,,7\n" +
	"Co,Live,,,,2026-10-08 00:00:00,CEST,MerchantPayout,TX123456789XT batch 7,EUR,,,,EUR,1.75,,,,,,,,7\n"

func lines(out feedtest.Outcome[pipeline.SettlementLine]) (texts []string) {
	for _, r := range out.Rows {
		text := fmt.Sprintf("%s %s %s %s/%s/%s %s", r.Kind, r.StoreTransactionID, time.UnixMicro(*r.TransactionAt).UTC().Format("01-02T15:04"),
			pipeline.Amount(r.GrossAmount), pipeline.Amount(*r.FeeAmount), pipeline.Amount(r.NetAmount), r.Currency)
		if r.CustomerAmount != nil {
			text += " paid " + pipeline.Amount(*r.CustomerAmount).String() + " " + r.CustomerCurrency
		}
		texts = append(texts, strings.TrimSpace(text+" "+r.BankReference))
	}
	return texts
}

func TestSettlementDetail(t *testing.T) {
	out := feedtest.Read[pipeline.SettlementLine](t, "settlement_detail_report_batch_7.csv", []byte(report), nil)
	want := []string{
		"sale P1 10-05T08:00 10/-0.5/9.5 EUR", "refund P1 10-06T08:00 -4/0/-4 EUR", "sale P2 10-05T18:00 18/-0.5/17.5 EUR paid 20 USD", "chargeback P3 10-07T11:00 -5/-15/-20 EUR",
		"fee  10-07T22:00 0/-1.25/-1.25 EUR", "payout  10-07T22:00 -1.75/0/-1.75 EUR TX123456789XT",
	}
	if got := lines(out); out.Err != nil || len(out.Rejects) > 0 || !slices.Equal(got, want) || out.Report.Format.String() != "adyen-settlement" {
		t.Errorf("%v %q\n%s\nwant\n%s", out.Err, feedtest.Texts(out.Rejects), strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	var sum int64
	ids := map[string]bool{}
	for _, r := range out.Rows {
		sum += r.NetAmount
		ids[r.LineID] = true
	}
	if sum != 0 || len(ids) != len(want) {
		t.Errorf("the batch comes to %d, with %d ids", sum, len(ids))
	}
	// Reordered columns, and one more, change no id.
	var turned []string
	for i, line := range strings.Split(strings.TrimSpace(report), "\n") {
		cells := strings.Split(line, ",")
		slices.Reverse(cells)
		turned = append(turned, map[bool]string{true: "Reserved1,", false: "x,"}[i == 0]+strings.Join(cells, ","))
	}
	again := feedtest.Read[pipeline.SettlementLine](t, "other.csv", []byte(strings.Join(turned, "\n")), nil)
	for _, r := range again.Rows {
		if !ids[r.LineID] {
			t.Errorf("line %d has another id", r.SourceLine)
		}
	}
	for bad, reject := range map[string]string{
		"Co,Live,P9,o,visa,2026-10-05 10:00:00,CEST,Settled,P9,EUR,,10.00,1,EUR,,9.00,,0.20,0.10,0.20,visa,,7\n": "net_amount not_balanced",
		"Co,Live,P9,o,visa,2026-10-05 10:00:00,CEST,Teleported,P9,EUR,,10.00,1,EUR,,10.00,,,,,visa,,7\n":         "kind unknown_value",
		"Co,Live,P9,o,visa,2026-10-05 10:00:00,XYZ,Settled,P9,EUR,,10.00,1,EUR,,10.00,,,,,visa,,7\n":             "transaction_at bad_time",
		"Co,Live,P9,o,visa,2026-10-05 10:00:00,CEST,Settled,P9,EUR,1.00,10.00,1,EUR,,10.00,,,,,visa,,7\n":        "gross_amount not_a_number",
		"Co,Live,P9,o,visa,2026-10-05 10:00:00,CEST,Settled,P9,EUR,,10.00,1,EUR,-1,,,,,,visa,,7\n":               "net_amount not_a_number",
		"Co,Live,P9,o,visa,2026-10-05 10:00:00,CEST,Settled,P9,EUR,10.00,,1,EUR,10.00,,,,,,visa,,7\n":            `gross_amount out_of_range "-10": expected an amount that is not below zero, of a line of type Settled`,
		"Co,Live,P9,o,visa,2026-10-05 10:00:00,CEST,Refunded,P9,EUR,,10.00,1,EUR,,10.00,,,,,visa,,7\n":           `gross_amount out_of_range "10": expected an amount that is not above zero, of a line of type Refunded`,
		"Co,Live,P9,o,visa,2026-10-05 10:00:00,CEST,Chargeback,P9,EUR,,10.00,1,EUR,,10.00,,,,,visa,,7\n":         "gross_amount out_of_range",
	} {
		out := feedtest.Read[pipeline.SettlementLine](t, "a.csv", []byte(head+bad), nil)
		if out.Err != nil || len(out.Rejects) != 1 || !strings.Contains(feedtest.RejectText(out.Rejects[0]), reject) {
			t.Errorf("%s: %v %q", reject, out.Err, feedtest.Texts(out.Rejects))
		}
	}
}

// Types that Adyen writes beside the common ones have their kinds too.
func TestFurtherTypes(t *testing.T) {
	for kind, types := range map[string]string{"sale": "SettledInInstallments SettledExternallyWithInfo", "refund": "SettledReversed RefundedInInstallment", "chargeback": "ChargebackExternallyWithInfo"} {
		for _, name := range strings.Fields(types) {
			amounts := "EUR,,10.00,1,EUR,,10.00"
			if kind != "sale" {
				amounts = "EUR,10.00,,1,EUR,10.00,"
			}
			out := feedtest.Read[pipeline.SettlementLine](t, "a.csv", []byte(head+"Co,Live,P9,o,visa,2026-10-05 10:00:00,CEST,"+name+",P9,"+amounts+",,,,,visa,,7\n"), nil)
			if out.Err != nil || len(out.Rows) != 1 || out.Rows[0].Kind != kind {
				t.Errorf("%s: %v %q", name, out.Err, feedtest.Texts(out.Rejects))
			}
		}
	}
}

func FuzzAdyenSettlement(f *testing.F) {
	feedtest.FuzzReport[pipeline.SettlementLine](f, "adyen-settlement", nil, report)
}

// An hour that comes twice is told where a zone is named, and the earlier is meant; an
// abbreviation says which it is. A time that no clock of the zone shows is rejected.
func TestSettlementInTheHourThatComesTwice(t *testing.T) {
	row := func(at, zone string) string {
		return "Co,Live,P1,o-1,visa," + at + "," + zone + ",Settled,P1,EUR,,10.00,1,EUR,,9.50,,0.20,0.10,0.20,visa,,7\n"
	}
	for _, c := range []struct{ at, zone, want, note string }{
		{"2026-10-25 02:30:00", "Europe/Amsterdam", "2026-10-25T00:30:00Z", "1 times, the first 2026-10-25T02:30:00, come twice in Europe/Amsterdam"},
		{"2026-10-25 02:30:00", "CEST", "2026-10-25T00:30:00Z", ""},
		{"2026-10-25 02:30:00", "CET", "2026-10-25T01:30:00Z", ""},
		{"2026-11-01 01:30:00", "America/Los_Angeles", "2026-11-01T08:30:00Z", "1 times, the first 2026-11-01T01:30:00, come twice in America/Los_Angeles"},
		{"2026-11-01 01:30:00", "PST", "2026-11-01T09:30:00Z", ""},
		{"2026-10-25 03:30:00", "Europe/Amsterdam", "2026-10-25T02:30:00Z", ""},
		{"2026-03-29 02:30:00", "Europe/Amsterdam", "", ""},
	} {
		// A second line, so that one that is rejected isn't all of the file.
		text := head + row(c.at, c.zone) + strings.Repeat(row("2026-10-05 10:00:00", "Europe/Amsterdam"), 120)
		out := feedtest.Read[pipeline.SettlementLine](t, "settlement_detail_report_batch_7.csv", []byte(text), nil)
		note := strings.Join(out.Report.Notes, " ")
		switch {
		case out.Err != nil:
			t.Errorf("%s %s: %v", c.at, c.zone, out.Err)
		case c.want == "" && len(out.Rejects) != 1, c.want != "" && len(out.Rejects) != 0:
			t.Errorf("%s %s: rejected %q", c.at, c.zone, feedtest.Texts(out.Rejects))
		case c.want != "" && time.UnixMicro(*out.Rows[0].TransactionAt).UTC().Format(time.RFC3339) != c.want:
			t.Errorf("%s %s is read as %s", c.at, c.zone, time.UnixMicro(*out.Rows[0].TransactionAt).UTC().Format(time.RFC3339))
		case c.note == "" && strings.Contains(note, "come twice"), !strings.Contains(note, c.note):
			t.Errorf("%s %s: told %q", c.at, c.zone, note)
		}
	}
}
