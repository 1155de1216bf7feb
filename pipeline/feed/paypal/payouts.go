package paypal

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
	"carat/pipeline/feed/published"
)

// PayPal's result of a batch of payouts, as the API gives it: an object with
// batch_header and items, or several of them (the pages of a large batch) one
// after the other or in an array, or single items. Layout: PayPal's OpenAPI
// document of the Payouts API, payout_batch and payout_item.

// maxPayoutsBytes bounds a result, which is read whole: a batch has at most
// 15,000 items.
const maxPayoutsBytes = 64 << 20

// payPalStatuses are what a transaction status means to us. "" is not final:
// the money may still arrive or come back.
var payPalStatuses = map[string]string{
	"SUCCESS": "paid", "FAILED": "failed", "BLOCKED": "failed", "DENIED": "failed", "CANCELED": "failed",
	"RETURNED": "returned", "REFUNDED": "returned", "REVERSED": "returned",
	"PENDING": "", "UNCLAIMED": "", "ONHOLD": "", "NEW": "",
}

// isPayPalPayouts tells a result by the keys of its first object.
func isPayPalPayouts(head []byte, _ string) bool {
	s := lex.JSON{Data: head, Room: func(n int) []byte { return make([]byte, 0, n) }}
	if s.Peek() == '[' {
		s.Pos++
	}
	found, keys := false, 0
	_ = s.Object(func(key []byte) error { // a cut head is judged by what was seen
		found = found || string(key) == "batch_header" || string(key) == "payout_item_id" ||
			string(key) == "items" && bytes.Contains(head, []byte(`"payout_item_id"`))
		if keys++; found || keys > lex.MaxColumns {
			return lex.ErrEnough
		}
		return s.Skip(0)
	})
	return found
}

// isPayoutUpload tells the file that asks PayPal for payouts.
func isPayoutUpload(head []byte, _ string) bool {
	return bytes.HasPrefix(bytes.TrimLeft(head, "\" \t\r\n"), []byte("PAYOUT_SUMMARY"))
}

func readPayoutUpload(r *published.Report) error {
	return r.Refuse(1, "a file that asks PayPal for payouts (PAYOUT_SUMMARY): it says what was asked, not what was paid").
		WithHint("fetch the batch's result from the API: GET /v1/payments/payouts/{id}")
}

// payPalPayouts reads one result.
type payPalPayouts struct {
	*published.Report
	scan    lex.JSON
	line    int64
	counted int
	batches map[string]*payoutBatch
	order   []string
	ids     *published.RowIDs
}

// payoutBatch is what a batch says of itself, and what its items come to.
type payoutBatch struct {
	line             int64
	amount, currency string
	items            string // total_items; "" when the result doesn't say
	count            int64
	sum              *published.Money
	mixed            bool // items in another currency than the batch
	headed           bool
}

func readPayPalPayouts(r *published.Report) error {
	data, err := io.ReadAll(io.LimitReader(r.Text, maxPayoutsBytes+1))
	if err != nil {
		return r.Wrap(err)
	}
	if len(data) > maxPayoutsBytes {
		return r.Refuse(0, "a payouts result longer than %d MiB", maxPayoutsBytes>>20)
	}
	if !utf8.Valid(data) {
		return lex.NotUTF8(r.Name, data, 1, 0)
	}
	p := &payPalPayouts{Report: r, line: 1, batches: map[string]*payoutBatch{}, ids: published.NewRowIDs()}
	p.scan = lex.JSON{Data: data, Room: func(n int) []byte { return make([]byte, 0, n) }}
	for err == nil && p.scan.Peek() != 0 {
		if p.scan.Peek() == '[' {
			err = p.scan.Array(p.page)
		} else {
			err = p.page()
		}
	}
	if errors.Is(err, lex.ErrJSON) {
		return r.Refuse(p.at(), "broken JSON").WithHint("fetch the result again")
	}
	if err != nil {
		return err
	}
	return p.totals()
}

// at gives the line of the scanner's place.
func (p *payPalPayouts) at() int64 {
	end := min(p.scan.Pos, len(p.scan.Data))
	p.line += int64(bytes.Count(p.scan.Data[p.counted:end], lex.Newline))
	p.counted = end
	return p.line
}

