// Command bench measures carat beside DuckDB on one machine in one run and
// prints a table. It generates ten million gift events once, below -dir, and
// uses them again. Times vary with the machine: read the ratios.
//
//	go run ./cmd/bench -carat bin/carat -dir .bench
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"time"
)

type bench struct {
	carat, dir string
	gifts      int64
	creators   int64
	runs       int
	self       string
	match      string // a test binary of pipeline/engine
}

func main() {
	var b bench
	flag.StringVar(&b.carat, "carat", "bin/carat", "the carat binary")
	flag.StringVar(&b.dir, "dir", ".bench", "where the month is generated and lakes are written")
	flag.Int64Var(&b.gifts, "gifts", 10_000_000, "gift events")
	flag.Int64Var(&b.creators, "creators", 50_000, "creators")
	flag.IntVar(&b.runs, "runs", 3, "runs of each measurement; the median is printed")
	flag.StringVar(&b.match, "match", "", "a test binary of pipeline/engine, whose BenchmarkMatch is run; empty: matching is not measured")
	scale := flag.Bool("scale", false, "compare a month of 50 million gifts with one of 5 million, and nothing else: minutes, and 15 GB of disk")
	var h history
	wanted := flag.Bool("history", false, "compare a month that has others before it with the first, and a small file, and nothing else: minutes")
	flag.IntVar(&h.months, "months", 6, "with -history, months that are closed one after the other; at most 24")
	flag.IntVar(&h.monthGifts, "month-gifts", 40_000, "with -history, gift events of each month")
	small := flag.Bool("small", false, "measure a small file with and without months before it, and nothing else")
	var o people
	looked := flag.Bool("pages", false, "measure how long people wait for pages, and nothing else: minutes")
	flag.IntVar(&o.gifts, "page-gifts", 1_000_000, "with -pages, gift events of the month")
	flag.IntVar(&o.wrong, "page-exceptions", 200_000, "with -pages, gifts that are exceptions")
	flag.IntVar(&o.number, "people", 50, "with -pages, how many look at once")
	flag.IntVar(&o.rounds, "rounds", 2, "with -pages, how often each looks at each page")
	flag.DurationVar(&o.think, "think", 10*time.Second, "with -pages, how long a page is read at most")
	job := flag.String("job", "", "internal: measure something in this process (copy, byday, floor, xlsx or models)")
	flag.Parse()
	var err error
	if *scale {
		*job = "scale"
	}
	if *wanted {
		*job = "history"
	}
	if *small {
		*job = "small"
	}
	if *looked {
		*job = "pages"
	}
	switch *job {
	case "pages":
		if err = b.absolute(); err == nil {
			err = b.pages(context.Background(), o)
		}
	case "copy":
		err = duckdbCopy(flag.Arg(0), flag.Arg(1))
	case "byday":
		err = duckdbByDay(flag.Arg(0), flag.Arg(1))
	case "floor":
		err = duckdbFloor(flag.Args())
	case "xlsx":
		err = workbook(flag.Arg(0))
	case "models":
		err = modelCosts(context.Background(), flag.Arg(0), flag.Arg(1))
	case "scale":
		if err = b.absolute(); err == nil {
			err = b.scale(context.Background())
		}
	case "small":
		if err = b.absolute(); err == nil {
			err = b.smallFiles(context.Background())
		}
	case "history":
		if err = b.absolute(); err == nil {
			err = b.history(context.Background(), h)
		}
	default:
		err = b.run(context.Background())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// usage is what a process used.
type usage struct {
	wall   time.Duration
	cpu    time.Duration
	peak   int64 // bytes
	stdout string
}

// measure runs a command and takes the operating system's own accounting.
func measure(ctx context.Context, name string, args ...string) (usage, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	var out, failed strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &failed
	start := time.Now()
	err := cmd.Run()
	u := usage{wall: time.Since(start), stdout: out.String()}
	if state, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		u.peak = state.Maxrss << 10
	}
	if cmd.ProcessState != nil {
		u.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 4 {
		err = nil // a control fired: the run itself is complete
	}
	if err != nil {
		return u, fmt.Errorf("%s %s: %w\n%s", filepath.Base(name), strings.Join(args, " "), err, tail(failed.String()))
	}
	return u, nil
}

func tail(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-5):], "\n")
}

// absolute makes the paths absolute.
func (b *bench) absolute() (err error) {
	if b.self, err = os.Executable(); err != nil {
		return err
	}
	if b.carat, err = filepath.Abs(b.carat); err != nil {
		return err
	}
	if b.match != "" {
		if b.match, err = filepath.Abs(b.match); err != nil {
			return err
		}
	}
	b.dir, err = filepath.Abs(b.dir)
	return err
}

