package ingest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"syscall"

	"carat/jobs/books"
	"carat/jobs/config"
	"carat/jobs/disk"
	"carat/pipeline"
	"carat/pipeline/feed"
	"carat/pipeline/spelling"
)

// totalsEnding ends the name of a sidecar with control totals.
const totalsEnding = ".totals.json"

// feedEndings are the endings of files that can be a feed, before .gz or .zst.
// Which format it is, the feed package finds out from the name and the content.
var feedEndings = []string{".csv", ".ndjson", ".parquet", ".json", ".txt", ".tsv", ".zip", ".xlsx", ".xml", ".sta", ".mt940", ".940", ".bai", ".bai2", ".jsonl", ".ofx", ".qfx", ".qbo"}

// InputFile is one file to ingest.
type InputFile struct {
	Feed   string
	Name   string // without its folder, as spelling.Spell writes it
	Path   string // as the operating system takes it
	Totals string // path of the sidecar; "" when there is none
	// Listed says that it was found in the inbox, and not named by a person: that
	// it is gone when it is to be opened is no error then.
	Listed bool
	// Refused is why the file can't be taken at all; "" if it can.
	Refused string
}

// noFeed is why a file is no input.
const noFeed = "its name begins with no feed's name, and its content is no report that carat knows"

// IgnoredFile is a file of the inbox that is no input.
type IgnoredFile struct {
	Name   string `json:"name"`
	Reason string `json:"reason"`
	// Near says that it all but is one: a layout's file but for a column or its name, or
	// one in a feed's own columns. What it holds would be missing, so an ingest fails for it.
	Near bool `json:"near,omitempty"`
}

// hidden is why a file whose name begins with a point is no input.
const hidden = "hidden"

// LeftAlone gives the files of the inbox that are no input, of which somebody should
// know, those that all but are one first: not those that are hidden, which machines put there. An inbox that can't be
// read has none: the next ingest says why.
func LeftAlone(c *config.Config) (left []IgnoredFile) {
	_, ignored, err := FindInputs(c)
	if err != nil {
		return nil
	}
	for _, one := range ignored {
		if one.Reason != hidden {
			left = append(left, one)
		}
	}
	slices.SortStableFunc(left, func(a, b IgnoredFile) int {
		switch {
		case a.Near == b.Near:
			return 0
		case a.Near:
			return -1
		}
		return 1
	})
	return left
}

// NearlyFit gives the files of the inbox that an ingest fails for, since each all but is an input.
func NearlyFit(c *config.Config) []IgnoredFile {
	return slices.DeleteFunc(LeftAlone(c), func(f IgnoredFile) bool { return !f.Near })
}

// FindInputs gives the files of the inbox in the order in which they are
// ingested: reference feeds first, then by name. Files are found by
// inbox/<feed>*, the longest feed name winning, unless the configuration gives
// a feed patterns of its own. Nothing outside the folder of carat.yaml is
// reached, by symbolic link or otherwise.
func FindInputs(c *config.Config) ([]InputFile, []IgnoredFile, error) {
	root, err := os.OpenRoot(config.Shown(c.Dir))
	if err != nil {
		return nil, nil, pipeline.Errorf(pipeline.KindNotFound, "open", config.Shown(c.Dir), "%w", disk.Cause(err))
	}
	defer root.Close()
	found := map[string]string{} // path below the root -> feed
	for _, f := range pipeline.Feeds() {
		globs := c.Feed(f.Name).Paths
		if len(globs) == 0 {
			globs = []string{"inbox/" + f.Name + "*"}
		}
		for _, g := range globs {
			names, err := fs.Glob(root.FS(), path.Clean(filepath.ToSlash(g)))
			if err != nil {
				return nil, nil, pipeline.Errorf(pipeline.KindUsage, "find files of", f.Name, "%w", err)
			}
			for _, name := range names {
				if len(f.Name) > len(found[name]) {
					found[name] = f.Name
				}
			}
		}
	}
	inbox, err := fs.ReadDir(root.FS(), "inbox")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, pipeline.Errorf(pipeline.KindUsage, "read", filepath.Join(c.Dir, "inbox"), "%w", disk.Cause(err)).
			WithHint("the inbox must be a folder beside carat.yaml, not a link to elsewhere")
	}
	for _, e := range inbox {
		if _, fetched := c.Sources[e.Name()]; fetched && e.IsDir() {
			if err := findFetched(c, root, e.Name(), found); err != nil {
				return nil, nil, err
			}
			delete(found, "inbox/"+e.Name())
		} else if _, ok := found["inbox/"+e.Name()]; !ok {
			found["inbox/"+e.Name()] = ""
		}
	}
	return sortInputs(c, root, found)
}

// besideEnding ends the name of what stands beside a fetched file: the query that gave
// it.
const besideEnding = ".query.json"

