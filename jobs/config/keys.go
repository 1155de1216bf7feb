package config

import (
	"cmp"
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"carat/jobs/config/literal"
	"carat/jobs/timetable"
	"carat/pipeline"
	"carat/pipeline/chart"
	"carat/pipeline/feed"
	"carat/reports/locale"
)

var (
	countryForm  = regexp.MustCompile(`^[A-Z]{2}$`)
	currencyForm = regexp.MustCompile(`^[A-Z]{3}$`)
	memoryForm   = regexp.MustCompile(`^[1-9][0-9]{0,5} ?(MB|GB|TB|MiB|GiB|TiB)$`)
	nameForm     = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$`)
)

// Channels and scheduled jobs that the configuration can name.
var (
	Channels      = []string{"apple", "google", "web", "reseller"}
	ScheduledJobs = []string{"fetch", "ingest", "reconcile", "statements", "run", "close", "send", "compact", "timestamp", "verify", "backup"}
)

// parseConfig reads the text over what c holds. Keys of store_fee_rate,
// due_days, tolerances and materiality are overlaid one by one; entities,
// feeds, jobs, approvers and accounts replace what was there.
func parseConfig(text []byte, c *Config, file string) error { return parseInto(text, c, file).err() }

// parseInto is parseConfig, with every problem by itself.
func parseInto(text []byte, c *Config, file string) *yamlFile {
	y := &yamlFile{file: file, of: map[string]*yaml.Node{}}
	root := y.root(text)
	if root == nil {
		return y
	}
	line := map[string]*yaml.Node{}
	known := c.readers(y)
	for key, read := range known {
		known[key] = func(n *yaml.Node) { line[key] = n; read(n) }
	}
	y.keys(root, "", known)
	if c.Entities != nil && !c.hasEntity(c.Entity) {
		y.problem(cmp.Or(line["entity"], line["entities"], root), "entity %q is not described under entities", c.Entity)
	}
	for _, problem := range c.Engine.Problems(c.Catalog != "") {
		y.problem(line["engine"], "engine %s", problem)
	}
	for name, at := range y.of {
		if _, known := c.Sources[name]; !known {
			y.problem(at, "files: no source is called %q; a folder before the names is that of a source", name)
		}
	}
	y.refuseLiterals(root, c)
	return y
}

func (c *Config) hasEntity(id string) bool {
	return slices.ContainsFunc(c.Entities, func(e Entity) bool { return e.ID == id })
}

// readers gives the reader of every top-level key.
func (c *Config) readers(y *yamlFile) map[string]func(*yaml.Node) {
	return map[string]func(*yaml.Node){
		"lake":               func(n *yaml.Node) { c.Lake = y.folder(n, "lake") },
		"lake_cache":         func(n *yaml.Node) { c.Cache = y.folder(n, "lake_cache") },
		"people":             func(n *yaml.Node) { c.People, _ = y.text(n, "people") },
		"catalog":            func(n *yaml.Node) { c.Catalog = y.catalog(n) },
		"time_zone":          func(n *yaml.Node) { c.TimeZone, c.Zone = y.zone(n, "time_zone") },
		"reporting_currency": func(n *yaml.Node) { c.ReportingCurrency = y.currency(n, "reporting_currency") },
		"entity":             func(n *yaml.Node) { c.Entity = y.name(n, "entity") },
		"first_period":       func(n *yaml.Node) { c.FirstPeriod = y.period(n) },
		"max_reject_share":   func(n *yaml.Node) { c.MaxRejectShare = y.share(n, "max_reject_share") },
		"tolerances":         func(n *yaml.Node) { y.amounts(n, "tolerances", c.Tolerances) },
		"entities":           func(n *yaml.Node) { c.Entities = y.entities(n) },
		"store_fee_rate": func(n *yaml.Node) {
			y.perChannel(n, "store_fee_rate", func(k string, v *yaml.Node) { c.StoreFeeRate[k] = y.share(v, "store_fee_rate "+k) })
		},
		"due_days": func(n *yaml.Node) {
			y.perChannel(n, "due_days", func(k string, v *yaml.Node) { c.DueDays[k] = y.whole(v, "due_days "+k, 0, 3650) })
		},
		"settlement": func(n *yaml.Node) {
			y.each(n, "settlement", func(key, value *yaml.Node) {
				c.Settlement[y.name(key, "settlement")] = y.choice(value, "settlement "+key.Value, "running", "lines")
			})
		},
		"history": func(n *yaml.Node) { c.History = y.choice(n, "history", "start", HistoryCarried) },
		"creators": func(n *yaml.Node) {
			y.keys(n, "creators", map[string]func(*yaml.Node){"provisional": func(n *yaml.Node) { c.Provisional = y.choice(n, "creators provisional", "true", "false") == "true" }})
		},
		"clawback": func(n *yaml.Node) { c.Clawback = y.choice(n, "clawback", "none", "full") },
		"breakage": func(n *yaml.Node) {
			y.keys(n, "breakage", map[string]func(*yaml.Node){"after_months": func(n *yaml.Node) { c.BreakageMonths = y.whole(n, "after_months", 0, 1200) }})
		},
		"fx_max_age_days":     func(n *yaml.Node) { c.FXMaxAgeDays = y.whole(n, "fx_max_age_days", 0, 3650) },
		"debt_allowance":      func(n *yaml.Node) { c.DebtAllowance = y.shares(n, "debt_allowance") },
		"materiality":         func(n *yaml.Node) { y.amounts(n, "materiality", c.Materiality) },
		"payout_due_days":     func(n *yaml.Node) { c.PayoutDueDays = y.whole(n, "payout_due_days", 0, 3650) },
		"below_minimum_days":  func(n *yaml.Node) { c.BelowMinimumDays = y.whole(n, "below_minimum_days", 0, 36500) },
		"payout_fx_tolerance": func(n *yaml.Node) { c.PayoutFXTolerance = y.share(n, "payout_fx_tolerance") },
		"escheat": func(n *yaml.Node) {
			y.perCountry(n, "escheat", "", func(k string, v *yaml.Node) { c.Escheat[k] = y.whole(v, "escheat "+k, 1, 1200) })
		},
		"flux_percent":   func(n *yaml.Node) { c.FluxPercent = y.whole(n, "flux_percent", 0, 10000) },
		"dac7_basis":     func(n *yaml.Node) { c.DAC7Basis = y.choice(n, "dac7_basis", "paid", "credited") },
		"refund_reserve": func(n *yaml.Node) { c.RefundReserve = y.choice(n, "refund_reserve", "report", "post") },
		"statements": func(n *yaml.Node) {
			y.keys(n, "statements", map[string]func(*yaml.Node){
				"files": func(n *yaml.Node) { c.StatementFiles = y.choice(n, "statements files", "folders", StatementsOnDemand) },
				"languages": func(n *yaml.Node) {
					y.perCountry(n, "statements languages", OtherCountries, func(k string, v *yaml.Node) {
						c.Languages[k] = y.choice(v, "statements languages "+k, locale.Tags()...)
					})
				},
			})
		},
		"approvers":     func(n *yaml.Node) { c.Approvers = y.approvers(n) },
		"auth":          func(n *yaml.Node) { c.Auth = y.auth(n) },
		"four_eyes":     func(n *yaml.Node) { c.FourEyes = y.choice(n, "four_eyes", FourEyesThree, FourEyesTwo) },
		"waiver_limits": func(n *yaml.Node) { c.WaiverLimits = y.waiverLimits(n) },
		"accounts":      func(n *yaml.Node) { c.Accounts = y.accounts(n) },
		"memory":        func(n *yaml.Node) { c.Memory = y.memory(n) },
		"threads":       func(n *yaml.Node) { c.Threads = y.whole(n, "threads", 0, 1024) },
		"control_timeout": func(n *yaml.Node) {
			if c.ControlTimeout = y.duration(n, "control_timeout"); c.ControlTimeout <= 0 {
				y.problem(n, "control_timeout: a control needs some time")
			}
		},
		"feeds":         func(n *yaml.Node) { c.Feeds = y.feeds(n) },
		"jobs":          func(n *yaml.Node) { c.Jobs = y.jobs(n) },
		"mail":          func(n *yaml.Node) { y.mail(n, &c.Mail) },
		"notifications": func(n *yaml.Node) { c.Notifications = y.notifications(n) },
		"engine":        func(n *yaml.Node) { y.engine(n, &c.Engine) },
		"backup":        func(n *yaml.Node) { y.backup(n, &c.Backup) },
		"sources":       func(n *yaml.Node) { c.Sources = y.sources(n) },
		"timestamp":     func(n *yaml.Node) { y.timestamp(n, &c.Timestamp) },
	}
}

// perCountry reads what each country has, or the word that stands for all others.
func (y *yamlFile) perCountry(n *yaml.Node, what, others string, read func(country string, value *yaml.Node)) {
	y.each(n, what, func(key, value *yaml.Node) {
		if key.Value != others && !countryForm.MatchString(key.Value) {
			y.problem(key, "%s: %q is not a country of two capital letters, such as US", what, key.Value)
			return
		}
		read(key.Value, value)
	})
}

func (y *yamlFile) folder(n *yaml.Node, what string) string {
	text, ok := y.text(n, what)
	if ok && strings.TrimSpace(text) == "" {
		y.problem(n, "%s: a folder is needed", what)
	}
	return filepath.FromSlash(text)
}

func (y *yamlFile) catalog(n *yaml.Node) Hidden {
	text, ok := y.text(n, "catalog")
	if ok && text != "" && !strings.HasPrefix(text, literal.FilePrefix) && literal.Reference.FindString(text) != text && !strings.HasPrefix(text, "postgres://") && !strings.HasPrefix(text, "postgresql://") {
		// The DSN may hold a password: it is not repeated.
		y.problem(n, "catalog must be empty (SQLite inside the lake folder) or begin with postgres://")
	}
	return Hidden(text)
}

func (y *yamlFile) zone(n *yaml.Node, what string) (string, *time.Location) {
	text, ok := y.text(n, what)
	if !ok {
		return "", nil
	}
	zone, err := time.LoadLocation(text)
	// "" and Local depend on the machine: two machines would close two months.
	if err != nil || text == "" || text == "Local" {
		y.problem(n, "%s: %q is not a time zone; give an IANA name such as UTC or Europe/Berlin", what, text)
		return "", nil
	}
	return text, zone
}

func (y *yamlFile) currency(n *yaml.Node, what string) string {
	text, ok := y.text(n, what)
	if ok && !currencyForm.MatchString(text) {
		y.problem(n, "%s: %q is not a currency code of three capital letters, such as USD", what, text)
	}
	return text
}

func (y *yamlFile) name(n *yaml.Node, what string) string {
	text, ok := y.text(n, what)
	if ok && !nameForm.MatchString(text) {
		y.problem(n, "%s: %q is not a name of letters, digits, _ - . (at most 64)", what, text)
	}
	return text
}

func (y *yamlFile) period(n *yaml.Node) pipeline.Period {
	text, ok := y.text(n, "first_period")
	if !ok || text == "" {
		return ""
	}
	p, err := pipeline.ParsePeriod(text)
	if err != nil {
		y.problem(n, "first_period: %v", err)
	}
	return p
}

func (y *yamlFile) memory(n *yaml.Node) string {
	text, ok := y.text(n, "memory")
	if ok && !memoryForm.MatchString(text) {
		y.problem(n, "memory: %q is not a size such as 4GB or 512MB", text)
	}
	return strings.ReplaceAll(text, " ", "")
}

func (y *yamlFile) amounts(n *yaml.Node, what string, into map[string]pipeline.Amount) {
	y.each(n, what, func(key, value *yaml.Node) {
		if code := y.currency(key, what); currencyForm.MatchString(code) {
			into[code] = y.amount(value, what+" "+code)
		}
	})
}

// shares reads shares by the days from which on they hold.
func (y *yamlFile) shares(n *yaml.Node, what string) map[int]pipeline.Rate {
	into := map[int]pipeline.Rate{}
	y.each(n, what, func(key, value *yaml.Node) {
		into[y.whole(key, what, 0, 36500)] = y.share(value, what+" "+key.Value)
	})
	return into
}

func (y *yamlFile) perChannel(n *yaml.Node, what string, read func(channel string, n *yaml.Node)) {
	known := map[string]func(*yaml.Node){}
	for _, c := range Channels {
		known[c] = func(n *yaml.Node) { read(c, n) }
	}
	y.keys(n, what, known)
}

func (y *yamlFile) entities(n *yaml.Node) []Entity {
	list := []Entity{}
	y.each(n, "entities", func(key, value *yaml.Node) {
		e := Entity{ID: y.name(key, "entities"), Revenue: "gross"}
		into := func(dst *string, what string) func(*yaml.Node) {
			return func(n *yaml.Node) { *dst, _ = y.text(n, what) }
		}
		y.keys(value, "entities "+e.ID, map[string]func(*yaml.Node){
			"name": into(&e.Name, "name"), "address": into(&e.Address, "address"), "tax_id": into(&e.TaxID, "tax_id"),
			"functional_currency": func(n *yaml.Node) { e.FunctionalCurrency = y.currency(n, "functional_currency") },
			"revenue":             func(n *yaml.Node) { e.Revenue = y.choice(n, "revenue", "gross", "net") },
		})
		if e.FunctionalCurrency == "" {
			y.problem(key, "entities %s needs a functional_currency, such as USD", e.ID)
		}
		list = append(list, e)
	})
	return list
}

func (y *yamlFile) accounts(n *yaml.Node) map[string]string {
	accounts, at, known := map[string]string{}, map[string]*yaml.Node{}, map[string]func(*yaml.Node){}
	for _, role := range chart.Roles() {
		known[role] = func(n *yaml.Node) {
			if text, ok := y.text(n, "accounts "+role); ok {
				accounts[role], at[role] = text, n
			}
		}
	}
	y.keys(n, "accounts", known)
	for _, w := range chart.Check(accounts) {
		y.problem(at[w.Role], "accounts %s: %s", w.Role, w.Why)
	}
	return accounts
}

func (y *yamlFile) feeds(n *yaml.Node) map[string]Feed {
	feeds := map[string]Feed{}
	known := map[string]func(*yaml.Node){}
	for _, name := range pipeline.FeedNames() {
		known[name] = func(n *yaml.Node) {
			f := Feed{}
			y.keys(n, "feeds "+name, map[string]func(*yaml.Node){
				"paths":        func(n *yaml.Node) { f.Paths = y.globs(n, "feeds "+name+" paths") },
				"expected":     func(n *yaml.Node) { f.Expected = y.choice(n, "feeds "+name+" expected", "daily", "") },
				"time_zone":    func(n *yaml.Node) { f.TimeZone, f.Zone = y.zone(n, "feeds "+name+" time_zone") },
				"format":       func(n *yaml.Node) { f.Format = y.format(n, name) },
				"accounts":     func(n *yaml.Node) { f.Accounts = y.list(n, "feeds "+name+" accounts") },
				"minor_digits": func(n *yaml.Node) { f.MinorDigits = y.minorDigits(n, "feeds "+name+" minor_digits") },
				"live_creator": func(n *yaml.Node) { f.LiveCreator = y.name(n, "feeds "+name+" live_creator") },
				"live_silence_seconds": func(n *yaml.Node) {
					f.LiveSilence = time.Duration(y.whole(n, "feeds "+name+" live_silence_seconds", 0, 86_400)) * time.Second
				},
				"prices_from":        func(n *yaml.Node) { f.PricesFrom = y.day(n, "feeds "+name+" prices_from") },
				"transaction_column": func(n *yaml.Node) { f.TransactionColumn, _ = y.text(n, "feeds "+name+" transaction_column") },
				"kinds":              func(n *yaml.Node) { f.Kinds = y.lineKinds(n, name) },
				"sku_coins":          func(n *yaml.Node) { f.SKUCoins = y.skuCoins(n, "feeds "+name+" sku_coins") },
				"sheet":              func(n *yaml.Node) { f.Sheet, _ = y.text(n, "feeds "+name+" sheet") },
				"layout":             func(n *yaml.Node) { f.Layouts = y.layouts(n, name); y.checkLayouts(n, name, f.Layouts) },
			})
			feeds[name] = f
		}
	}
	y.keys(n, "feeds", known)
	return feeds
}

// day reads a day such as 2026-10-01.
func (y *yamlFile) day(n *yaml.Node, what string) string {
	text, ok := y.text(n, what)
	if _, err := time.Parse(time.DateOnly, text); ok && err != nil {
		y.problem(n, "%s: %q is not a day such as 2026-10-01", what, text)
	}
	return text
}

// minorDigits reads how many digits of a currency's amounts are decimals.
func (y *yamlFile) minorDigits(n *yaml.Node, what string) map[string]int {
	digits := map[string]int{}
	y.each(n, what, func(key, value *yaml.Node) {
		if code := y.currency(key, what); currencyForm.MatchString(code) {
			digits[code] = y.whole(value, what+" "+code, 0, 4)
		}
	})
	return digits
}

// format reads the name of a format that can give the feed.
func (y *yamlFile) format(n *yaml.Node, feedName string) string {
	var able []string
	for _, f := range feed.Formats() {
		if slices.Contains(feed.FormatGives(f), feedName) && f != feed.FormatLayout {
			able = append(able, f)
		}
	}
	return y.choice(n, "feeds "+feedName+" format", able...)
}

// globs reads patterns that stay inside the folder of carat.yaml: input from
// elsewhere is named on the command line, by a person.
func (y *yamlFile) globs(n *yaml.Node, what string) []string {
	globs := y.list(n, what)
	for _, g := range globs {
		clean := path.Clean(filepath.ToSlash(g))
		if g == "" || path.IsAbs(clean) || filepath.IsAbs(g) || clean == ".." || strings.HasPrefix(clean, "../") || strings.Contains(g, "/../") {
			y.problem(n, "%s: %q leaves the folder of carat.yaml; patterns are relative to it", what, g)
		} else if _, err := path.Match(g, ""); err != nil {
			y.problem(n, "%s: %q is not a pattern (* ? [a-z])", what, g)
		}
	}
	return globs
}

func (y *yamlFile) jobs(n *yaml.Node) map[string]Job {
	jobs := map[string]Job{}
	known := map[string]func(*yaml.Node){}
	after := map[string]*yaml.Node{}
	for _, name := range ScheduledJobs {
		known[name] = func(n *yaml.Node) {
			j := Job{Retries: DefaultRetries, Overlap: OverlapWait}
			what := "jobs " + name
			y.keys(n, what, map[string]func(*yaml.Node){
				"cron": func(n *yaml.Node) {
					text, ok := y.text(n, "cron")
					if _, err := timetable.Parse(text, time.UTC); ok && err != nil {
						y.problem(n, "jobs %s: %q %v", name, text, err)
					}
					j.Cron = text
				},
				"after":   func(n *yaml.Node) { j.After, after[name] = y.list(n, what+" after"), n },
				"jitter":  func(n *yaml.Node) { j.Jitter = y.duration(n, what+" jitter") },
				"timeout": func(n *yaml.Node) { j.Timeout = y.duration(n, what+" timeout") },
				"retries": func(n *yaml.Node) { j.Retries = y.whole(n, what+" retries", 0, 100) },
				"overlap": func(n *yaml.Node) { j.Overlap = y.choice(n, what+" overlap", OverlapWait, OverlapSkip) },
			})
			if j.Cron == "" {
				y.problem(n, "jobs %s needs a cron line, such as \"30 2 * * *\"", name)
			}
			jobs[name] = j
		}
	}
	y.keys(n, "jobs", known)
	for _, name := range slices.Sorted(maps.Keys(after)) {
		for _, other := range jobs[name].After {
			if _, ok := jobs[other]; !ok {
				y.problem(after[name], "jobs %s after: %q is not scheduled", name, other)
			} else if comesAfter(jobs, other, name, nil) {
				y.problem(after[name], "jobs %s after: %q waits for %q in turn", name, other, name)
			}
		}
	}
	return jobs
}

// comesAfter says whether a job waits for another, straight or through others.
func comesAfter(jobs map[string]Job, job, other string, seen []string) bool {
	if slices.Contains(seen, job) {
		return false
	}
	for _, before := range jobs[job].After {
		if before == other || comesAfter(jobs, before, other, append(seen, job)) {
			return true
		}
	}
	return false
}

// duration reads a span of time such as 10m or 1h30m.
func (y *yamlFile) duration(n *yaml.Node, what string) time.Duration {
	text, ok := y.text(n, what)
	if !ok {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 || d > 7*24*time.Hour {
		y.problem(n, "%s: %q is not a span of time such as 90s, 10m or 1h30m, at most 168h", what, text)
		return 0
	}
	return d
}
