package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"carat/fixtures/crowd"
)

// What people may wait for a page, at most, in 95 of a hundred cases: goals.
const (
	goalPage       = 300 * time.Millisecond
	goalExceptions = 200 * time.Millisecond // to page and filter the list of exceptions
)

// people look at the pages of a month.
type people struct {
	gifts, wrong int // gifts of the month, and those of them with a wrong price: each is an exception
	number       int
	rounds       int
	think        time.Duration // at most, between two pages; the mean is half of it
}

// pages measures how long people wait for each page but query, all of them at once over a
// lake that is made once.
func (b *bench) pages(ctx context.Context, o people) (err error) {
	month, err := b.peopled(ctx, o)
	if err != nil {
		return err
	}
	serving := exec.CommandContext(ctx, b.carat, "serve", "--dir", month, "--listen", "127.0.0.1:0")
	out, err := serving.StdoutPipe()
	if err != nil {
		return err
	}
	serving.Stderr = os.Stderr
	if err := serving.Start(); err != nil {
		return err
	}
	defer func() {
		if stopped := serving.Process.Signal(syscall.SIGTERM); stopped == nil {
			_ = serving.Wait() // it was told to
		}
	}()
	link, err := linkOf(out)
	if err != nil {
		return err
	}
	start := time.Now()
	waited, err := crowd.Look(ctx, crowd.Options{Link: link, Pages: crowd.Pages("2026-10"), People: o.number, Rounds: o.rounds, Think: o.think, Seed: 1, Clock: time.Now})
	if err != nil {
		return err
	}
	took := time.Since(start)
	fmt.Printf("%d people over %d gifts and %d exceptions, each reads a page for %s at most; load of the machine in the last 1, 5 and 15 minutes: %s\n\n", o.number, o.gifts, o.wrong, o.think, load())
	row("pages, milliseconds", "half within", "95 % within", "goal")
	count := 0
	for _, w := range waited {
		goal := goalPage
		if strings.HasPrefix(w.Path, "/exceptions") && !strings.HasPrefix(w.Path, "/exceptions/") {
			goal = goalExceptions
		}
		count += len(w.Times)
		row("  "+w.Name, thousandths(w.P50()), thousandths(w.P95()), thousandths(goal))
	}
	fmt.Printf("  (%d pages in %s s)\n\n", count, seconds(took))
	return nil
}

// linkOf reads the link that opens the pages; what is printed after it is let go.
func linkOf(out io.Reader) (string, error) {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if link := lines.Text(); strings.HasPrefix(link, "http") {
			go func() { _, _ = io.Copy(io.Discard, out) }() // so that it isn't held up
			return link, nil
		}
	}
	return "", errors.Join(lines.Err(), errors.New("carat serve printed no link"))
}

// peopled gives the folder of a month that is reconciled, made once: some of its gifts are
// there a second time, under another id and with a coin too many.
func (b *bench) peopled(ctx context.Context, o people) (string, error) {
	month := filepath.Join(b.dir, fmt.Sprintf("people-%d-%d", o.gifts, o.wrong))
	made := filepath.Join(month, "made")
	if _, err := os.Stat(made); err == nil {
		return month, nil
	}
	if err := os.RemoveAll(month); err != nil {
		return "", err
	}
	if _, err := measure(ctx, b.carat, "generate", "--out", month, "--period", "2026-10", "--gifts", strconv.Itoa(o.gifts),
		"--viewers", strconv.Itoa(max(o.gifts/10, 10)), "--creators", strconv.Itoa(max(o.gifts/100, 10)), "--seed", "1", "--faults", "all", "--files", "month"); err != nil {
		return "", err
	}
	inbox := filepath.Join(month, "inbox")
	if err := wrongGifts(filepath.Join(inbox, "gift_events-2026-10.csv"), filepath.Join(inbox, "gift_events-2026-10-wrong.csv"), o.wrong); err != nil {
		return "", err
	}
	if _, err := measure(ctx, b.carat, "run", "--dir", month, "--period", "2026-10"); err != nil {
		return "", err
	}
	return month, os.WriteFile(made, nil, 0o644)
}

// wrongGifts writes some gifts of a file into another.
func wrongGifts(from, to string, most int) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	w := bufio.NewWriter(out)
	lines := bufio.NewScanner(in)
	for no := 0; no <= most && lines.Scan(); {
		fields := strings.Split(lines.Text(), ",")
		switch {
		case fields[0] == "event_id":
		case fields[1] != "gift" || fields[3] < "2026-10-02":
			continue
		default:
			coins, err := strconv.Atoi(fields[9])
			if err != nil {
				return fmt.Errorf("read %s: %w", from, err)
			}
			fields[0], fields[9] = fmt.Sprintf("9%018d", no), strconv.Itoa(coins+1)
		}
		no++
		if _, err := w.WriteString(strings.Join(fields, ",") + "\n"); err != nil {
			return err
		}
	}
	return errors.Join(lines.Err(), w.Flush())
}

// load is the machine's, as the operating system tells it.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Join(strings.Fields(string(text))[:3], " ")
}

func thousandths(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
