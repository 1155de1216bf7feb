package statement_test

import (
	"strings"
	"testing"

	"carat/pipeline"
)

// A month in which a gift of before was taken back, and nothing else was, says so with
// its event: it doesn't say that nothing was deducted.
func TestStatementOfAGiftTakenBackAlone(t *testing.T) {
	d := newDraft(t, "USD")
	d.opening(300, "2.4")
	d.line(pipeline.StatementLine{Section: "earned", Reason: "reversal", GiftID: "g_Rose", Label: "Rose", EventAt: at(t, "2026-10-05T10:00:00Z"),
		Count: ptr[int64](-10), Coins: ptr[int64](-1000), Diamonds: ptr[int64](-500), DiamondsPerCoin: rate(t, "0.5"), Rate: rate(t, "0.006"),
		RateFrom: at(t, "2026-01-01T00:00:00Z"), Amount: amount(t, "-3"), ReferenceID: "RG8", OriginalEventID: "G8", PriorPeriod: true})
	s := d.close("0", "0", "0", "0")
	page := rendered(t, s, (*renderer).HTML)
	b, err := new(renderer).PDF(s)
	if err != nil {
		t.Fatal(err)
	}
	paper, err := pdfText(program(t, "pdftotext"), b, "-layout")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"page": page, "paper": paper} {
		for _, want := range []string{"G8", "Gifts taken back. They were undone after they were sent"} {
			if !strings.Contains(strings.Join(strings.Fields(text), " "), want) {
				t.Errorf("the %s does not say %q", name, want)
			}
		}
		if strings.Contains(text, "Nothing was deducted") {
			t.Errorf("the %s says that nothing was deducted", name)
		}
	}
}
