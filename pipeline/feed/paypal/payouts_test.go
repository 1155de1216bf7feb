package paypal_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"carat/pipeline"
	"carat/pipeline/feed"
	"carat/pipeline/feed/feedtest"
	"carat/pipeline/feed/paypal"
)

// payoutItem is an item of a batch in dollars.
func payoutItem(n int, status, amount, more string) string {
	return fmt.Sprintf(`{"payout_item_id":"ITEM%d","transaction_id":"TX%d","transaction_status":"%s","payout_item_fee":{"currency":"USD","value":"0.25"},`+
		`"payout_batch_id":"BATCH1","payout_item":{"recipient_type":"EMAIL","amount":{"currency":"USD","value":"%s"},"receiver":"a@example.com","sender_item_id":"po-%d"},`+
		`"time_processed":"2026-10-05T21:22:59Z"%s,"links":[{"href":"x"}]}`, n, n, status, amount, n, more)
}

func payoutBatchText(amount string, total int, items ...string) string {
	return fmt.Sprintf("{\"total_items\":%d,\"total_pages\":1,\n\"batch_header\":{\"payout_batch_id\":\"BATCH1\",\"batch_status\":\"SUCCESS\",\"amount\":{\"currency\":\"USD\",\"value\":\"%s\"},\"fees\":{\"currency\":\"USD\",\"value\":\"1\"}},\n\"items\":[\n%s]}\n",
		total, amount, strings.Join(items, ",\n"))
}

var payoutItems = []string{payoutItem(1, "SUCCESS", "10.50", ""), payoutItem(2, "FAILED", "3", ""), payoutItem(3, "RETURNED", "2", ""), payoutItem(4, "UNCLAIMED", "1.25", ""),
	strings.ReplaceAll(payoutItem(5, "SUCCESS", "4", ""), `"payout_item_fee":{"currency":"USD"`, `"payout_item_fee":{"currency":"EUR"`)}

