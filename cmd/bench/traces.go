package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"
)

const goalTrace = time.Second

// traces measures how long it takes to trace one thing among all gifts.
func (b *bench) traces(ctx context.Context, month, gifts string) error {
	line := "select concat_ws('/', period, creator_id, entity, currency, line_no) as id from statement_lines where section = 'earned' and reason = 'gift' order by "
	subjects := []struct{ name, id string }{
		{"a line of about forty gifts", line + "abs(count - 40), id limit 1"},
		{"the line of most gifts", line + "count desc, id limit 1"},
		{"a gift", "select event_id from gift_events where kind = 'gift' and accounting_month = '2026-10' and sent_at >= timestamptz '2026-10-20T00:00:00Z' order by event_id limit 1"},
		{"a purchase", "select purchase_id from coin_purchases where kind = 'purchase' order by purchase_id desc limit 1"},
		{"a payout", "select payout_id from payouts where status = 'paid' order by payout_id desc limit 1"},
		{"a journal entry", "select entry_id from journal_lines order by entry_id limit 1"},
		{"a line near the gift file's end", fmt.Sprintf("%s:%d", filepath.Base(gifts), b.gifts*9/10)},
	}
	fmt.Println()
	row("trace, seconds", "carat", "goal", "")
	for _, s := range subjects {
		id := s.id
		if strings.HasPrefix(id, "select ") {
			u, err := measure(ctx, b.carat, "query", "--dir", month, "--period", "2026-10", "--format", "csv", id)
			if err != nil {
				return err
			}
			rows := strings.Fields(u.stdout) // a header and the id
			if len(rows) != 2 {
				return fmt.Errorf("%s: %q", s.id, u.stdout)
			}
			id = rows[1]
		}
		var runs []usage
		for range b.runs {
			u, err := measure(ctx, b.carat, "trace", "--dir", month, id)
			if err != nil {
				return err
			}
			runs = append(runs, u)
		}
		row("  "+s.name, seconds(median(runs).wall), "at most "+seconds(goalTrace), "")
	}
	return nil
}
