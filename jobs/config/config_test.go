package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"carat/jobs/config/cluster"
	"carat/pipeline"
)

func TestEveryKeyHasItsDefault(t *testing.T) {
	dir := t.TempDir()
	empty, err := Parse(nil, dir, File)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := Parse(Default, dir, File)
	if err != nil {
		t.Fatal(err)
	}
	empty.Entities[0].Name = whole.Entities[0].Name
	if !reflect.DeepEqual(empty, whole) {
		t.Errorf("an empty file gives\n%+v\nthe whole file\n%+v", empty, whole)
	}
	want := &Config{
		Dir: dir, Lake: filepath.Join(dir, "lake"), Cache: "lake-cache", TimeZone: "UTC", Zone: whole.Zone, ReportingCurrency: "USD", Entity: "main",
		MaxRejectShare: 10_000_000, Tolerances: map[string]pipeline.Amount{"USD": 10_000},
		Entities:     []Entity{{ID: "main", FunctionalCurrency: "USD", Revenue: "gross"}},
		StoreFeeRate: map[string]pipeline.Rate{"apple": 300_000_000, "google": 300_000_000, "web": 30_000_000, "reseller": 0},
		DueDays:      map[string]int{"apple": 45, "google": 30, "web": 7, "reseller": 30}, Settlement: map[string]string{"paypal": "running"}, Languages: map[string]string{},
		Clawback: "none", FXMaxAgeDays: 5, DebtAllowance: map[int]pipeline.Rate{}, Materiality: map[string]pipeline.Amount{"USD": 100_000_000},
		PayoutDueDays: 45, BelowMinimumDays: 365, PayoutFXTolerance: 50_000_000, Escheat: map[string]int{}, FluxPercent: 10, DAC7Basis: "paid", RefundReserve: "report", StatementFiles: "folders", History: "carried",
		Approvers: []string{}, FourEyes: FourEyesThree, Accounts: map[string]string{}, Memory: "4GB", ControlTimeout: 10 * time.Minute,
		Feeds: map[string]Feed{"gift_events": {Paths: []string{"inbox/gift_events*"}, Expected: "daily", Zone: whole.Zone}},
		Jobs: map[string]Job{
			"ingest":    {Cron: "*/15 * * * *", Retries: DefaultRetries, Overlap: OverlapWait},
			"reconcile": {Cron: "30 2 * * *", Retries: DefaultRetries, Overlap: OverlapWait},
		},
		Mail: Mail{TLS: "starttls", PerMinute: 60}, Notifications: map[string]Webhook{}, Sources: map[string]Source{}, Engine: cluster.Engine{Kind: cluster.DuckDB},
	}
	if whole.Zone.String() != "UTC" || !reflect.DeepEqual(whole, want) {
		t.Errorf("defaults are\n%+v\nwant\n%+v", whole, want)
	}
}

func TestOwnKeysOverTheDefaults(t *testing.T) {
	c, err := Parse([]byte(`
entity: eu
reporting_currency: EUR
time_zone: Europe/Berlin
max_reject_share: 0.0000000010
store_fee_rate: {apple: 0.15}
entities:
  us: {functional_currency: USD}
  eu: {functional_currency: EUR, revenue: net, name: 007}
feeds:
  payouts: {paths: ["in/p*.csv"], time_zone: Asia/Tokyo}
`), "/d", File)
	if err != nil {
		t.Fatal(err)
	}
	if c.MaxRejectShare != 1 || c.StoreFeeRate["apple"] != 150_000_000 || c.StoreFeeRate["web"] != 30_000_000 {
		t.Errorf("rates: %v %v", c.MaxRejectShare, c.StoreFeeRate)
	}
	if len(c.Entities) != 2 || c.Entities[0].ID != "eu" || c.Entities[0].Name != "007" || c.Entities[1].Revenue != "gross" {
		t.Errorf("entities: %+v", c.Entities)
	}
	if c.Feed("payouts").Zone.String() != "Asia/Tokyo" || c.Feed("gift_events").Zone.String() != "Europe/Berlin" || c.Feed("gift_events").Expected != "" {
		t.Errorf("feeds: %+v", c.Feeds)
	}
	c, err = Parse([]byte("entity: jp\nreporting_currency: JPY\n"), "/d", File)
	if err != nil || len(c.Entities) != 1 || c.Entities[0] != (Entity{ID: "jp", FunctionalCurrency: "JPY", Revenue: "gross"}) {
		t.Errorf("an entity that is not described: %+v, %v", c, err)
	}
}