// partBeginning begins the name of a fetched file that isn't whole yet.
const partBeginning = ".part-"

// findFetched adds the files of a source's folder. Its name decides no feed: that is
// the source's one, or that of several which the content shows.
func findFetched(c *config.Config, root *os.Root, name string, found map[string]string) error {
	folder := config.InboxOf(name)
	entries, err := fs.ReadDir(root.FS(), folder)
	if err != nil {
		return pipeline.Errorf(pipeline.KindUsage, "read", filepath.Join(c.Dir, filepath.FromSlash(folder)), "%w", disk.Cause(err))
	}
	for _, e := range entries {
		feedName := ""
		if feeds := c.Sources[name].Feeds; len(feeds) == 1 {
			feedName = feeds[0]
		}
		found[folder+"/"+e.Name()] = feedName
	}
	return nil
}

// feedsOf gives the feeds that a fetched file may be of; nil for any other file.
func feedsOf(c *config.Config, name string) []string {
	parts := strings.Split(name, "/")
	if len(parts) != 3 || parts[0] != "inbox" {
		return nil
	}
	return c.Sources[parts[1]].Feeds
}

// fetchedWithoutEnding says whether a source brought a file whose name says nothing, as those
// of banks often do: its content decides then, also where the source has one feed.
func fetchedWithoutEnding(c *config.Config, name string) bool {
	return feedsOf(c, name) != nil && !hasFeedEnding(path.Base(name))
}

// sortInputs parts what was found into inputs and the rest.
func sortInputs(c *config.Config, root *os.Root, found map[string]string) (inputs []InputFile, ignored []IgnoredFile, err error) {
	var sidecars []string
	for name, feedName := range found {
		base := path.Base(name)
		reason, unreadable, near := "", "", false
		info, statErr := root.Lstat(name)
		switch {
		case errors.Is(statErr, fs.ErrNotExist):
			continue // gone since it was listed
		case statErr != nil:
			return nil, nil, pipeline.Errorf(pipeline.KindInternal, "look at", name, "%w", disk.Cause(statErr))
		case info.Mode().IsRegular() && (base == books.FetchLock || strings.HasPrefix(base, partBeginning) && feedsOf(c, name) != nil):
			continue // what carat itself keeps beside the files it fetches
		case strings.HasPrefix(base, "."):
			reason = hidden
		case strings.HasSuffix(base, totalsEnding):
			sidecars = append(sidecars, name)
			continue
		case strings.HasSuffix(base, besideEnding):
			continue // what was asked for the file beside it
		case info.IsDir():
			reason = "a folder"
		case (feedName == "" || fetchedWithoutEnding(c, name)) && refused(info) == "":
			file := filepath.Join(c.Dir, filepath.FromSlash(name))
			feedName, unreadable = recognised(c, file)
			allowed := feedsOf(c, name)
			switch {
			case feedName != "" && allowed != nil && !slices.Contains(allowed, feedName):
				reason, near = "its content is of "+feedName+", and its source gives "+strings.Join(allowed, ", ")+"; say feeds: ["+feedName+"] of another source, or match: which files this one takes", true
			case feedName == "" && unreadable == "":
				reason, near = unknown(c, file)
			}
		case feedName == "":
			reason = "its name begins with no feed's name"
		case !hasFeedEnding(base):
			reason = "its name does not end in .csv, .ndjson or .parquet (.gz and .zst allowed behind the first two)"
			if refused(info) == "" {
				if why, _ := unknown(c, filepath.Join(c.Dir, filepath.FromSlash(name))); !strings.HasPrefix(why, noFeed) {
					reason = why // what it is says more than its name
				}
			}
		}
		if reason != "" {
			ignored = append(ignored, IgnoredFile{spelling.Spell(base), reason, near})
			continue
		}
		in := InputFile{Feed: feedName, Name: base, Listed: true, Path: filepath.Join(c.Dir, filepath.FromSlash(name))}
		if in.Refused = refused(info); in.Refused == "" {
			in.Refused = unreadable
		}
		inputs = append(inputs, in)
	}
	sortByFeed(inputs)
	sort.Strings(sidecars)
	for _, s := range sidecars {
		if !attachTotals(inputs, filepath.Join(c.Dir, filepath.FromSlash(s))) {
			ignored = append(ignored, IgnoredFile{Name: spelling.Spell(path.Base(s)), Reason: "control totals of no file that is here"})
		}
	}
	sort.Slice(ignored, func(i, j int) bool { return ignored[i].Name < ignored[j].Name })
	return spelled(inputs), ignored, nil
}

// spelled spells the names of inputs as records keep them; they are opened by
// their paths.
func spelled(inputs []InputFile) []InputFile {
	for i := range inputs {
		inputs[i].Name = spelling.Spell(inputs[i].Name)
	}
	return inputs
}

