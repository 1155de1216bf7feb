package paypal_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"carat/pipeline"
	"carat/pipeline/feed/feedtest"
)

const activityHead = "\ufeff\"Date\",\"Time\",\"TimeZone\",\"Name\",\"Type\",\"Status\",\"Currency\",\"Gross\",\"Fee\",\"Net\",\"From Email Address\",\"Transaction ID\",\"Reference Txn ID\",\"Balance\"\n"

func activityLine(date, when, zone, kind, status, gross, fee, net, id, ref string) string {
	return fmt.Sprintf("%q,%q,%q,\"n\",%q,%q,\"USD\",%q,%q,%q,\"\",%q,%q,\"\"\n", date, when, zone, kind, status, gross, fee, net, id, ref)
}

var activityFile = activityHead +
	activityLine("10/02/2026", "23:00:00", "PDT", "Website Payment", "Completed", "1,250.00", "-40.00", "1,210.00", "T1", "") +
	activityLine("10/20/2026", "08:00:00", "PDT", "Payment Refund", "Completed", "-50.00", "1.50", "-48.50", "T2", "T1") +
	activityLine("10/20/2026", "08:01:00", "PDT", "Website Payment", "Pending", "9.00", "0.00", "9.00", "T3", "") +
	activityLine("10/21/2026", "09:00:00", "PST", "General Withdrawal", "Completed", "-1,000.00", "0.00", "-1,000.00", "T4", "") +
	activityLine("10/22/2026", "09:00:00", "Europe/Berlin", "Express Checkout Payment", "Completed", "-5.00", "0.00", "-5.00", "T5", "")

func TestActivity(t *testing.T) {
	out := feedtest.Read[pipeline.SettlementLine](t, "Download.CSV", []byte(activityFile), nil)
	var got []string
	for _, r := range out.Rows {
		got = append(got, strings.TrimSpace(fmt.Sprintf("%d %s %s %s %s/%s/%s %s", r.SourceLine, r.Kind, r.StoreTransactionID, time.UnixMicro(*r.TransactionAt).UTC().Format(time.RFC3339),
			pipeline.Amount(r.GrossAmount), pipeline.Amount(*r.FeeAmount), pipeline.Amount(r.NetAmount), r.BankReference)))
	}
	want := []string{"2 sale T1 2026-10-03T06:00:00Z 1250/-40/1210", "3 refund T1 2026-10-20T15:00:00Z -50/1.5/-48.5", "5 payout  2026-10-21T17:00:00Z -1000/0/-1000 T4", "6 adjustment T5 2026-10-22T07:00:00Z -5/0/-5"}
	if out.Err != nil || len(out.Rejects) > 0 || !slices.Equal(got, want) || out.Report.Format.String() != "paypal-activity" {
		t.Errorf("%v %q %s\n%s\nwant\n%s", out.Err, feedtest.Texts(out.Rejects), out.Report.Format, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if !slices.Contains(out.Report.Notes, "left out: 1 events whose status is Pending") {
		t.Errorf("%q", out.Report.Notes)
	}
	few := feedtest.Read[pipeline.SettlementLine](t, "d.csv", []byte(activityHead+activityLine("10/02/2026", "23:00:00", "PDT", "Website Payment", "Completed", "1", "0", "1", "T1", "")), nil)
	if few.Err == nil || !strings.Contains(few.Err.Error(), "day and month can't be told apart") {
		t.Errorf("%v", few.Err)
	}
	dotted := feedtest.Read[pipeline.SettlementLine](t, "d.csv", []byte(activityHead+activityLine("20.10.2026", "23:00:00", "CEST", "Website Payment", "Completed", "1", "0", "1", "T1", "")), nil)
	if dotted.Err == nil || !strings.Contains(dotted.Err.Error(), "its dates are written as 20.10.2026, and not as PayPal's download in English has them") {
		t.Errorf("%v", dotted.Err)
	}
	european := feedtest.Read[pipeline.SettlementLine](t, "d.csv", []byte(activityHead+activityLine("02/10/2026", "00:00:00", "GMT", "Website Payment", "Completed", "1", "0", "1", "T1", "")+
		activityLine("20/10/2026", "00:00:00", "BST", "Teleport", "Completed", "1", "0", "1", "T2", "")+activityLine("21/10/2026", "00:00:00", "BST", "Website Payment", "Completed", "1", "0", "2", "T3", "")+
		activityLine("21/10/2026", "00:00:00", "XX", "Website Payment", "Completed", "1", "0", "1", "T4", "")+activityLine("21/10/2026", "00:00:00", "BST", "Website Payment", "Completed", "1.000,00", "0", "1", "T5", "")), nil)
	if european.Err != nil || len(european.Rows) != 1 || time.UnixMicro(*european.Rows[0].TransactionAt).UTC().Month() != time.October || len(european.Rejects) != 4 {
		t.Errorf("%v %+v %q", european.Err, european.Rows, feedtest.Texts(european.Rejects))
	}
}

// An hour that comes twice is told where the zone has a name; an abbreviation says which
// it is.
func TestActivityInTheHourThatComesTwice(t *testing.T) {
	line := func(zone, id string) string {
		return activityLine("10/25/2026", "02:30:00", zone, "Website Payment", "Completed", "1", "0", "1", id, "")
	}
	out := feedtest.Read[pipeline.SettlementLine](t, "d.csv", []byte(activityHead+line("Europe/Berlin", "T1")+line("CET", "T2")+line("CEST", "T3")), nil)
	var got []string
	for _, r := range out.Rows {
		got = append(got, time.UnixMicro(*r.TransactionAt).UTC().Format(time.TimeOnly))
	}
	const note = "1 times, the first 2026-10-25T02:30:00, come twice in Europe/Berlin, when clocks go back: the earlier is meant; have the file written in UTC, or with the offset, if an hour matters"
	if out.Err != nil || !slices.Equal(got, []string{"00:30:00", "01:30:00", "00:30:00"}) || !slices.Contains(out.Report.Notes, note) {
		t.Errorf("%v %q %q", out.Err, got, out.Report.Notes)
	}
}

func FuzzPayPalActivity(f *testing.F) {
	feedtest.FuzzReport[pipeline.SettlementLine](f, "paypal-activity", nil, activityFile)
}
