package google_test

import (
	"strings"
	"testing"

	"carat/pipeline"
	"carat/pipeline/feed"
	"carat/pipeline/feed/feedtest"
)

// The ids of lines are those that lakes have of reports with the header of 2022,
// and no other header changes them.
func TestGoogleLineIDs(t *testing.T) {
	earnings := feedtest.ReportFile(t, "google-earnings.csv")
	ids := []string{
		"google-20261001-e8661d83f7ca0dc49ac70a8c9a119ab0",
		"google-20261001-6ee7f54aceac680ef2bd25d978e7c7af",
		"google-20261101-96ef695ab53cb3414727ea7dd74b86ec",
		"google-20261101-2f44c378b73d7bebab9597b8607b43fd",
		"google-20261101-ff251af5a6ee3325b04071c4bca6bbb8",
		"google-20261101-82e9f67901cf143a8e7bcc4108c3d5c5",
		"google-20261101-8b98bf8f95966a5f15e62aa1910f95ce",
		"google-20261102-f95c179d29853132613274080b139f7c",
	}
	feedtest.CheckSameIDs(t, earnings, ",", 0, ids, map[string]string{
		"Product id": "Package ID", "Sku Id": "SKU ID", "Buyer Postal Code": "Buyer Postcode", "Hardware": "Device", "Transaction Type": "transaction  type",
	})
	for name, text := range map[string]string{
		"other spellings": strings.NewReplacer(`"Oct 1, 2026",3:11:51 AM PDT`, "2026-10-01,10:11:51 UTC", ",Google fee,", ",Google Fee,", "1:30:00 AM PDT", "01:30:00 AM PDT").Replace(earnings),
		"an older header": strings.Replace(strings.ReplaceAll(earnings, ",,\n", "\n"), ",Base Plan ID,Offer ID", "", 1),
	} {
		if got := feedtest.LineIDs(t, text); strings.Join(got, " ") != strings.Join(ids, " ") {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// A column of the ids that may have got a new name is told.
func TestGoogleNewName(t *testing.T) {
	earnings := feedtest.ReportFile(t, "google-earnings.csv")
	for header, want := range map[string]string{
		"Gadget":                   "r.csv:1: the header has Gadget, which carat doesn't know, and not hardware: if that is a new name, lines fetched before under the old one are not recognised as the same",
		"Hardware,Service Fee %":   "",
		"Hardware,Something Newer": "",
	} {
		text := strings.Replace(earnings, "Hardware", header, 1)
		if strings.Contains(header, ",") {
			text = strings.ReplaceAll(text, ",a71x,", ",a71x,15,")
		}
		out := feedtest.Read[pipeline.SettlementLine](t, "r.csv", []byte(text), nil)
		want = strings.TrimSpace(want + " 2 amounts have more decimals than their currency has, the first 1.069 USD on line 2")
		if got := strings.Join(out.Report.Notes, " "); out.Err != nil || len(out.Rejects) > 0 || got != want {
			t.Errorf("%s: %q, %q, %v", header, got, feedtest.Texts(out.Rejects), out.Err)
		}
	}
}

// A transaction type that carat doesn't know is read as the configuration says.
func TestGoogleKinds(t *testing.T) {
	text := strings.Replace(feedtest.ReportFile(t, "google-earnings.csv"), ",Google fee,", ",Direct carrier billing fee,", 1)
	out := feedtest.Read[pipeline.SettlementLine](t, "r.csv", []byte(text), func(o *feed.Options) {
		o.Kinds = map[string]string{"Direct carrier billing fee": "fee"}
	})
	if out.Err != nil || len(out.Rejects) > 0 || out.Rows[1].Kind != "fee" || *out.Rows[1].FeeAmount != -320_000 || out.Rows[1].GrossAmount != 0 {
		t.Errorf("%v %q %+v", out.Err, feedtest.Texts(out.Rejects), out.Rows)
	}
}
