package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// scaleFew and scaleMany are the months that scale compares.
const (
	scaleFew  = 5_000_000
	scaleMany = 50_000_000
)

// scaleBound is how much more CPU a gift may cost in the large month.
const scaleBound = 1.2

// scale reconciles a month of five and one of fifty million gifts, each with
// 4 GB for the engine, and says what a million gifts cost in either. Beyond the
// bound it is an error, so that it can be a test of a machine that has the
// time: fifty million gifts are 5 GB of CSV and minutes of work.
func (b *bench) scale(ctx context.Context) error {
	row("reconcile with memory: 4GB", "seconds", "CPU s/1M gifts", "peak MiB")
	var costs []float64
	for _, gifts := range []int64{scaleFew, scaleMany} {
		few := *b
		few.gifts = gifts
		month := filepath.Join(b.dir, fmt.Sprintf("month-%d", gifts))
		if err := few.generate(ctx, month); err != nil {
			return err
		}
		if err := setMemory(month); err != nil {
			return err
		}
		if err := os.RemoveAll(filepath.Join(month, "lake")); err != nil {
			return err
		}
		if _, err := measure(ctx, b.carat, "ingest", "--dir", month); err != nil {
			return err
		}
		u, err := measure(ctx, b.carat, "reconcile", "--dir", month, "--period", "2026-10")
		if err != nil {
			return err
		}
		cost := u.cpu.Seconds() / (float64(gifts) / 1e6)
		costs = append(costs, cost)
		row(fmt.Sprintf("  %d gifts", gifts), seconds(u.wall), strconv.FormatFloat(cost, 'f', 2, 64), fmt.Sprint(u.peak>>20))
	}
	times := costs[1] / costs[0]
	fmt.Printf("  a gift of the large month costs %.2f times one of the small; %.1f is the bound\n", times, scaleBound)
	if times > scaleBound {
		return fmt.Errorf("a gift among %d costs %.2f times as much as one among %d", scaleMany, times, scaleFew)
	}
	return nil
}

// setMemory makes the month's engine use 4 GB.
func setMemory(month string) error {
	path := filepath.Join(month, "carat.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if strings.Contains("\n"+string(text), "\nmemory:") {
		return nil
	}
	return os.WriteFile(path, append([]byte("memory: 4GB\n"), text...), 0o644)
}

// pairsPerSecond runs BenchmarkMatch of a test binary of pipeline/engine and
// reads what it reports.
func pairsPerSecond(ctx context.Context, binary string) (pairs float64, u usage, err error) {
	u, err = measure(ctx, binary, "-test.run", "^$", "-test.bench", "BenchmarkMatch", "-test.benchtime", "3x", "-test.timeout", "1h")
	if err != nil {
		return 0, u, err
	}
	fields := strings.Fields(u.stdout)
	for i, f := range fields {
		if f == "pairs/s" && i > 0 {
			pairs, err = strconv.ParseFloat(fields[i-1], 64)
			return pairs, u, err
		}
	}
	return 0, u, fmt.Errorf("BenchmarkMatch reported no pairs/s:\n%s", tail(u.stdout))
}

// goals are what reconciliation aims at.
const (
	goalRatio = 8         // times the floor, for the whole month
	goalPairs = 2_000_000 // pairs/s
)

// goalsTable prints the month's reconciliation and matching beside their goals.
func (b *bench) goalsTable(ctx context.Context, reconcile, floor usage) error {
	row("reconciliation", "measured", "goal", "")
	row("  month, times the floor", ratio(int64(reconcile.wall), int64(floor.wall)), "at most "+strconv.Itoa(goalRatio), "")
	row("  the same in CPU time", ratio(int64(reconcile.cpu), int64(floor.cpu)), "", "")
	if b.match == "" {
		return nil
	}
	start := time.Now()
	pairs, u, err := pairsPerSecond(ctx, b.match)
	if err != nil {
		return err
	}
	row("  matching, pairs/s", fmt.Sprint(int64(pairs)), "at least "+strconv.Itoa(goalPairs), "")
	row("  matching, peak MiB", fmt.Sprint(u.peak>>20), "", "")
	fmt.Fprintf(os.Stderr, "bench: matching took %s s\n", seconds(time.Since(start)))
	return nil
}
