package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	// unusualLimit is far more than any of these files takes, and far less than
	// waiting for a pipe does.
	unusualLimit = time.Minute
	// unusualKilobytes is far less than the files would take in memory.
	unusualKilobytes = 512 << 10
)

// What is called like a feed's file and isn't one is refused with its name and
// a reason, soon and without being held in memory; the file beside it is taken.
func TestUnusualFilesInTheInbox(t *testing.T) {
	const header = "payout_id,creator_id,status\n"
	const good = "gift_id,valid_from,name,coins\n5655,2026-01-01T00:00:00Z,Rose,1\n"
	hole := func(t *testing.T, path, head string) {
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString(head); err != nil {
			t.Fatal(err)
		}
		if err := f.Truncate(2 << 30); err != nil { // takes no disk
			t.Skip("the file system has no sparse files: ", err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		make func(t *testing.T, inbox string) error
		code int
		want string
	}{
		"a link": {func(_ *testing.T, inbox string) error {
			return os.Symlink("../elsewhere.csv", filepath.Join(inbox, "payouts.csv"))
		}, 3,
			"carat: read payouts.csv: it is a symbolic link; put the file itself into the inbox"},
		"a link to nothing": {func(_ *testing.T, inbox string) error {
			return os.Symlink("gone.csv", filepath.Join(inbox, "payouts.csv"))
		}, 3,
			"carat: read payouts.csv: it is a symbolic link; put the file itself into the inbox"},
		"a link to itself": {func(_ *testing.T, inbox string) error {
			return os.Symlink("payouts.csv", filepath.Join(inbox, "payouts.csv"))
		}, 3,
			"carat: read payouts.csv: it is a symbolic link; put the file itself into the inbox"},
		"a pipe": {func(_ *testing.T, inbox string) error {
			return syscall.Mkfifo(filepath.Join(inbox, "payouts.csv"), 0o644)
		}, 3,
			"carat: read payouts.csv: it is not a regular file; "},
		"a pipe as control totals": {func(_ *testing.T, inbox string) error {
			return syscall.Mkfifo(filepath.Join(inbox, "gift_catalog.csv.totals.json"), 0o644)
		}, 3,
			"carat: read gift_catalog.csv.totals.json: it is not a regular file; "},
		"a folder": {func(_ *testing.T, inbox string) error { return os.Mkdir(filepath.Join(inbox, "payouts.csv"), 0o755) }, 0,
			"carat: ingest payouts.csv: left alone: a folder\n"},
		"a line of 2 GiB": {func(t *testing.T, inbox string) error {
			hole(t, filepath.Join(inbox, "payouts.csv"), header)
			return nil
		}, 3,
			"carat: read payouts.csv:1: required columns diamonds, currency, "},
		"a row of 2 GiB": {func(t *testing.T, inbox string) error {
			hole(t, filepath.Join(inbox, "coin_adjustments.csv"), "adjustment_id,viewer_id,coins,reason,approved_by,adjusted_at\nx")
			return nil
		}, 3, "carat: read coin_adjustments.csv:2: a line longer than 1048576 bytes; is this the right file?"},
		"a header of 2 GiB": {func(t *testing.T, inbox string) error {
			hole(t, filepath.Join(inbox, "payouts.csv"), "payout_id,")
			return nil
		}, 3,
			"carat: read payouts.csv:1: a line longer than 1048576 bytes; is this the right file?"},
		"an object of 2 GiB": {func(t *testing.T, inbox string) error {
			hole(t, filepath.Join(inbox, "payouts.ndjson"), `{"payout_id":"`)
			return nil
		}, 3,
			"carat: read payouts.ndjson:1: a line longer than 1048576 bytes; is this the right file?"},
		"a live recording of one line": {func(t *testing.T, inbox string) error {
			hole(t, filepath.Join(inbox, "gift_events.ndjson"), `{"messages":[{"type":"WebcastGiftMessage","data":{"giftId":"`)
			return nil
		}, 3, "carat: read gift_events.ndjson:1: a line longer than 1048576 bytes; is this the right file?"},
		"Parquet of 2 GiB without an end": {func(t *testing.T, inbox string) error {
			hole(t, filepath.Join(inbox, "payouts.parquet"), "PAR1")
			return nil
		}, 3,
			"carat: read payouts.parquet: broken Parquet: it does not end with PAR1, so its end is missing; fetch the file again\n"},
		"a gzip of 2 GiB without an end": {func(t *testing.T, inbox string) error {
			hole(t, filepath.Join(inbox, "payouts.csv.gz"), "\x1f\x8b\x08\x00")
			return nil
		}, 3,
			"carat: read payouts.csv.gz: "},
		"control totals of 2 GiB": {func(t *testing.T, inbox string) error {
			hole(t, filepath.Join(inbox, "gift_catalog.totals.json"), `{"rows": 1`)
			return nil
		}, 3,
			"carat: read gift_catalog.totals.json: "},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			inbox := filepath.Join(dir, "inbox")
			if err := os.Mkdir(inbox, 0o755); err != nil {
				t.Fatal(err)
			}
			for path, text := range map[string]string{"carat.yaml": "first_period: 2026-10\n", "inbox/gift_catalog.csv": good, "elsewhere.csv": header} {
				if err := os.WriteFile(filepath.Join(dir, path), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if err := c.make(t, inbox); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(context.Background(), unusualLimit)
			defer cancel()
			cmd := exec.CommandContext(ctx, "carat", "ingest", "--dir", dir)
			var stderr strings.Builder
			cmd.Stderr = &stderr
			var stdout strings.Builder
			cmd.Stdout = &stdout
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			held := heldBy(cmd.Process.Pid)
			err := cmd.Wait()
			used, out := held(), stdout.String()
			var exit *exec.ExitError
			if ctx.Err() != nil || err != nil && !errors.As(err, &exit) {
				t.Fatalf("%v %v\n%s", err, ctx.Err(), stderr.String())
			}
			if got := cmd.ProcessState.ExitCode(); got != c.code || !strings.Contains(stderr.String(), c.want) {
				t.Errorf("exit code %d, want %d; stderr\n%s\nwant %q", got, c.code, stderr.String(), c.want)
			}
			if taken := strings.Contains(out, "ingested  b000001"); taken != !strings.Contains(c.want, "totals") {
				t.Errorf("the file beside it:\n%s", out)
			}
			if used > unusualKilobytes || used == 0 {
				t.Errorf("%d KB were held", used)
			}
		})
	}
}

// heldBy watches how much memory a process holds, in kilobytes, until it is asked. What
// the system says of a process that has ended counts what its parent held as well.
func heldBy(pid int) func() int64 {
	done, most := make(chan struct{}), make(chan int64)
	go func() {
		high := int64(0)
		for {
			if text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)); err == nil {
				if _, rest, ok := strings.Cut(string(text), "VmHWM:"); ok {
					kilobytes, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
					high = max(high, kilobytes)
				}
			}
			select {
			case <-done:
				most <- high
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	}()
	return func() int64 { close(done); return <-most }
}
