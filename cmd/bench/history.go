package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What history may cost: goals, as ratios of what the same costs without one.
const (
	goalMonth     = 1.1 // the last month of a lake, over the first
	goalSmallFile = 1.3 // a file of smallFileRows rows, with months before it over none
)

// history is a lake of months.
type history struct {
	months     int // that are reconciled and closed one after the other
	monthGifts int // in each
}

// history measures what a month costs with ever more before it, carried forward and, the
// last, from the start too; and what a small file costs with and without history. CPU
// seconds, user and system, one run of each.
func (b *bench) history(ctx context.Context, h history) error {
	h.months = min(max(h.months, 2), 24)
	made := filepath.Join(b.dir, fmt.Sprintf("history-%dx%d", h.months, h.monthGifts))
	if _, err := os.Stat(filepath.Join(made, "truth.json")); err != nil {
		if _, err := measure(ctx, b.carat, "generate", "--out", made, "--period", "2024-01", "--periods", strconv.Itoa(h.months+1), "--gifts", strconv.Itoa(h.monthGifts),
			"--viewers", strconv.Itoa(h.monthGifts/6), "--creators", strconv.Itoa(max(h.monthGifts/200, 20)), "--seed", "1", "--faults", "none", "--files", "month"); err != nil {
			return err
		}
	}
	for _, folder := range []string{"lake", "out"} {
		if err := os.RemoveAll(filepath.Join(made, folder)); err != nil {
			return err
		}
	}
	fmt.Printf("%d months of %d gifts, closed one after the other; CPU seconds, one run each\n\n", h.months, h.monthGifts)
	wide("month", "ingest", "reconcile", "close", "approve")
	var first, last []time.Duration
	var start time.Duration
	period := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	for no := range h.months {
		cost, err := b.closeMonth(ctx, made, period, no == 0, no == h.months-1)
		if err != nil {
			return err
		}
		if no == h.months-1 {
			start = cost[2]
			cost = slices.Delete(cost, 2, 3)
		}
		wide("  "+period.Format("2006-01"), seconds(cost[0]), seconds(cost[1]), seconds(cost[2]), seconds(cost[3]))
		if last = cost; no == 0 {
			first = cost
		}
		period = period.AddDate(0, 1, 0)
	}
	wide("  last over first, carried forward", over(last[0], first[0]), over(last[1], first[1]), over(last[2], first[2]), over(last[3], first[3]))
	wide("  last over first, from the start", "", over(start, first[1]), "", "")
	fmt.Printf("  (a reconciliation: at most %.1f; closing compares the month with a run from the start)\n\n", goalMonth)
	return b.smallFiles(ctx)
}

// closeMonth takes in a month's files, and those of the next one, which hold rows of its
// last night, reconciles and closes it. It gives what ingest, reconcile, close and approve
// cost; with fromStart between reconcile and close what reconcile costs from the start.
func (b *bench) closeMonth(ctx context.Context, made string, period time.Time, isFirst, fromStart bool) (cost []time.Duration, err error) {
	month, next := period.Format("2006-01"), period.AddDate(0, 1, 0).Format("2006-01")
	all, err := os.ReadDir(filepath.Join(made, "inbox"))
	if err != nil {
		return nil, err
	}
	ingest := []string{"ingest", "--dir", made}
	for _, file := range all {
		name := file.Name()
		if strings.Contains(name, next) || isFirst && (strings.Contains(name, month) || !strings.Contains(name, "-20")) {
			ingest = append(ingest, filepath.Join(made, "inbox", name))
		}
	}
	steps := [][]string{ingest, {"reconcile", "--dir", made, "--period", month}, {"close", "--dir", made, "--period", month, "--user", "ann"},
		{"approve", "--dir", made, "--period", month, "--user", "bob"}}
	if fromStart {
		steps = slices.Insert(steps, 2, steps[1])
	}
	for no, verb := range steps {
		how := "carried"
		if fromStart && no == 2 {
			how = "start"
		}
		if err := way(made, how); err != nil {
			return nil, err
		}
		u, err := measure(ctx, b.carat, verb...)
		if err != nil {
			return nil, err
		}
		cost = append(cost, u.cpu)
	}
	return cost, nil
}

// way writes how months are built into carat.yaml.
func way(made, history string) error {
	path := filepath.Join(made, "carat.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	lines := slices.DeleteFunc(strings.Split(string(text), "\n"), func(line string) bool { return strings.HasPrefix(line, "history:") })
	return os.WriteFile(path, []byte("history: "+history+"\n"+strings.Join(lines, "\n")), 0o644)
}

func over(a, b time.Duration) string { return ratio(int64(a), int64(b)) }

func wide(name, a, b, c, d string) { fmt.Printf("%-36s %9s %9s %9s %9s\n", name, a, b, c, d) }