func TestConfigErrors(t *testing.T) {
	const at = "parse configuration carat.yaml:"
	for _, c := range []struct{ text, want string }{
		{"tme_zone: UTC", at + `1: unknown key "tme_zone"; did you mean time_zone?`},
		{"creators: {provisonal: true}", at + `1: unknown key "provisonal" of creators; did you mean provisional?`},
		{"lake: l\nthemes: 1", at + `2: unknown key "themes"; known keys: accounts, approvers,`},
		{"entities: {main: {functional_curency: USD}}", at + `1: unknown key "functional_curency" of entities main; did you mean functional_currency?`},
		{"feeds: {gift_event: {}}", at + `1: unknown key "gift_event" of feeds; did you mean gift_events?`},
		{"feeds: {payouts: {path: x}}", at + `1: unknown key "path" of feeds payouts; did you mean paths?`},
		{"store_fee_rate: {aple: 0}", at + `1: unknown key "aple" of store_fee_rate; did you mean apple?`},
		{"lake: a\nlake: b", at + `2: key "lake" is given twice`},
		{"lake: ''", at + "1: lake: a folder is needed"},
		{"lake: [a]", at + "1: lake must be one plain value"},
		{"lake: &x a\nentity: *x", at + "2: entity must be one plain value"},
		{"- a", at + "1: the file must be a mapping of keys to values"},
		{"lake: a\n---\nlake: b", at + "1: has more than one document"},
		{"lake: a\n# M\xfcller\n", at + "2: it is no UTF-8; save the file as UTF-8"},
		{"approvers: [\"M\xfcller\"]", at + "1: it is no UTF-8"},
		{"lake: a\n  x: [", at + "2: not YAML: mapping values are not allowed in this context"},
		{"catalog: mysql://user:secret@h/d", at + "1: catalog must be empty (SQLite inside the lake folder) or begin with postgres://"},
		{"time_zone: Mars/Base", at + `1: time_zone: "Mars/Base" is not a time zone; give an IANA name such as UTC or Europe/Berlin`},
		{"time_zone: Local", at + `1: time_zone: "Local" is not a time zone`},
		{"time_zone:", at + `1: time_zone: "" is not a time zone`},
		{"reporting_currency: usd", at + `1: reporting_currency: "usd" is not a currency code of three capital letters, such as USD`},
		{"entity: ../x", at + `1: entity: "../x" is not a name of letters, digits, _ - . (at most 64)`},
		{"entity: eu\nentities: {us: {functional_currency: USD}}", at + `1: entity "eu" is not described under entities`},
		{"entities: {main: {}}", at + "1: entities main needs a functional_currency, such as USD"},
		{"entities: {main: {functional_currency: USD, revenue: both}}", at + `1: revenue: "both" is not one of gross, net`},
		{"first_period: 2026-13", at + `1: first_period: "2026-13" is not a month like 2026-10`},
		{"max_reject_share: 1.01", at + `1: max_reject_share: "1.01" is not a plain decimal from 0 to 1`},
		{"max_reject_share: 1e-2", at + `1: max_reject_share: "1e-2" is not a plain decimal from 0 to 1`},
		{"max_reject_share: .5", at + `1: max_reject_share: ".5" is not a plain decimal from 0 to 1`},
		{"tolerances: {USD: -1}", at + `1: tolerances USD: "-1" is not a plain decimal from 0 with at most 6 places`},
		{"tolerances: {USD: 0.0000001}", at + `1: tolerances USD: "0.0000001" is not a plain decimal`},
		{"tolerances: {dollar: 1}", at + `1: tolerances: "dollar" is not a currency code`},
		{"settlement: {stripe: weekly}", at + `1: settlement stripe: "weekly" is not one of running, lines`},
		{"due_days: {apple: 4.5}", at + `1: due_days apple: "4.5" is not a whole number from 0 to 3650`},
		{"accounts: {csh: 1}", at + `1: unknown key "csh" of accounts; did you mean cash?`},
		{"accounts: {gift_revenue: 3000 Sales}", at + `1: accounts gift_revenue: 3000 is the account of retained_earnings too, which is of equity, and gift_revenue is of profit and loss: give one of them another account`},
		{"accounts: {cash: 5000}", at + `1: accounts cash: 5000 is the account of store_fee_cost too, which is of profit and loss, and cash is of the balance sheet: give one of them another account`},
		{"accounts: {cash: ''}", at + `1: accounts cash: an account is needed, such as "1000 Cash"`},
		{"statements: {languages: {br: pt}}", at + `1: statements languages: "br" is not a country of two capital letters, such as US`},
		{"statements: {languages: {BR: tlh}}", at + `1: statements languages BR: "tlh" is not one of en, es, pt, id, ar, ja, zh, de, fr, vi`},
		{"escheat: {other: 3}", at + `1: escheat: "other" is not a country of two capital letters, such as US`},
		{"clawback: maybe", at + `1: clawback: "maybe" is not one of none, full`},
		{"history: none", at + `1: history: "none" is not one of start, carried`},
		{"breakage: 3", at + "1: breakage must be a mapping of keys to values"},
		{"memory: lots", at + `1: memory: "lots" is not a size such as 4GB or 512MB`},
		{"control_timeout: 0s", at + `1: control_timeout: a control needs some time`},
		{"control_timeout: soon", at + `1: control_timeout: "soon" is not a span of time`},
		{"memory: 0GB", at + `1: memory: "0GB" is not a size`},
		{"threads: -1", at + `1: threads: "-1" is not a whole number from 0 to 1024`},
		{"debt_allowance: {-1: 0.5}", at + `1: debt_allowance: "-1" is not a whole number from 0 to 36500`},
		{"debt_allowance: {90: 1.5}", at + `1: debt_allowance 90: "1.5" is not`},
		{"approvers: ann", at + "1: approvers must be a list"},
		{"feeds: {payouts: {paths: [../x]}}", at + `1: feeds payouts paths: "../x" leaves the folder of carat.yaml; patterns are relative to it`},
		{"feeds: {payouts: {paths: [/etc/p*]}}", at + `1: feeds payouts paths: "/etc/p*" leaves the folder`},
		{"feeds: {payouts: {paths: ['in[']}}", at + `1: feeds payouts paths: "in[" is not a pattern`},
		{"feeds: {settlement_lines: {minor_digits: {yen: 0}}}", at + `1: feeds settlement_lines minor_digits: "yen" is not a currency code of three capital letters, such as USD`},
		{"feeds: {settlement_lines: {kinds: {financing_paydown: loan}}}", at + `1: feeds settlement_lines kinds financing_paydown: "loan" is not one of sale, refund, chargeback, fee, dispute_fee, tax, adjustment, payout, reserve, carried, conversion, disbursement, transfer`},
		{"feeds: {bank_lines: {kinds: {x: fee}}}", at + `1: feeds bank_lines kinds: only the reports of settlement_lines have kinds to explain`},
		{"feeds: {settlement_lines: {minor_digits: {JPY: 5}}}", at + `1: feeds settlement_lines minor_digits JPY: "5" is not a whole number from 0 to 4`},
		{"feeds: {gift_catalog: {prices_from: 1.10.2026}}", at + `1: feeds gift_catalog prices_from: "1.10.2026" is not a day such as 2026-10-01`},
		{"feeds: {gift_events: {live_silence_seconds: -1}}", at + `1: feeds gift_events live_silence_seconds: "-1" is not a whole number from 0 to 86400`},
		{"feeds: {payouts: {expected: hourly}}", at + `1: feeds payouts expected: "hourly" is not one of daily`},
		{"jobs: {ingest: {cron: often}}", at + `1: jobs ingest: "often" is not a cron line of five fields`},
		{"jobs: {ingest: {}}", at + `1: jobs ingest needs a cron line, such as "30 2 * * *"`},
		{"jobs: {ingest: {cron: '@every 1m'}}", at + `1: jobs ingest: "@every 1m" is an interval; a cron line of five fields is needed`},
		{"jobs: {ingest: {cron: '0 0 * * *', after: [run]}}", at + `1: jobs ingest after: "run" is not scheduled`},
		{"jobs: {ingest: {cron: '0 0 * * *', after: [run]}, run: {cron: '0 0 * * *', after: [ingest]}}", at + `1: jobs ingest after: "run" waits for "ingest" in turn`},
		{"jobs: {ingest: {cron: '0 0 * * *', timeout: soon}}", at + `1: jobs ingest timeout: "soon" is not a span of time such as 90s, 10m or 1h30m, at most 168h`},
		{"jobs: {ingest: {cron: '0 0 * * *', overlap: maybe}}", at + `1: jobs ingest overlap: "maybe" is not one of wait, skip`},
		{"jobs: {compress: {}}", at + `1: unknown key "compress" of jobs; known keys: backup, close,`},
	} {
		_, err := Parse([]byte(c.text), ".", File)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q:\n got %v\nwant %s", c.text, err, c.want)
			continue
		}
		if pipeline.KindOf(err) != pipeline.KindUsage {
			t.Errorf("%q: kind %d", c.text, pipeline.KindOf(err))
		}
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: the error repeats the password", c.text)
		}
	}
}