// page reads one object: a batch with its items, or one item.
func (p *payPalPayouts) page() error {
	if p.scan.Peek() != '{' {
		return lex.ErrJSON
	}
	line := p.at()
	found := map[string]string{}
	var items [][2]int // where they begin, and their line
	err := p.scan.Object(func(key []byte) error {
		if string(key) != "items" {
			return p.flatten(string(key), found, 0)
		}
		return p.scan.Array(func() error {
			p.scan.Space()
			items = append(items, [2]int{p.scan.Pos, int(p.at())})
			return p.scan.Skip(0)
		})
	})
	if err != nil {
		return err
	}
	if found["payout_item_id"] != "" {
		return p.item(found, line)
	}
	b := p.batch(found["batch_header.payout_batch_id"], line)
	if amount := found["batch_header.amount.value"]; b.headed && (b.amount != amount || b.items != found["total_items"]) {
		return p.Refuse(line, "two pages of one batch that say different totals").WithHint("fetch all pages again, one after the other")
	}
	b.headed, b.items = true, found["total_items"]
	b.amount, b.currency = found["batch_header.amount.value"], found["batch_header.amount.currency"]
	for _, from := range items {
		one := payPalPayouts{scan: lex.JSON{Data: p.scan.Data, Pos: from[0], Room: p.scan.Room}}
		fields := map[string]string{}
		if err := one.flatten("", fields, 0); err != nil {
			return err
		}
		if fields["payout_batch_id"] == "" {
			fields["payout_batch_id"] = found["batch_header.payout_batch_id"]
		}
		if err := p.item(fields, int64(from[1])); err != nil {
			return err
		}
	}
	return nil
}

// flatten reads a value; the values of an object stand under path.key. Arrays
// are passed over: nothing that is needed is in one.
func (p *payPalPayouts) flatten(path string, into map[string]string, depth int) error {
	if depth > 8 || p.scan.Peek() == '[' {
		return p.scan.Skip(depth)
	}
	if p.scan.Peek() != '{' {
		v, err := p.scan.Value()
		if err == nil && len(into) < lex.MaxColumns {
			into[path] = strings.TrimSpace(string(v.Text))
		}
		return err
	}
	return p.scan.Object(func(key []byte) error {
		inner := string(key)
		if path != "" {
			inner = path + "." + inner
		}
		return p.flatten(inner, into, depth+1)
	})
}

func (p *payPalPayouts) batch(id string, line int64) *payoutBatch {
	b := p.batches[id]
	if b == nil {
		b = &payoutBatch{line: line, sum: new(published.Money)}
		p.batches[id] = b
		p.order = append(p.order, id)
	}
	return b
}

// item makes a payment of an item.
func (p *payPalPayouts) item(f map[string]string, line int64) error {
	b := p.batch(f["payout_batch_id"], line)
	amount, currency := f["payout_item.amount.value"], f["payout_item.amount.currency"]
	b.count++
	if v, err := published.ParseMoney(amount); err != nil {
		b.mixed = true // the row is rejected for it; the sum can't be proven
	} else {
		b.sum.Add(b.sum, v)
	}
	b.mixed = b.mixed || b.headed && currency != b.currency
	status, known := payPalStatuses[f["transaction_status"]]
	if !known {
		return p.Out.Reject(line, "status", pipeline.CodeUnknownValue, f["transaction_status"], "a transaction_status of PayPal's Payouts API")
	}
	if status == "" {
		p.Leave("items that are not final (" + f["transaction_status"] + "): fetch the result again later")
		return nil
	}
	if err := p.Out.Begin(line); err != nil {
		return err
	}
	p.Out.Set("line_id", p.ids.ID("paypal-payout", f["payout_item_id"], status))
	p.Out.Set("provider", "paypal")
	p.Out.Set("provider_reference", published.FirstOf(f["transaction_id"], f["payout_item_id"]))
	p.Out.Set("payout_id", f["payout_item.sender_item_id"])
	p.Out.Set("amount", amount)
	if fee := f["payout_item_fee.value"]; fee != "" {
		if f["payout_item_fee.currency"] == currency {
			p.Out.Set("fee_amount", fee)
		} else {
			p.Note("fees in another currency than the payment are not read")
		}
	}
	p.Out.Set("currency", currency)
	p.Out.Set("status", status)
	p.Out.Set("booked_at", f["time_processed"])
	p.Out.Set("report_id", f["payout_batch_id"])
	return p.Out.End()
}

// totals holds what the batches say of themselves against their items.
func (p *payPalPayouts) totals() error {
	for _, id := range p.order {
		b := p.batches[id]
		if !b.headed {
			p.Note("items without their batch: that none is missing can't be proven")
			continue
		}
		if b.items == "" && b.amount == "" {
			p.Note("a batch that doesn't say its totals: that no item is missing can't be proven")
			continue
		}
		if b.items != "" && b.items != strconv.FormatInt(b.count, 10) {
			return p.Refuse(b.line, "the batch's own count (total_items) doesn't match its items: expected %s, found %d", lex.Shown(b.items), b.count).
				WithHint("fetch all pages of the batch as one file, an array of the answers as they came")
		}
		if b.amount == "" || b.mixed {
			continue
		}
		want, err := published.ParseMoney(b.amount)
		if err != nil {
			return p.Refuse(b.line, "the batch's amount is %q: %w", lex.Cut80([]byte(b.amount)), err)
		}
		if want.Cmp(b.sum) != 0 {
			return p.Refuse(b.line, "the batch's own total (batch_header.amount) doesn't match its items: expected %s, added up %s, difference %s",
				published.MoneyText(want), published.MoneyText(b.sum), published.MoneyText(new(published.Money).Sub(b.sum, want))).WithHint("fetch all pages of the batch as one file, an array of the answers as they came")
		}
	}
	return nil
}
