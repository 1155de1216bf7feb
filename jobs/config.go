package jobs

import (
	_ "embed"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"time"

	"carat/pipeline"
	"carat/pipeline/feed"
)

// ConfigFile is the name of the configuration in its folder.
const ConfigFile = "carat.yaml"

// configBytes bounds the configuration; a larger file is not one.
const configBytes = 1 << 20

// DefaultConfig is the text of a carat.yaml in which every key has its
// default. It is also where the defaults are read from.
//
//go:embed carat.yaml
var DefaultConfig []byte

// Config is carat.yaml, checked. Rates and amounts were never a float: they
// are read from the text of the file.
type Config struct {
	Dir               string // the folder that holds carat.yaml
	Lake              string // absolute folder
	Catalog           string // "" or a postgres:// DSN
	TimeZone          string
	Zone              *time.Location
	ReportingCurrency string
	Entity            string          // of rows that name none
	FirstPeriod       pipeline.Period // "" until fixed by the first ingest
	MaxRejectShare    pipeline.Rate   // of the rows of one file
	Tolerances        map[string]pipeline.Amount
	Entities          []Entity // by id
	StoreFeeRate      map[string]pipeline.Rate
	DueDays           map[string]int
	Clawback          string // none or full
	BreakageMonths    int    // 0: none
	FXMaxAgeDays      int
	Materiality       map[string]pipeline.Amount
	Approvers         []string
	Accounts          map[string]string
	Memory            string // as the engine takes it: "4GB"
	Threads           int    // 0: all cores
	Feeds             map[string]FeedConfig
	Jobs              map[string]JobConfig
	Mail              MailConfig
	Notifications     map[string]WebhookConfig // receivers by name
	Backup            BackupConfig
}

// Entity is a legal entity that sells the coins and owes the creators.
type Entity struct {
	ID                 string
	Name               string
	Address            string
	TaxID              string
	FunctionalCurrency string
	Revenue            string // gross or net
}

// FeedConfig is what carat.yaml says of one feed.
type FeedConfig struct {
	Paths    []string       // globs relative to Dir; empty: inbox/<feed>*
	Expected string         // daily, or "" when days without a row are fine
	TimeZone string         // of timestamps without a zone; "" is the configuration's
	Zone     *time.Location // TimeZone, or the configuration's
	// Format is the format of all files of the feed; "" when the content of each
	// decides.
	Format   string
	Accounts []string // whose reports are taken; none: any
	// MinorDigits are the digits of amounts without a point, by currency, in
	// reports that leave them open.
	MinorDigits       map[string]int
	TransactionColumn string // of a provider's report, with our order id; "" for its own
	SKUCoins          map[string]int64
	Sheet             string       // of workbooks; "" for the first
	Layout            *feed.Layout // of the user's own files; nil: none
	// Live recordings: the creator of gifts that name no receiver, and how long
	// a streak may be silent before it counts as ended; 0: to the file's end.
	LiveCreator string
	LiveSilence time.Duration
	// PricesFrom is the day ("2026-10-01") from which a gift price list holds; ""
	// when it always held.
	PricesFrom string
}

// validFrom gives the instant at which PricesFrom begins; 0 without.
func (f FeedConfig) validFrom() int64 {
	day, err := time.ParseInLocation(time.DateOnly, f.PricesFrom, f.Zone)
	if err != nil {
		return 0 // empty: the configuration was checked
	}
	return day.UnixMicro()
}

// JobConfig is when a scheduled job runs, and what happens when it doesn't go
// well.
type JobConfig struct {
	Cron    string
	After   []string      // jobs that come first
	Jitter  time.Duration // slots begin up to this later, spread by their name
	Timeout time.Duration // 0: none
	Retries int           // of errors that can pass
	Overlap string        // wait or skip: a slot that comes due while the job still runs
}

// What becomes of a slot that comes due while its job still runs.
const (
	OverlapWait = "wait"
	OverlapSkip = "skip"
)

// DefaultRetries is how often a job is tried again when carat.yaml doesn't say.
const DefaultRetries = 3

// LoadConfig reads DIR/carat.yaml. Every problem of the file is reported, each
// as a usage error with FILE:LINE; a missing file is a not-found error.
func LoadConfig(dir string) (*Config, error) {
	file := filepath.Join(dir, ConfigFile)
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, pipeline.Errorf(pipeline.KindNotFound, "open", file, "no such file").
			WithHint("`carat init --dir %s` makes one", shown(dir))
	}
	if err != nil {
		return nil, pipeline.Errorf(pipeline.KindUsage, "open", file, "%w", cause(err))
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, configBytes+1))
	if err != nil {
		return nil, pipeline.Errorf(pipeline.KindUsage, "read", file, "%w", cause(err))
	}
	if len(text) > configBytes {
		return nil, pipeline.Errorf(pipeline.KindUsage, "read", file, "longer than 1 MiB; this is no configuration")
	}
	return ParseConfig(text, dir, file)
}

// ParseConfig reads a configuration; file is named in errors, and relative
// paths are taken from dir.
func ParseConfig(text []byte, dir, file string) (*Config, error) {
	c := &Config{
		Tolerances: map[string]pipeline.Amount{}, Materiality: map[string]pipeline.Amount{},
		StoreFeeRate: map[string]pipeline.Rate{}, DueDays: map[string]int{},
	}
	if err := parseConfig(DefaultConfig, c, "default "+ConfigFile); err != nil {
		return nil, err
	}
	c.Entities = nil
	if err := parseConfig(text, c, file); err != nil {
		return nil, err
	}
	c.finish(dir)
	return c, nil
}

// finish fills in what follows from other keys.
func (c *Config) finish(dir string) {
	c.Dir = dir
	if !filepath.IsAbs(c.Lake) {
		c.Lake = filepath.Join(dir, c.Lake)
	}
	if abs, err := filepath.Abs(c.Lake); err == nil {
		c.Lake = abs
	}
	if len(c.Entities) == 0 {
		c.Entities = []Entity{{ID: c.Entity, FunctionalCurrency: c.ReportingCurrency, Revenue: "gross"}}
	}
	sort.Slice(c.Entities, func(i, j int) bool { return c.Entities[i].ID < c.Entities[j].ID })
	for name, f := range c.Feeds {
		if f.Zone == nil {
			f.Zone = c.Zone
			c.Feeds[name] = f
		}
	}
}

// Feed gives the configuration of one feed, defaults filled in.
func (c *Config) Feed(name string) FeedConfig {
	f, ok := c.Feeds[name]
	if !ok {
		return FeedConfig{Zone: c.Zone}
	}
	return f
}

// shown is a folder as a person would type it.
func shown(dir string) string {
	if dir == "" {
		return "."
	}
	return dir
}

// cause strips the operation and the path that os puts before its error: our
// own messages name them already.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
