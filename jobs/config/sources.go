package config

import (
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"carat/jobs/config/literal"
	"carat/pipeline"
	"carat/pipeline/source"
	"carat/pipeline/source/reach"
)

// The kinds of sources.
const (
	KindHTTP     = "http"
	KindSFTP     = "sftp"
	KindBucket   = "bucket"
	KindDatabase = "database"
	KindAppStore = "app_store"
	KindStripe   = "stripe"
)

// Source is a place that files are fetched from.
type Source struct {
	Name      string
	Kind      string
	Feeds     []string // of its files; with several, the content of each decides among them
	Match     []string // patterns of remote names; none: all
	Sidecars  bool     // brings control totals too
	Allow     reach.Allow
	Bytes     int64 // of one file, at most
	Files     int   // in one run, at most
	PerMinute int   // requests; 0: no bound
	Retries   int
	Timeout   time.Duration // of one run
	LateAfter time.Duration // without a new file; 0: never late
	Since     string        // "2026-10-01": nothing that is older
	Window    string        // source.Daily or source.Monthly
	Overlap   time.Duration // what ended less than this ago is looked at again
	Settle    time.Duration // how long a file must not have changed
	Versions  bool
	CAFile    string            // who may vouch for the other side, beside whom the machine trusts
	Text      map[string]string // what else its kind has: address, user, path, …
	List      map[string][]string
	Secret    map[string]Secret
}

// kindKeys says what a kind of source has besides what all have: texts, lists and secrets, of which those with a star must be there.
type kindKeys struct{ texts, lists, secrets []string }

var sourceKinds = map[string]kindKeys{
	KindHTTP:     {texts: []string{"file", "user"}, secrets: []string{"*url", "token", "password"}},
	KindSFTP:     {texts: []string{"*address", "*user", "path"}, lists: []string{"*host_key"}, secrets: []string{"key", "passphrase", "password"}},
	KindBucket:   {texts: []string{"endpoint", "region", "*bucket", "prefix", "account"}, secrets: []string{"access_key", "secret_key", "account_key", "sas"}},
	KindDatabase: {texts: []string{"*query"}, secrets: []string{"*dsn"}},
	KindAppStore: {texts: []string{"endpoint", "*issuer", "*key_id", "*vendor", "region"}, lists: []string{"reports"}, secrets: []string{"*key"}},
	KindStripe:   {texts: []string{"endpoint", "*report"}, lists: []string{"columns"}, secrets: []string{"*key"}},
}

// SourceKinds are their names.
func SourceKinds() []string { return slices.Sorted(maps.Keys(sourceKinds)) }

// Defaults of a source.
const (
	defaultSourceBytes   = 4 << 30
	defaultSourceFiles   = 1_000
	defaultSourceRetries = 4
	defaultSourceTimeout = 30 * time.Minute
	defaultSourceSettle  = time.Minute
	defaultAppleOverlap  = 40 * 24 * time.Hour
	defaultOverlap       = 3 * 24 * time.Hour
)

// sources reads where files are fetched from, by name.
func (y *yamlFile) sources(n *yaml.Node) map[string]Source {
	sources := map[string]Source{}
	y.each(n, "sources", func(key, value *yaml.Node) {
		s := Source{Name: y.name(key, "sources"), Bytes: defaultSourceBytes, Files: defaultSourceFiles, Retries: defaultSourceRetries,
			Timeout: defaultSourceTimeout, Settle: defaultSourceSettle, Window: source.Daily, Overlap: defaultOverlap,
			Text: map[string]string{}, List: map[string][]string{}, Secret: map[string]Secret{}}
		what := "sources " + s.Name
		if kind := child(value, "kind"); kind != nil {
			s.Kind = y.choice(kind, what+" kind", SourceKinds()...)
		} else {
			y.problem(key, "%s needs a kind: %s", what, strings.Join(SourceKinds(), ", "))
		}
		if s.Kind == "" {
			return
		}
		if s.Kind == KindAppStore {
			s.Overlap = defaultAppleOverlap
		}
		y.keys(value, what, y.sourceKeys(&s, what))
		y.checkSource(key, what, &s)
		sources[s.Name] = s
	})
	return sources
}