func (b *bench) run(ctx context.Context) error {
	if err := b.absolute(); err != nil {
		return err
	}
	month := filepath.Join(b.dir, fmt.Sprintf("month-%d", b.gifts))
	if err := b.generate(ctx, month); err != nil {
		return err
	}
	gifts, err := only(filepath.Join(month, "inbox", "gift_events-2026-10*.csv"))
	if err != nil {
		return err
	}
	fmt.Printf("%d gift events, %d creators; %d cores, %s; medians of %d runs in turn\n\n",
		b.gifts, b.creators, runtime.NumCPU(), memory(), b.runs)
	if err := b.ingest(ctx, gifts); err != nil {
		return err
	}
	if err := b.month(ctx, month); err != nil {
		return err
	}
	return b.traces(ctx, month, gifts)
}

func (b *bench) generate(ctx context.Context, month string) error {
	if _, err := os.Stat(filepath.Join(month, "truth.json")); err == nil {
		return nil
	}
	fmt.Fprintf(os.Stderr, "bench: generating %d gift events once into %s\n", b.gifts, month)
	_, err := measure(ctx, b.carat, "generate", "--out", month, "--period", "2026-10", "--gifts", fmt.Sprint(b.gifts),
		"--viewers", fmt.Sprint(b.gifts/10), "--creators", fmt.Sprint(b.creators), "--seed", "1", "--faults", "none", "--files", "month")
	return err
}

// ingest measures the one large file, carat and DuckDB in turn.
func (b *bench) ingest(ctx context.Context, gifts string) error {
	work := filepath.Join(b.dir, "ingest")
	copied := filepath.Join(b.dir, "copied.parquet")
	var own, duck, others []usage
	var ownBytes, duckBytes int64
	for range b.runs {
		if err := fresh(work); err != nil {
			return err
		}
		u, err := measure(ctx, b.carat, "ingest", "--dir", work, gifts)
		if err != nil {
			return err
		}
		own = append(own, u)
		if ownBytes, err = size(filepath.Join(work, "lake"), "gift_events", ".parquet"); err != nil {
			return err
		}
		if err := os.RemoveAll(copied); err != nil {
			return err
		}
		if u, err = measure(ctx, b.self, "-job", "copy", gifts, copied); err != nil {
			return err
		}
		duck = append(duck, u)
		if duckBytes, err = size(copied, "", ""); err != nil {
			return err
		}
		cpu, err := b.deliverables(ctx, gifts)
		if err != nil {
			return err
		}
		others = append(others, usage{wall: cpu, cpu: cpu})
	}
	if err := os.RemoveAll(work); err != nil {
		return err
	}
	a, d := median(own), median(duck)
	row("ingest of the 10M-row CSV", "carat", "DuckDB copy", "ratio")
	row("  seconds", seconds(a.wall), seconds(d.wall), ratio(int64(d.wall), int64(a.wall)))
	row("  rows/s", perSecond(b.gifts, a.wall), perSecond(b.gifts, d.wall), "")
	row("  CPU seconds", seconds(a.cpu), seconds(d.cpu), "")
	o := median(others)
	row("  CPU seconds, the same deliverables", seconds(a.cpu), seconds(o.cpu), ratio(int64(a.cpu), int64(o.cpu)))
	fmt.Printf("  (sha256sum, zstd, DuckDB by day with rejects and repeated keys, sha256sum of its files; at most %.2f)\n", goalDeliverables)
	row("  peak memory, MiB", fmt.Sprint(a.peak>>20), fmt.Sprint(d.peak>>20), "")
	row("  Parquet bytes", fmt.Sprint(ownBytes), fmt.Sprint(duckBytes), ratio(ownBytes, duckBytes))
	return os.RemoveAll(copied)
}