func TestEveryProblemOfTheFileIsReported(t *testing.T) {
	_, err := Parse([]byte("lake: l\nthreads: x\nentitty: a\nmemory: y\n"), ".", File)
	if got := strings.Count(err.Error(), "parse configuration carat.yaml:"); got != 3 {
		t.Errorf("%d problems reported, want 3: %v", got, err)
	}
}

func TestLoadConfig(t *testing.T) {
	dir := t.TempDir()
	_, err := Load(dir)
	if pipeline.KindOf(err) != pipeline.KindNotFound || !strings.Contains(err.Error(), "no such file; `carat init --dir "+dir+"` makes one") {
		t.Errorf("no file: %v", err)
	}
	if err := os.Mkdir(filepath.Join(dir, File), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err = Load(dir); err == nil || !strings.HasSuffix(err.Error(), "carat.yaml: is a directory") {
		t.Errorf("a folder: %v", err)
	}
	large := t.TempDir()
	if err := os.WriteFile(filepath.Join(large, File), make([]byte, configBytes+1), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err = Load(large); err == nil || !strings.Contains(err.Error(), "longer than 1 MiB") {
		t.Errorf("a large file: %v", err)
	}
}

func FuzzParseConfig(f *testing.F) {
	f.Add(string(Default))
	f.Add("a: &a [*a, *a]\nlake: *a")
	f.Add("? [x]: y\n? {}\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse([]byte(text), "/d", File)
		if err == nil && (c.Zone == nil || c.Lake == "" || c.Memory == "" || len(c.Entities) == 0) {
			t.Errorf("accepted without zone, lake, memory or entity: %+v", c)
		}
	})
}

// A lake in a bucket has its cache, and its persons, in folders.
func TestLakeInABucket(t *testing.T) {
	dir := t.TempDir()
	c, err := Parse([]byte("lake: s3://books/one?region=eu-central-1\npeople: persons\n"), dir, File)
	if err != nil || c.Bucket != "s3://books/one?region=eu-central-1" || c.Lake != filepath.Join(dir, "lake-cache") || c.People != filepath.Join(dir, "persons") {
		t.Errorf("%q, %q, %q, %v", c.Bucket, c.Lake, c.People, err)
	}
	if c, err = Parse([]byte("lake: elsewhere\n"), dir, File); err != nil || c.Bucket != "" || c.Lake != filepath.Join(dir, "elsewhere") || c.People != "" {
		t.Errorf("%q, %q, %q, %v", c.Bucket, c.Lake, c.People, err)
	}
}

// A carat.yaml that is a pipe or a folder is refused at once: nobody waits for who would write into it.
func TestConfigurationIsAFile(t *testing.T) {
	for name, put := range map[string]func(string) error{
		"a pipe":   func(p string) error { return syscall.Mkfifo(p, 0o600) },
		"a folder": func(p string) error { return os.Mkdir(p, 0o700) },
	} {
		dir := t.TempDir()
		if err := put(filepath.Join(dir, File)); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(dir); pipeline.KindOf(err) != pipeline.KindUsage {
			t.Errorf("%s: %v", name, err)
		}
	}
}