// child gives the value of a key of a mapping; nil when it isn't there.
func child(n *yaml.Node, key string) *yaml.Node {
	if n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// sourceKeys are the readers of what a source of its kind has.
func (y *yamlFile) sourceKeys(s *Source, what string) map[string]func(*yaml.Node) {
	span := func(dst *time.Duration, key string) func(*yaml.Node) {
		return func(n *yaml.Node) { *dst = y.days(n, what+" "+key) }
	}
	known := map[string]func(*yaml.Node){
		"kind":       func(*yaml.Node) {},
		"feeds":      func(n *yaml.Node) { s.Feeds = y.sourceFeeds(n, what+" feeds") },
		"match":      func(n *yaml.Node) { s.Match = y.patterns(n, what+" match") },
		"sidecars":   func(n *yaml.Node) { s.Sidecars = y.choice(n, what+" sidecars", "true", "false") == "true" },
		"allow":      func(n *yaml.Node) { s.Allow = y.allow(n, what+" allow") },
		"max_bytes":  func(n *yaml.Node) { s.Bytes = int64(y.whole(n, what+" max_bytes", 1, 1<<40)) },
		"max_files":  func(n *yaml.Node) { s.Files = y.whole(n, what+" max_files", 1, 100_000) },
		"per_minute": func(n *yaml.Node) { s.PerMinute = y.whole(n, what+" per_minute", 0, 100_000) },
		"retries":    func(n *yaml.Node) { s.Retries = y.whole(n, what+" retries", 0, 100) },
		"timeout":    span(&s.Timeout, "timeout"),
		"late_after": span(&s.LateAfter, "late_after"),
	}
	if s.Kind != KindDatabase && s.Kind != KindSFTP {
		known["ca_file"] = func(n *yaml.Node) { s.CAFile, _ = y.text(n, what+" ca_file") }
	}
	switch s.Kind {
	case KindSFTP:
		known["settle"] = span(&s.Settle, "settle")
	case KindBucket:
		known["versions"] = func(n *yaml.Node) { s.Versions = y.choice(n, what+" versions", "true", "false") == "true" }
	case KindDatabase, KindStripe, KindAppStore:
		known["since"] = func(n *yaml.Node) { s.Since = y.day(n, what+" since") }
		known["overlap"] = span(&s.Overlap, "overlap")
		if s.Kind != KindAppStore {
			known["window"] = func(n *yaml.Node) { s.Window = y.choice(n, what+" window", source.Daily, source.Monthly) }
		}
	}
	kind := sourceKinds[s.Kind]
	for _, name := range kind.texts {
		name = strings.TrimPrefix(name, "*")
		known[name] = func(n *yaml.Node) { s.Text[name], _ = y.text(n, what+" "+name) }
	}
	for _, name := range kind.lists {
		name = strings.TrimPrefix(name, "*")
		known[name] = func(n *yaml.Node) {
			if n.Kind == yaml.ScalarNode {
				text, _ := y.text(n, what+" "+name)
				s.List[name] = []string{text}
				return
			}
			s.List[name] = y.list(n, what+" "+name)
		}
	}
	for _, name := range kind.secrets {
		y.secretKeys(known, what, strings.TrimPrefix(name, "*"), s.Secret)
	}
	return known
}

// secretKeys adds the readers of a secret: NAME, which refers to it, NAME_env and NAME_file.
func (y *yamlFile) secretKeys(known map[string]func(*yaml.Node), what, name string, into map[string]Secret) {
	set := func(change func(*Secret)) {
		secret := into[name]
		change(&secret)
		into[name] = secret
	}
	known[name] = func(n *yaml.Node) {
		set(func(s *Secret) {
			if name == "url" { // most hold no secret
				s.Text = Hidden(y.sourceURL(n, what+" url"))
			} else {
				s.Text = y.reference(n, what+" "+name)
			}
		})
	}
	known[name+"_env"] = func(n *yaml.Node) { set(func(s *Secret) { s.Variable = y.variable(n, what+" "+name+"_env") }) }
	known[name+"_file"] = func(n *yaml.Node) { set(func(s *Secret) { s.File, _ = y.text(n, what+" "+name+"_file") }) }
}

// sourceURL reads an address, which may hold a reference to a secret.
func (y *yamlFile) sourceURL(n *yaml.Node, what string) string {
	text, ok := y.text(n, what)
	if ok && text != "" && !literal.Refers(text) && !strings.HasPrefix(text, "https://") && !strings.HasPrefix(text, "http://") {
		y.problem(n, "%s: it is no address that begins with https://", what)
	}
	return text
}

// checkSource wants what a source of its kind can't do without.
func (y *yamlFile) checkSource(n *yaml.Node, what string, s *Source) {
	if len(s.Feeds) == 0 {
		y.problem(n, "%s needs feeds: the feeds that its files may be of, such as [bank_lines]", what)
	}
	kind := sourceKinds[s.Kind]
	for _, name := range kind.texts {
		if bare, must := strings.CutPrefix(name, "*"); must && s.Text[bare] == "" {
			y.problem(n, "%s needs %s", what, bare)
		}
	}
	for _, name := range kind.lists {
		if bare, must := strings.CutPrefix(name, "*"); must && len(s.List[bare]) == 0 {
			y.problem(n, "%s needs %s", what, bare)
		}
	}
	for _, name := range kind.secrets {
		bare, must := strings.CutPrefix(name, "*")
		switch places := s.Secret[bare].Places(); {
		case places == 0 && must:
			y.problem(n, "%s needs %s_file, %s_env or %s: ${NAME}", what, bare, bare, bare)
		case places > 1:
			y.problem(n, "%s: one of %s, %s_env, %s_file", what, bare, bare, bare)
		}
	}
	if s.Kind == KindBucket {
		y.checkBucket(n, what, s)
	}
	if why := reach.Uncalled(string(s.Secret["url"].Text), s.Allow); why != "" {
		y.problem(n, "%s url: %s", what, why)
	}
	if s.Kind == KindSFTP && s.Secret["key"].Places()+s.Secret["password"].Places() == 0 {
		y.problem(n, "%s needs key_file, or a password", what)
	}
	if (s.Kind == KindDatabase || s.Kind == KindStripe || s.Kind == KindAppStore) && s.Since == "" {
		y.problem(n, "%s needs since, the first day that is asked for, such as 2026-10-01", what)
	}
	if s.Kind == KindAppStore && len(s.List["reports"]) == 0 {
		s.List["reports"] = []string{"sales", "finance"}
	}
}

// checkBucket wants the secrets of Azure with an account, and those of S3 without one.
func (y *yamlFile) checkBucket(n *yaml.Node, what string, s *Source) {
	count := func(name string) int { return s.Secret[name].Places() }
	switch azure := s.Text["account"] != ""; {
	case azure && (count("access_key")+count("secret_key") > 0 || s.Text["region"] != ""):
		y.problem(n, "%s has account, so it is Azure's: access_key, secret_key and region belong to S3", what)
	case azure && count("account_key")+count("sas") != 1:
		y.problem(n, "%s has account, so it is Azure's, and needs one of account_key_file, account_key_env, sas_file, sas_env", what)
	case !azure && count("account_key")+count("sas") > 0:
		y.problem(n, "%s needs account, the storage account of account_key or sas", what)
	case !azure && (count("access_key") == 0 || count("secret_key") == 0):
		y.problem(n, "%s needs access_key and secret_key, each as …_file or …_env; Azure's needs account instead", what)
	}
}

func (y *yamlFile) sourceFeeds(n *yaml.Node, what string) []string {
	feeds := y.list(n, what)
	for _, name := range feeds {
		if _, ok := pipeline.FeedByName(name); !ok {
			meant := "feeds are " + strings.Join(pipeline.FeedNames(), ", ")
			if c := pipeline.Closest(name, pipeline.FeedNames()); c != "" {
				meant = "did you mean " + c + "?"
			}
			y.problem(n, "%s: unknown feed %q; %s", what, name, meant)
		}
	}
	return feeds
}

func (y *yamlFile) patterns(n *yaml.Node, what string) []string {
	list := y.list(n, what)
	for _, p := range list {
		if _, err := path.Match(p, ""); err != nil || p == "" {
			y.problem(n, "%s: %q is not a pattern (* ? [a-z])", what, p)
		}
	}
	return list
}

func (y *yamlFile) allow(n *yaml.Node, what string) (allow reach.Allow) {
	for _, text := range y.list(n, what) {
		p, err := reach.ParseAllow(text)
		if err != nil {
			y.problem(n, "%s: %v", what, err)
			continue
		}
		allow = append(allow, p)
	}
	return allow
}

// days reads a span of time that may be longer than a job's: 40d, 36h, 90s.
func (y *yamlFile) days(n *yaml.Node, what string) time.Duration {
	text, ok := y.text(n, what)
	if !ok {
		return 0
	}
	if whole, isDays := strings.CutSuffix(text, "d"); isDays {
		if v, err := pipeline.ParseWhole([]byte(whole)); err == nil && v >= 0 && v <= 3650 {
			return time.Duration(v) * 24 * time.Hour
		}
	} else if d, err := time.ParseDuration(text); err == nil && d >= 0 && d <= 3650*24*time.Hour {
		return d
	}
	y.problem(n, "%s: %q is not a span of time such as 40d, 36h or 10m", what, text)
	return 0
}

// InboxOf is the folder of the inbox that a source writes into, below the folder of carat.yaml, with slashes.
func InboxOf(name string) string { return path.Join("inbox", name) }

// SourceFolder is that folder as the operating system takes it.
func (c *Config) SourceFolder(name string) string {
	return filepath.Join(c.Dir, filepath.FromSlash(InboxOf(name)))
}
