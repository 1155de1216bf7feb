package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// What is measured of a small file: one of smallFileRows gifts, whose ids are random
// UUIDs, into lakes of so many months of smallFileMonth gifts.
const (
	smallFileRows  = 1000
	smallFileMonth = 10_000
	smallFileTries = 5 // small files, one after the other; the median counts
)

var smallFileMonths = []int{0, 24, 120}

// smallFiles measures what a small file costs with months before it, beside what it costs
// in an empty lake, in CPU seconds: one that repeats nothing, and one of which a row in a
// hundred was here before.
func (b *bench) smallFiles(ctx context.Context) error {
	wide(fmt.Sprintf("ingest of %d gifts, random UUIDs", smallFileRows), "new rows", "over none", "1% here", "over none")
	var none [2]time.Duration
	for no, months := range smallFileMonths {
		dir := filepath.Join(b.dir, fmt.Sprintf("small-after-%d", months))
		cost, err := b.smallFilesAfter(ctx, dir, months)
		if err != nil {
			return err
		}
		if no == 0 {
			none = cost
		}
		wide(fmt.Sprintf("  after %d months of %d, CPU s", months, smallFileMonth), seconds(cost[0]), over(cost[0], none[0]), seconds(cost[1]), over(cost[1], none[1]))
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	fmt.Printf("  (new rows: at most %.1f)\n\n", goalSmallFile)
	return nil
}

// smallFilesAfter gives the median cost of a small file of new rows, and of one that
// repeats some, in a lake of so many months.
func (b *bench) smallFilesAfter(ctx context.Context, dir string, months int) (cost [2]time.Duration, err error) {
	if err := fresh(dir); err != nil {
		return cost, err
	}
	if err := os.WriteFile(filepath.Join(dir, "carat.yaml"), []byte("first_period: \"2014-01\"\n"), 0o644); err != nil {
		return cost, err
	}
	random := rand.New(rand.NewPCG(1, 1))
	month := time.Date(2014, 1, 1, 0, 0, 0, 0, time.UTC)
	ingest := []string{"ingest", "--dir", dir}
	files := ingest
	for range months {
		file := filepath.Join(dir, "gift_events-"+month.Format("2006-01")+".csv")
		if err := writeGifts(file, random, month, smallFileMonth, nil); err != nil {
			return cost, err
		}
		files = append(files, file)
		month = month.AddDate(0, 1, 0)
	}
	if months > 0 {
		if _, err := measure(ctx, b.carat, files...); err != nil {
			return cost, err
		}
	}
	for kind := range cost {
		var all []time.Duration
		again := []string(nil)
		for try := range smallFileTries {
			file := filepath.Join(dir, fmt.Sprintf("gift_events-small-%d-%d.csv", kind, try))
			if kind == 1 {
				if again, err = firstLines(filepath.Join(dir, "gift_events-small-0-0.csv"), smallFileRows/100); err != nil {
					return cost, err
				}
			}
			if err := writeGifts(file, random, month, smallFileRows, again); err != nil {
				return cost, err
			}
			u, err := measure(ctx, b.carat, append(slices.Clone(ingest), file)...)
			if err != nil {
				return cost, err
			}
			all = append(all, u.cpu)
		}
		slices.Sort(all)
		cost[kind] = all[len(all)/2]
	}
	return cost, nil
}

// writeGifts writes a file of gifts of a month, of which some are lines given.
func writeGifts(path string, random *rand.Rand, month time.Time, rows int, again []string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(f)
	fmt.Fprintln(out, "event_id,kind,sent_at,stream_id,viewer_id,creator_id,gift_id,quantity,coins,diamonds")
	for _, line := range again {
		fmt.Fprintln(out, line)
	}
	span := int64(month.AddDate(0, 1, 0).Sub(month) / time.Second)
	for no := len(again); no < rows; no++ {
		var id [16]byte
		binary.LittleEndian.PutUint64(id[:], random.Uint64())
		binary.LittleEndian.PutUint64(id[8:], random.Uint64())
		at := month.Add(time.Duration(int64(no)*span/int64(rows)) * time.Second)
		fmt.Fprintf(out, "%x-%x-%x-%x-%x,gift,%s,s%d,v%d,c%d,rose,1,10,10\n", id[:4], id[4:6], id[6:8], id[8:10], id[10:],
			at.Format(time.RFC3339), random.IntN(100), random.IntN(1000), random.IntN(50))
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return f.Close()
}

// firstLines gives lines of a file after its first.
func firstLines(path string, n int) (lines []string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in := bufio.NewScanner(f)
	for no := 0; no <= n && in.Scan(); no++ {
		if no > 0 {
			lines = append(lines, in.Text())
		}
	}
	return lines, in.Err()
}