// unknown says why a file is no input, and what it looks like or is; near, that it all
// but is one.
func unknown(c *config.Config, path string) (why string, near bool) {
	in := InputFile{Name: filepath.Base(path), Path: path}
	f, _, err := openInput(in)
	if err != nil {
		return noFeed, false
	}
	defer f.Close()
	var e *pipeline.Error
	if err := feed.Unread(f, in.Name); errors.As(err, &e) {
		return e.Cause.Error() + "; " + e.Hint, errors.Is(err, feed.ErrNearlyRead)
	}
	if text := feed.NearestLayout(f, in.Name, layoutsFor(c, in)); text != "" {
		return noFeed + "; " + text, true
	}
	if text, feeds := feed.Nearest(f, in.Name); text != "" {
		return noFeed + "; " + text, feeds
	}
	return noFeed, false
}

// sourceOf gives the source that brought a file; "" for none.
func sourceOf(c *config.Config, in InputFile) string {
	folder, err := filepath.Abs(filepath.Dir(in.Path))
	for name := range c.Sources {
		if of, err2 := filepath.Abs(c.SourceFolder(name)); err == nil && err2 == nil && of == folder {
			return name
		}
	}
	return ""
}

// layoutsFor gives the layouts of each feed for a file.
func layoutsFor(c *config.Config, in InputFile) map[string][]feed.Layout {
	all := c.Layouts()
	for name, layouts := range all {
		all[name] = feed.LayoutsFrom(layouts, sourceOf(c, in), in.Name)
	}
	return all
}

// readOptions are what the configuration says of how a file is read that has, or had, a name.
func readOptions(c *config.Config, in InputFile, name string) feed.Options {
	o := c.ReadOptions(in.Feed)
	o.Layouts = feed.LayoutsFrom(o.Layouts, sourceOf(c, in), name)
	return o
}

// recognised gives the feed of a file whose name says none: a published format
// tells by its content, and so does a layout of the configuration. Without one the feed is "": carat's own columns could be
// several feeds'. A file that looks like an input and can't be unpacked is an
// input that is refused, with the reason: it may have been one.
func recognised(c *config.Config, path string) (feedName, refused string) {
	in := InputFile{Name: filepath.Base(path), Path: path}
	f, size, err := openInput(in)
	if err != nil {
		return "", ""
	}
	defer f.Close()
	if size == 0 {
		return "", ""
	}
	byLayout, err := feed.FeedOfLayout(f, in.Name, layoutsFor(c, in))
	if byLayout != "" {
		return byLayout, ""
	}
	if err == nil {
		var format feed.Format
		if format, err = feed.RecogniseFile(f, in.Name, ""); err == nil {
			return format.Feed, ""
		}
	}
	switch {
	case errors.Is(err, feed.ErrNoFeed) || errors.Is(err, feed.ErrUnread) || !hasFeedEnding(in.Name) && !isSpreadsheet(in.Name):
		return "", ""
	}
	var e *pipeline.Error
	if !errors.As(err, &e) {
		return "", err.Error()
	}
	if e.Hint != "" {
		return "", e.Cause.Error() + "; " + e.Hint
	}
	return "", e.Cause.Error()
}

// refused says why a file of that kind is not read.
func refused(info fs.FileInfo) string {
	switch mode := info.Mode(); {
	case mode&fs.ModeSymlink != 0:
		return "it is a symbolic link; put the file itself into the inbox"
	case !mode.IsRegular():
		return "it is not a regular file"
	}
	return ""
}

// attachTotals gives a sidecar to its file: NAME.totals.json belongs to NAME,
// or to the one file whose name without its endings is NAME.
func attachTotals(inputs []InputFile, sidecar string) bool {
	name := strings.TrimSuffix(filepath.Base(sidecar), totalsEnding)
	var owner *InputFile
	for i := range inputs {
		in := &inputs[i]
		if filepath.Dir(in.Path) != filepath.Dir(sidecar) {
			continue
		}
		if in.Name == name {
			in.Totals = sidecar
			return true
		}
		if stem(in.Name) == name {
			if owner != nil {
				return false
			}
			owner = in
		}
	}
	if owner == nil || owner.Totals != "" {
		return false
	}
	owner.Totals = sidecar
	return true
}

func stem(name string) string {
	bare := strings.TrimSuffix(strings.TrimSuffix(name, ".gz"), ".zst")
	for _, e := range feedEndings {
		if strings.HasSuffix(strings.ToLower(bare), e) { // banks and PayPal write .CSV, .XML
			return bare[:len(bare)-len(e)]
		}
	}
	return bare
}

// isSpreadsheet says whether a name is that of a spreadsheet which can't be read as it is:
// somebody's data, which must not be passed over.
func isSpreadsheet(name string) bool {
	return slices.Contains([]string{".xls", ".xlsb", ".xlsm", ".ods", ".numbers"}, strings.ToLower(filepath.Ext(name)))
}

