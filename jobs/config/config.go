package config

import (
	_ "embed"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"syscall"
	"time"

	"carat/jobs/config/authority"
	"carat/jobs/config/cluster"
	"carat/jobs/config/location"
	"carat/jobs/disk"
	"carat/pipeline"
	"carat/pipeline/spelling"
)

// File is the name of the configuration in its folder.
const File = "carat.yaml"

// configBytes bounds the configuration; a larger file is not one.
const configBytes = 1 << 20

// Default is the text of a carat.yaml in which every key has its
// default. It is also where the defaults are read from.
//
//go:embed carat.yaml
var Default []byte

// StatementsOnDemand is of statements whose files are made when somebody wants them;
// OtherCountries are those whose creators' language isn't named; HistoryCarried lets a month begin with what the closed one left.
const StatementsOnDemand, OtherCountries, HistoryCarried = "on_demand", "other", "carried"

// Config is carat.yaml, checked. Rates and amounts were never a float: they
// are read from the text of the file.
type Config struct {
	Dir               string // the folder that holds carat.yaml
	Lake              string // absolute folder; of a lake in a bucket its cache
	Bucket            string // s3://BUCKET/PREFIX with its settings, where the lake lies in one
	Cache, People     string // then the folders of that cache, and of persons ("": none)
	Catalog           Hidden // "" or a postgres:// DSN; FillSecrets fills in what it refers to
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
	Settlement        map[string]string // how a counterparty pays out, where its lines don't say: running
	Clawback          string            // none or full
	BreakageMonths    int               // 0: none
	FXMaxAgeDays      int
	DebtAllowance     map[int]pipeline.Rate // what of creators' debts is expected to be lost, by the days from which on
	Materiality       map[string]pipeline.Amount
	PayoutDueDays     int               // after which a requested payout that is unpaid is looked at
	BelowMinimumDays  int               // and a balance below the minimum
	PayoutFXTolerance pipeline.Rate     // of the published rate
	Escheat           map[string]int    // months without movement after which a balance is dormant, by country
	FluxPercent       int               // a change above it needs a note
	DAC7Basis         string            // paid or credited
	RefundReserve     string            // report or post
	StatementFiles    string            // folders or on_demand
	Languages         map[string]string // of statements, by country; OtherCountries: of all others
	History           string            // start or carried
	Provisional       bool              // creators see months that aren't closed too, marked
	Approvers         []string
	Auth              Auth
	FourEyes          string // three: who decides doesn't prepare; two: may
	// WaiverLimits are how much a role may waive of one exception, by the unit of
	// its difference; a role that is not there may waive any.
	WaiverLimits   map[string]map[string]pipeline.Amount
	Accounts       map[string]string
	Memory         string        // as the engine takes it: "4GB"
	Threads        int           // 0: all cores
	ControlTimeout time.Duration // of each control of the user's own
	// SQLApart runs the SQL of layouts in a process of its own; false: in this one, as
	// only tests do, which have no binary to call. It is no key.
	SQLApart      bool
	Feeds         map[string]Feed
	Jobs          map[string]Job
	Mail          Mail
	Notifications map[string]Webhook // receivers by name
	Backup        Backup
	Sources       map[string]Source // that files are fetched from, by name
	Timestamp     authority.Timestamp
	Engine        cluster.Engine // that builds the models of a run
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

// Job is when a scheduled job runs, and what happens when it doesn't go
// well.
type Job struct {
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

// Load reads DIR/carat.yaml. Every problem of the file is reported, each
// as a usage error with FILE:LINE; a missing file is a not-found error.
func Load(dir string) (*Config, error) {
	text, file, err := readFile(dir)
	if err != nil {
		return nil, err
	}
	return Parse(text, dir, file)
}

// readFile reads the text of DIR/carat.yaml.
func readFile(dir string) (text []byte, file string, err error) {
	file = filepath.Join(dir, File)
	f, err := os.OpenFile(file, os.O_RDONLY|syscall.O_NONBLOCK, 0) // of a pipe, opening would wait for who writes
	if errors.Is(err, fs.ErrNotExist) {
		return nil, file, pipeline.Errorf(pipeline.KindNotFound, "open", file, "no such file").
			WithHint("%s", location.Without(dir, Shown(dir)))
	}
	if err != nil {
		return nil, file, pipeline.Errorf(pipeline.KindUsage, "open", file, "%w", disk.Cause(err))
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return nil, file, pipeline.Errorf(pipeline.KindUsage, "open", file, "it is no file").WithHint("name the folder of a carat.yaml with --dir")
	}
	text, err = io.ReadAll(io.LimitReader(f, configBytes+1))
	if err != nil {
		return nil, file, pipeline.Errorf(pipeline.KindUsage, "read", file, "%w", disk.Cause(err))
	}
	if len(text) > configBytes {
		return nil, file, pipeline.Errorf(pipeline.KindUsage, "read", file, "longer than 1 MiB; this is no configuration")
	}
	return text, file, nil
}

// empty is a configuration that nothing was read into.
func empty() *Config {
	return &Config{
		Tolerances: map[string]pipeline.Amount{}, Materiality: map[string]pipeline.Amount{}, DebtAllowance: map[int]pipeline.Rate{},
		StoreFeeRate: map[string]pipeline.Rate{}, DueDays: map[string]int{}, Settlement: map[string]string{}, Escheat: map[string]int{}, Languages: map[string]string{},
	}
}

// Parse reads a configuration; file is named in errors, and relative
// paths are taken from dir.
func Parse(text []byte, dir, file string) (*Config, error) {
	c := empty()
	if err := parseConfig(Default, c, "default "+File); err != nil {
		return nil, err
	}
	c.Entities = nil
	if err := parseConfig(text, c, file); err != nil {
		return nil, err
	}
	c.finish(dir)
	// The history holds the paths of its files.
	if err := spelling.CheckText(c.Lake, false); err != nil {
		return nil, pipeline.Errorf(pipeline.KindUsage, "use", "lake", "the path of its folder: %w", err).WithHint("rename the folder, or put the lake elsewhere with lake in carat.yaml")
	}
	return c, nil
}

// finish fills in what follows from other keys.
func (c *Config) finish(dir string) {
	c.Dir = dir
	c.Bucket, c.Lake, c.People = location.Of(dir, c.Lake, c.Cache, c.People)
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

// Shown is a folder as a person would type it.
func Shown(dir string) string {
	if dir == "" {
		return "."
	}
	return dir
}

// OutFolder is where what people open of a period lies.
func (c *Config) OutFolder(period pipeline.Period) string {
	return filepath.Join(c.OutRoot(), string(period))
}

// OutRoot is the folder of all periods' OutFolder.
func (c *Config) OutRoot() string { return filepath.Join(c.Dir, "out") }

// Workers gives how many goroutines and engine threads to use.
func (c *Config) Workers() int {
	if c.Threads > 0 {
		return c.Threads
	}
	return runtime.GOMAXPROCS(0)
}

// ExpectedDaily gives the feeds of which a day without a row is a break.
func (c *Config) ExpectedDaily() []string {
	var feeds []string
	for name, f := range c.Feeds {
		if f.Expected == "daily" {
			feeds = append(feeds, name)
		}
	}
	sort.Strings(feeds)
	return feeds
}
