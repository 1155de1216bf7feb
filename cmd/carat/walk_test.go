package main

import (
	"fmt"
	"testing"
)

// truths are what the closed month of docs/walk.md must have in common with the same
// month in carat's own columns: what the generator made its truth of.
var truths = map[string]string{
	"the trial balance": `select account, currency, closing - opening as moved, debit, credit, functional_debit, functional_credit from trial_balances order by all`,
	"viewers' wallets":  `select * exclude (run_id) from viewer_balances order by all`,
	"creators' wallets": `select * exclude (run_id) from creator_balances order by all`,
	"revenue":           `select * exclude (run_id) from revenue_bridge order by all`,
	"statements":        `select * exclude (run_id) from statement_summaries order by all`,
	"settlement":        `select channel, currency, sum(net_amount) as net from settlement_lines group by all order by all`,
	"the bank":          `select currency, sum(amount) as received, count(*) filter (amount <> 0) as lines from bank_lines group by all order by all`,
	"exceptions":        `select count(*) as n from exceptions where control <> 'not_compared'`,
	"rejects":           `select count(*) as n from rejects where code <> 'key_conflict'`,
}

// docs/walk.md works as it stands, from an empty folder to a closed month, without a
// file of the month edited by hand; and what it closes is what the exports were made of.
func TestWalkOfYourOwnMonth(t *testing.T) {
	w := &walk{dir: t.TempDir(), state: t.TempDir()}
	for _, b := range blocksOf(t, "../../docs/walk.md") {
		if b.language != "sh" {
			t.Fatalf("docs/walk.md:%d: a block of %q, which nobody runs", b.line, b.language)
		}
		if printed := w.shell(t, b.text); b.expects && !asExpected(b.expected, printed) {
			t.Fatalf("docs/walk.md:%d printed\n%s\nthe document says\n%s", b.line, printed, b.expected)
		}
	}
	w.shell(t, `carat generate --style own --fresh --files month --out ../plain --period 2026-02 --zone America/Los_Angeles --gifts 300 --viewers 30 --creators 6 --seed 3
carat run --dir ../plain --period 2026-02 --user ann
test "$(cat ../plain/truth.json)" = "[]"
carat status | grep '^2026-02 .* closed '
`)
	for name, query := range truths {
		t.Run(name, func(t *testing.T) {
			ask := func(dir string) string {
				return w.shell(t, fmt.Sprintf("carat query --dir %s --period 2026-02 --format csv %q\n", dir, query))
			}
			if got, want := ask("."), ask("../plain"); got != want || len(got) < 4 {
				t.Errorf("the exports come to\n%s\nthe truth is\n%s", got, want)
			}
		})
	}
}