func hasFeedEnding(name string) bool { return stem(name) != name }

// sortByFeed puts reference feeds first: rates and prices are there before
// what is judged by them.
func sortByFeed(inputs []InputFile) {
	order := map[string]int{}
	for i, f := range pipeline.Feeds() {
		order[f.Name] = i
	}
	sort.Slice(inputs, func(i, j int) bool {
		a, b := inputs[i], inputs[j]
		if order[a.Feed] != order[b.Feed] {
			return order[a.Feed] < order[b.Feed]
		}
		return a.Path < b.Path
	})
}

// NamedInputs gives the inputs for files that a person named, wherever they
// lie. The feed is that of the name unless feed says it.
func NamedInputs(c *config.Config, paths []string, feedName string) ([]InputFile, error) {
	if err := knownFeed(feedName); err != nil {
		return nil, err
	}
	var inputs []InputFile
	for _, p := range paths {
		in, err := namedInput(p, feedName)
		if err != nil {
			return nil, err
		}
		if in.Feed == "" && in.Refused == "" {
			in.Feed, in.Refused = recognised(c, p)
		}
		if in.Feed == "" && in.Refused == "" {
			why, _ := unknown(c, p)
			if !strings.HasPrefix(why, noFeed) {
				return nil, pipeline.Errorf(pipeline.KindBadInput, "read", p, "%s", why)
			}
			return nil, pipeline.Errorf(pipeline.KindUsage, "read", p, "%s", why).
				WithHint("name the feed: --feed %s", strings.Join(pipeline.FeedNames(), "|"))
		}
		inputs = append(inputs, in)
	}
	sortByFeed(inputs)
	for i := range inputs {
		in := &inputs[i]
		for _, sidecar := range []string{in.Path + totalsEnding, filepath.Join(filepath.Dir(in.Path), stem(in.Name)+totalsEnding)} {
			if info, err := os.Lstat(sidecar); err == nil && info.Mode().IsRegular() && in.Totals == "" {
				in.Totals = sidecar
			}
		}
	}
	return spelled(inputs), nil
}

// knownFeed is the usage error of a feed that there is none of; "" is none.
func knownFeed(feedName string) error {
	if _, ok := pipeline.FeedByName(feedName); ok || feedName == "" {
		return nil
	}
	e := pipeline.Errorf(pipeline.KindUsage, "find", "feed", "unknown feed %q", feedName)
	if meant := pipeline.Closest(feedName, pipeline.FeedNames()); meant != "" {
		return e.WithHint("did you mean %s?", meant)
	}
	return e.WithHint("feeds are %s", strings.Join(pipeline.FeedNames(), ", "))
}

// namedInput is a file that a person named. Its feed is "" if neither its name
// nor feedName says one.
func namedInput(p, feedName string) (InputFile, error) {
	info, err := os.Lstat(p)
	if errors.Is(err, fs.ErrNotExist) {
		return InputFile{}, pipeline.Errorf(pipeline.KindNotFound, "read", p, "no such file").WithHint("check how it is spelled; what lies in the inbox needs no name")
	}
	if err != nil {
		return InputFile{}, pipeline.Errorf(pipeline.KindBadInput, "read", p, "%w", disk.Cause(err))
	}
	in := InputFile{Feed: feedName, Name: filepath.Base(p), Path: p, Refused: refused(info)}
	if in.Feed == "" {
		in.Feed = feed.FeedOfName(in.Name)
	}
	return in, nil
}

// openInput opens a regular file for reading; the name is not followed if it
// became a link since it was listed.
func openInput(in InputFile) (*os.File, int64, error) {
	if in.Refused != "" {
		return nil, 0, pipeline.Errorf(pipeline.KindBadInput, "read", in.Name, "%s", in.Refused)
	}
	before, err := os.Lstat(in.Path)
	if err != nil {
		return nil, 0, pipeline.Errorf(pipeline.KindBadInput, "read", in.Name, "%w", disk.Cause(err))
	}
	if why := refused(before); why != "" {
		return nil, 0, pipeline.Errorf(pipeline.KindBadInput, "read", in.Name, "%s", why)
	}
	// Without waiting: what was a file a moment ago can be a pipe now.
	f, err := os.OpenFile(in.Path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, 0, pipeline.Errorf(pipeline.KindBadInput, "read", in.Name, "%w", disk.Cause(err))
	}
	info, err := f.Stat()
	if err == nil && !os.SameFile(before, info) {
		err = fmt.Errorf("it was replaced while it was opened")
	}
	if err != nil {
		return nil, 0, errors.Join(pipeline.Errorf(pipeline.KindBadInput, "read", in.Name, "%w", disk.Cause(err)), f.Close())
	}
	return f, info.Size(), nil
}