// month measures reconciliation and statements of the whole month.
func (b *bench) month(ctx context.Context, month string) error {
	lake := filepath.Join(month, "lake")
	if err := os.RemoveAll(lake); err != nil {
		return err
	}
	whole, err := measure(ctx, b.carat, "ingest", "--dir", month)
	if err != nil {
		return err
	}
	files, err := find(lake, "gift_events", ".parquet")
	if err != nil {
		return err
	}
	var floors, reconciles []usage
	for i := range b.runs {
		u, err := measure(ctx, b.self, append([]string{"-job", "floor"}, files...)...)
		if err != nil {
			return err
		}
		if _, u.wall, err = floorOf(u.stdout); err != nil {
			return err
		}
		floors = append(floors, u)
		// another configuration is another run, which is made and not found
		if err := touchConfiguration(month, i); err != nil {
			return err
		}
		if u, err = measure(ctx, b.carat, "reconcile", "--dir", month, "--period", "2026-10"); err != nil {
			return err
		}
		reconciles = append(reconciles, u)
	}
	f, r := median(floors), median(reconciles)
	parts, _, err := floorOf(f.stdout)
	if err != nil {
		return err
	}
	fmt.Println()
	row("whole month", "carat", "floor", "ratio")
	row("  ingest of all feeds, seconds", seconds(whole.wall), "", "")
	row("  reconcile, seconds", seconds(r.wall), seconds(f.wall), ratio(int64(r.wall), int64(f.wall)))
	row("  reconcile, CPU seconds", seconds(r.cpu), seconds(f.cpu), ratio(int64(r.cpu), int64(f.cpu)))
	row("  reconcile, peak MiB", fmt.Sprint(r.peak>>20), "", "")
	fmt.Printf("  (floor: group by viewer, by creator, by event id having count > 1: %s s)\n\n", parts)
	if err := b.goalsTable(ctx, r, f); err != nil {
		return err
	}
	fmt.Println()
	if err := b.booksShare(ctx, month); err != nil {
		return err
	}
	for _, formats := range slices.Sorted(maps.Keys(goalStatements)) {
		if err := b.statements(ctx, month, formats); err != nil {
			return err
		}
	}
	return b.workbook(ctx)
}

// goalStatements are how many creators' statements a second are aimed at, by format.
var goalStatements = map[string]string{"html,csv,json": "5000", "pdf": "500"}

// statements measures one set of renderings of all statements.
func (b *bench) statements(ctx context.Context, month, formats string) error {
	var statements []usage
	var written int64
	folder := filepath.Join(month, "out", "2026-10", "statements")
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	for i := range b.runs {
		// Earlier ones are moved aside, not deleted: for minutes ext4 passes over
		// the inodes of what was just deleted, and that would be measured.
		u, err := measure(ctx, b.carat, "statements", "--dir", month, "--period", "2026-10", "--format", formats)
		if err != nil {
			return err
		}
		statements = append(statements, u)
		first, _, _ := strings.Cut(formats, ",")
		pages, err := find(folder, "", "."+first)
		if err != nil {
			return err
		}
		written = int64(len(pages))
		if err := os.Rename(folder, fmt.Sprintf("%s.%d", folder, i)); err != nil {
			return err
		}
	}
	s := median(statements)
	row("statements, "+formats, "carat", "", "")
	row("  creators", fmt.Sprint(written), "", "")
	row("  seconds", seconds(s.wall), "", "")
	row("  creators/s", perSecond(written, s.wall), "at least "+goalStatements[formats], "")
	row("  peak memory, MiB", fmt.Sprint(s.peak>>20), "", "")
	fmt.Println()
	for i := range b.runs {
		if err := os.RemoveAll(fmt.Sprintf("%s.%d", folder, i)); err != nil {
			return err
		}
	}
	return nil
}

func fresh(dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, "inbox"), 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "carat.yaml"), []byte("first_period: 2026-10\n"), 0o644)
}

func touchConfiguration(month string, i int) error {
	path := filepath.Join(month, "carat.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var kept []string
	for _, line := range strings.Split(string(text), "\n") {
		if !strings.HasPrefix(line, "fx_max_age_days:") {
			kept = append(kept, line)
		}
	}
	kept = append([]string{fmt.Sprintf("fx_max_age_days: %d", 6+i)}, kept...)
	return os.WriteFile(path, []byte(strings.Join(kept, "\n")), 0o644)
}

func only(pattern string) (string, error) {
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) != 1 {
		return "", fmt.Errorf("find %s: %d files: %v", pattern, len(files), err)
	}
	return files[0], nil
}

func find(root, part, suffix string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !d.IsDir() && strings.Contains(path, part) && strings.HasSuffix(path, suffix) {
			files = append(files, path)
		}
		return nil
	})
	return files, err
}

func size(root, part, suffix string) (int64, error) {
	files, err := find(root, part, suffix)
	var total int64
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			return 0, err
		}
		total += info.Size()
	}
	return total, err
}

func median(list []usage) usage {
	sort.Slice(list, func(i, j int) bool { return list[i].wall < list[j].wall })
	return list[len(list)/2]
}

func row(name, a, b, c string) { fmt.Printf("%-34s %14s %14s %8s\n", name, a, b, c) }

func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 2, 64) }

func ratio(a, b int64) string {
	return strconv.FormatFloat(float64(a)/float64(max(b, 1)), 'f', 2, 64)
}

func perSecond(n int64, d time.Duration) string {
	return fmt.Sprint(int64(float64(n) / d.Seconds()))
}

func memory() string {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return "memory unknown"
	}
	var kib int64
	if _, err := fmt.Sscanf(string(text), "MemTotal: %d kB", &kib); err != nil {
		return "memory unknown"
	}
	return fmt.Sprintf("%d GiB of memory", kib>>20)
}
