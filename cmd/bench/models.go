package main

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"carat/jobs/books"
	"carat/jobs/config"
	"carat/jobs/reconcile"
	"carat/pipeline"
	"carat/sql"
)

// goalBooks is what of a run's CPU the models of the books may take at most, in percent.
const goalBooks = "10"

// What the money on both sides of coins and diamonds takes: receivables, cash, tax,
// agencies, exchange differences, liability in time and the close. These folders and
// models are theirs alone; what they add to models of others can't be told apart.
var (
	bookFolders = []string{"ledger/agencies", "ledger/cash", "ledger/close", "ledger/liability", "ledger/receivables", "ledger/tax"}
	bookModels  = []string{
		"ctl_agency_rollforward", "ctl_bank_balance", "ctl_flux", "ctl_journal_bridge", "ctl_payout_ageing", "ctl_payout_fx", "ctl_receivable_rollforward",
		"ctl_rejected_row", "ctl_settlement_adjustment", "ctl_settlement_payout", "ctl_tax_payable",
		"led_creator_debt", "led_debt_gain", "led_debt_stretch", "led_posting_debt", "led_rebooked_row", "led_rejected_row",
		"led_monetary_balance", "led_monetary_opening", "led_trial_balance", "led_settlement_payout", "led_bridge_account",
		"led_creator_activity", "led_payout_fx", "led_payout_open", "led_unpaid_balance",
		"led_fx_booked", "led_fx_explained", "led_fx_untold", "led_group_rate",
		"mart_agency_statement_lines", "mart_agency_statements", "mart_creator_debts", "mart_decided_matches", "mart_flux", "mart_fx_explained", "mart_group_balances",
		"mart_liability_ages", "mart_open_items", "mart_payout_ages", "mart_tax_lines", "mart_trial_balances", "mart_year_files",
	}
)

// modelCost is what building one model took of the processor.
type modelCost struct {
	model string
	cpu   time.Duration
	books bool
}

// modelCosts reconciles a month in this process, one model at a time, and prints
// what the models of the books cost, what all cost, and each of the dearest ones.
func modelCosts(ctx context.Context, month, period string) error {
	c, err := config.Load(month)
	if err != nil {
		return err
	}
	ofBooks, err := booksModels()
	if err != nil {
		return err
	}
	var costs []modelCost
	var model string
	var begun time.Duration
	next := func(name string) error {
		now, err := ownCPU()
		if model != "" {
			costs = append(costs, modelCost{model: model, cpu: now - begun, books: ofBooks[model]})
		}
		model, begun = name, now
		return err
	}
	var failed error
	_, err = reconcile.Run(ctx, reconcile.Options{SQL: sql.Files, Period: pipeline.Period(period), OneByOne: true, Setting: books.Setting{
		Config: c, Now: time.Now().UTC(), By: books.Actor{User: "bench", OSUser: "bench"}, Build: "bench", Progress: func(e books.Event) {
			if err := next(e.Object); e.Unit == "models" && err != nil {
				failed = err
			}
		}}})
	if err == nil {
		err = failed
	}
	if err != nil {
		return err
	}
	var all, own time.Duration
	for _, m := range costs {
		if all += m.cpu; m.books {
			own += m.cpu
		}
	}
	fmt.Println(own.Milliseconds(), all.Milliseconds())
	slices.SortStableFunc(costs, func(a, b modelCost) int { return int(b.cpu - a.cpu) })
	for _, m := range costs {
		fmt.Printf("%d %s %t\n", m.cpu.Milliseconds(), m.model, m.books)
	}
	return nil
}

// booksModels says which models are the books' own. It refuses a list that names
// one which is no more.
func booksModels() (map[string]bool, error) {
	own, seen := map[string]bool{}, map[string]bool{}
	err := fs.WalkDir(sql.Files, ".", func(file string, d fs.DirEntry, err error) error {
		name := strings.TrimSuffix(path.Base(file), ".sql")
		seen[name] = true
		own[name] = slices.Contains(bookFolders, path.Dir(file)) || slices.Contains(bookModels, name)
		return err
	})
	for _, name := range bookModels {
		if err == nil && !seen[name] {
			err = fmt.Errorf("no model is called %s", name)
		}
	}
	return own, err
}

// ownCPU is what this process used of the processor so far.
func ownCPU() (time.Duration, error) {
	var u syscall.Rusage
	err := syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), err
}

// booksShare prints what the models of the books take of a run's CPU.
func (b *bench) booksShare(ctx context.Context, month string) error {
	if err := touchConfiguration(month, b.runs); err != nil {
		return err
	}
	u, err := measure(ctx, b.self, "-job", "models", month, "2026-10")
	if err != nil {
		return err
	}
	first, _, _ := strings.Cut(u.stdout, "\n")
	var own, all int64
	if _, err := fmt.Sscan(first, &own, &all); err != nil {
		return fmt.Errorf("read the cost of models: %w", err)
	}
	row("models one by one", "the books", "all models", "percent")
	row("  CPU seconds", milliseconds(own), milliseconds(all), strconv.FormatFloat(100*float64(own)/float64(max(all, 1)), 'f', 1, 64))
	fmt.Printf("  (at most %s%%: receivables, cash, tax, agencies, exchange differences, liability in time, the close)\n\n", goalBooks)
	return nil
}

func milliseconds(n int64) string { return seconds(time.Duration(n) * time.Millisecond) }
