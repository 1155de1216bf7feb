package apple

import (
	"time"

	"carat/pipeline/feed/published"
)

// noteOpening says of a fiscal month that began before the books what must be fed beside it:
// it holds sales of days of which there are no orders, and a payment for them.
func noteOpening(r *published.Report, from, to int64) {
	first, c := r.Settings.FirstPeriod, r.Settings.Calendar
	if first == "" || !c.Contains(from) || !c.Contains(to) || c.Month(from) >= first || c.Month(to) < first {
		return
	}
	r.Note("it covers days from %s on, and the first month is %s: what Apple owed for the days before is an opening, else it stays open; feed it in balances, of kind account, store_receivable/apple",
		time.UnixMicro(from).In(published.Pacific()).Format(time.DateOnly), first)
}