func TestPayPalPayouts(t *testing.T) {
	good := payoutBatchText("20.75", 5, payoutItems...)
	pages := payoutBatchText("20.75", 5, payoutItems[:2]...) + payoutBatchText("20.75", 5, payoutItems[2:]...)
	want := []string{"paypal po-1 TX1 10.5 USD paid 2026-10-05", "paypal po-2 TX2 3 USD failed 2026-10-05", "paypal po-3 TX3 2 USD returned 2026-10-05", "paypal po-5 TX5 4 USD paid 2026-10-05"}
	notes := []string{"fees in another currency than the payment are not read", "left out: 1 items that are not final (UNCLAIMED): fetch the result again later"}
	var ids []string
	for name, text := range map[string]string{"one": good, "two pages": pages, "an array of pages": "[" + strings.Replace(pages, "]}\n{", "]},{", 1) + "]"} {
		out := feedtest.Read[pipeline.ProviderPayment](t, "result.json", []byte(text), nil)
		if out.Err != nil {
			t.Errorf("%s: %v", name, out.Err)
			continue
		}
		var got, keys []string
		for _, r := range out.Rows {
			got, keys = append(got, feedtest.PaymentText(r)), append(keys, r.LineID)
			if r.ReportID != "BATCH1" || (r.FeeAmount == nil) != (r.PayoutID == "po-5") {
				t.Errorf("%s: %+v", name, r)
			}
		}
		if !slices.Equal(got, want) || !slices.Equal(out.Report.Notes, notes) || out.Report.Format.Name != "paypal-payouts" {
			t.Errorf("%s: %s %q %q", name, out.Report.Format, got, out.Report.Notes)
		}
		if ids != nil && !slices.Equal(ids, keys) {
			t.Errorf("%s: other keys", name)
		}
		ids = keys
	}
	single := feedtest.Read[pipeline.ProviderPayment](t, "item.json", []byte(payoutItems[0]), nil)
	if single.Err != nil || len(single.Rows) != 1 || single.Rows[0].LineID != ids[0] || len(single.Report.Notes) != 1 {
		t.Errorf("a single item: %v %+v", single.Err, single.Rows)
	}
	bad := feedtest.Read[pipeline.ProviderPayment](t, "result.json", []byte(payoutBatchText("1", 2, payoutItem(1, "ODD", "1", ""), payoutItem(2, "SUCCESS", "x", ""))), func(o *feed.Options) { o.MaxRejectShare = 1_000_000_000 })
	rejects := []string{`result.json:4 status unknown_value "ODD": expected a transaction_status of PayPal's Payouts API`, `result.json:5 amount not_a_number "x": expected a decimal with a point and at most 6 places, at least 0`}
	if bad.Err != nil || !slices.Equal(feedtest.Texts(bad.Rejects), rejects) {
		t.Errorf("%v %q", bad.Err, feedtest.Texts(bad.Rejects))
	}
	for name, c := range map[string]struct{ text, want string }{
		"a lost item":    {payoutBatchText("20.75", 5, payoutItems[:4]...), `:1: the batch's own count (total_items) doesn't match its items: expected 5, found 4; fetch all pages of the batch as one file, an array of the answers as they came`},
		"another sum":    {payoutBatchText("20.76", 5, payoutItems...), `:1: the batch's own total (batch_header.amount) doesn't match its items: expected 20.76, added up 20.75, difference -0.01; fetch all pages of the batch as one file, an array of the answers as they came`},
		"pages differ":   {payoutBatchText("20.75", 5, payoutItems[:2]...) + payoutBatchText("21.75", 5, payoutItems[2:]...), `:6: two pages of one batch that say different totals; fetch all pages again, one after the other`},
		"cut":            {good[:len(good)-20], `:8: broken JSON; fetch the result again`},
		"more behind":    {good + "x", `:9: broken JSON; fetch the result again`},
		"not UTF-8":      {strings.Replace(good, "po-3", "po-\xFF", 1), fmt.Sprintf(":6: not UTF-8: byte 0xFF at offset %d; have it written as UTF-8 where it is made, or say the encoding of a CSV in carat.yaml (layout, docs/formats.md)", strings.Index(good, "po-3")+3)},
		"an upload file": {"PAYOUT_SUMMARY,10.00,USD,1\nPAYOUT,a@example.com,10.00,USD,po-1\n", `:1: a file that asks PayPal for payouts (PAYOUT_SUMMARY): it says what was asked, not what was paid; fetch the batch's result from the API: GET /v1/payments/payouts/{id}`},
	} {
		out := feedtest.Read[pipeline.ProviderPayment](t, "r.json", []byte(c.text), nil)
		if out.Err == nil || out.Err.Error() != "read r.json"+c.want || pipeline.KindOf(out.Err) != pipeline.KindBadInput {
			t.Errorf("%s:\n got %v\nwant read r.json%s", name, out.Err, c.want)
		}
	}
}

// Every status of the published description has a meaning here.
func TestPayPalPayoutStatuses(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(feedtest.SamplesFolder(t), "paypal-payouts", "paypal-specs", "payments_payouts_batch_v1.json"))
	if err != nil {
		t.Fatal(err)
	}
	var spec struct {
		Components struct {
			Schemas map[string]struct{ Enum []string }
		}
	}
	if err := json.Unmarshal(text, &spec); err != nil {
		t.Fatal(err)
	}
	statuses := spec.Components.Schemas["transaction_enum"].Enum
	if len(statuses) != 9 {
		t.Errorf("statuses %q", statuses)
	}
	for _, s := range statuses {
		if _, known := paypal.Statuses[s]; !known {
			t.Errorf("%s has no meaning", s)
		}
	}
	if paypal.IsPayouts(text[:min(len(text), 64<<10)], "") {
		t.Error("the description was taken for a result")
	}
}

func FuzzPayPalPayouts(f *testing.F) {
	feedtest.AddSamples(f, "paypal-payouts/*/*.json")
	f.Add([]byte(payoutBatchText("20.75", 5, payoutItems...)))
	f.Fuzz(func(t *testing.T, content []byte) {
		feedtest.CheckIdentity[pipeline.ProviderPayment](t, "provider_payments.json", append([]byte(`{"payout_item_id":"a"}`), content...))
	})
}
