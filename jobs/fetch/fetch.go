package fetch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	"carat/jobs/books"
	"carat/jobs/config"
	"carat/jobs/disk"
	"carat/pipeline"
	"carat/pipeline/source"
	"carat/pipeline/spelling"
	"carat/pipeline/state"
)

// Options say what to fetch.
type Options struct {
	books.Setting
	Sources []string // these; none: all of carat.yaml
	// Wait waits between tries; nil: by the machine's clock.
	Wait source.Wait
}

// File is one file that was taken, or not.
type File struct {
	Source string `json:"source"`
	Remote string `json:"remote_name"`
	File   string `json:"file"` // in the inbox, from carat.yaml on; "" if it wasn't taken
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
	Result string `json:"result"`
	Note   string `json:"note"` // that its shape changed, or why it failed
}

// What became of a file.
const (
	FileTaken     = "fetched"
	FileUnchanged = "unchanged"     // its content was taken before
	FileNotReady  = "not there yet" // it is looked for again
	FileFailed    = "failed"
)

// Result is what a run came to.
type Result struct {
	Files []File
	// More is how many files are left for the next run, by source: there are more than
	// max_files.
	More map[string]int
}

// Inputs names what was taken, as the record of a job keeps it. None of a nil result.
func (r *Result) Inputs() (list []string) {
	if r == nil {
		return nil
	}
	for _, f := range r.Files {
		if f.Result == FileTaken {
			list = append(list, f.SHA256[:12]+" "+spelling.Spell(f.Source+" "+f.Remote))
		}
	}
	return list
}

// Run fetches what is new at the sources. One that fails doesn't stop the others: its
// error is part of the returned one, which is of bad input, beside a result that is
// complete. A busy error says that another run fetches.
func Run(ctx context.Context, o Options) (result *Result, err error) {
	names, err := o.names()
	if err != nil {
		return nil, err
	}
	if o.Wait == nil {
		o.Wait = source.Sleep
	}
	p, err := books.OpenAllowed(ctx, o.Setting, books.RightFetch)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	unlock, err := lock(o.Config)
	if err != nil {
		return nil, err
	}
	defer unlock()
	record, err := p.Begin(ctx, o.Setting, string(books.RightFetch), "")
	if err != nil {
		return nil, err
	}
	defer func() { err = record.End(ctx, err) }()
	result = &Result{More: map[string]int{}}
	var failures []error
	for _, name := range names {
		r := &run{Options: o, books: p, source: o.Config.Sources[name], result: result}
		if err := r.do(ctx); err != nil {
			failures = append(failures, r.failed(err))
		}
		if ctx.Err() != nil {
			failures = append(failures, ctx.Err())
			break
		}
	}
	record.Took(result.Inputs()...)
	return result, errors.Join(failures...)
}

// names are the sources that are meant.
func (o Options) names() ([]string, error) {
	all := slices.Sorted(maps.Keys(o.Config.Sources))
	if len(all) == 0 {
		return nil, pipeline.Errorf(pipeline.KindUsage, "fetch", "sources", "carat.yaml names none").
			WithHint("docs/configuration.md shows each kind; for example\n  sources: {rates: {kind: http, feeds: [fx_rates], url: \"https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist.zip\"}}")
	}
	for _, name := range o.Sources {
		if !slices.Contains(all, name) {
			return nil, pipeline.Misnamed("fetch", pipeline.CutText(name), name, all, "carat.yaml has no such source")
		}
	}
	if len(o.Sources) > 0 {
		return o.Sources, nil
	}
	return all, nil
}

// lockFile lies in the inbox while somebody fetches.
const lockFile = books.FetchLock

// lock lets one run at a time write into the inbox.
func lock(c *config.Config) (unlock func(), err error) {
	inbox := filepath.Join(c.Dir, "inbox")
	if err := disk.MakeFolder(inbox); err != nil {
		return nil, pipeline.Errorf(pipeline.KindInternal, "make", inbox, "%w", disk.Cause(err))
	}
	f, err := os.OpenFile(filepath.Join(inbox, lockFile), os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, pipeline.Errorf(pipeline.KindInternal, "write into", inbox, "%w", disk.Cause(err))
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(pipeline.Errorf(pipeline.KindBusy, "fetch", "sources", "another run of carat fetches").WithHint("`carat runs` says which; wait for it"), f.Close())
	}
	return func() { _ = f.Close() }, nil
}

// run is one source that is fetched from.
type run struct {
	Options
	books  *books.Books
	source config.Source
	result *Result

	try     state.SourceTry
	waiting int64
	secrets []string // that no error may hold
}

// failed is the error of a source, as it is told.
func (r *run) failed(err error) error {
	var known *pipeline.Error
	if errors.As(err, &known) {
		return err
	}
	kind, step := pipeline.KindBadInput, next(err)
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		kind = pipeline.KindInternal
	}
	return pipeline.Errorf(kind, "fetch from", r.source.Name, "%s", r.told(err)).WithHint("%s", step)
}

// told is the text of an error without a secret, in one line.
func (r *run) told(err error) string {
	return spelling.Redact(spelling.Spell(strings.ReplaceAll(err.Error(), "\n", ", and ")), r.secrets...)
}

// next is what to do about a failure.
func next(err error) string {
	var status *source.Status
	var passing *source.Passing
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return "free space there, and run again"
	case errors.As(err, &status) && (status.Code == http.StatusUnauthorized || status.Code == http.StatusForbidden):
		return "give the user and password, or the token, that it wants now, in carat.yaml"
	case errors.As(err, &status) && status.Code/100 == 3:
		return "give the address that it leads to as url, if that is to be trusted"
	case errors.As(err, &passing), errors.As(err, &status) && status.Code/100 == 5:
		return "it may pass: the next run tries again; `carat doctor` asks each source"
	}
	return "see the source in carat.yaml; `carat doctor` asks each source, and docs/operations.md says what each kind wants"
}

// recorded is a remote file's name as it is recorded: bytes that are no text are spelled, and so is what looks like that.
func recorded(f source.Remote) string {
	if utf8.ValidString(f.Name) && !strings.Contains(f.Name, `\x`) {
		return f.Name
	}
	return spelling.Spell(f.Name)
}

// failuresMore is how many files more than max_files may fail in a run: those that fail each
// time keep none of the others back.
const failuresMore = 100

// again is how often what rarely changes is looked at.
const again = 20 * time.Hour

// do fetches from the source and records how that went.
func (r *run) do(ctx context.Context) (err error) {
	if r.try, err = r.books.State.SourceTry(ctx, r.source.Name); err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, r.source.Timeout)
	defer cancel()
	err = r.fetch(limited)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		err = fmt.Errorf("it wasn't done within timeout %s; what it took stays, and the next run goes on", r.source.Timeout)
	}
	r.try.TriedAt, r.try.Waiting, r.try.Error = r.Now, r.waiting, ""
	if err != nil {
		r.try.Error = pipeline.CutText(r.told(err))
	}
	return errors.Join(err, r.books.State.SaveSourceTry(context.WithoutCancel(ctx), r.try))
}

// fetch takes what is new.
func (r *run) fetch(ctx context.Context) (err error) {
	s, err := r.open()
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }() // nothing depends on how it ends: all was read
	listed, err := source.Retry(ctx, r.source.Retries, r.Wait, func() ([]source.Remote, error) { return s.List(ctx) })
	if err != nil {
		return fmt.Errorf("list: %w", err)
	}
	r.try.ReachedAt = r.Now
	listed = slices.DeleteFunc(listed, func(f source.Remote) bool { return !r.wanted(f.Name) })
	var names []string
	for _, f := range listed {
		names = append(names, recorded(f))
	}
	before, err := r.books.State.FetchedNames(ctx, r.source.Name, names)
	if err != nil {
		return err
	}
	lookAgain := r.Now.Sub(r.try.AgainAt) >= again || r.Now.Before(r.try.AgainAt)
	var failures []error
	taken, kept := 0, map[string]bool{}
	for _, f := range listed {
		if had := before[recorded(f)]; known(f, had, lookAgain) {
			continue
		}
		if taken == r.source.Files || len(failures) == r.source.Files+failuresMore {
			r.result.More[r.source.Name]++
			continue
		}
		got, err := r.take(ctx, s, f, &before)
		if err == nil {
			taken++
		} else {
			kept[partName(f)] = true
			failures = append(failures, fmt.Errorf("%s: %w", spelling.Spell(f.Name), err))
			got = File{Result: FileFailed, Note: r.told(err), Size: max(f.Size, 0)}
		}
		if got.Result != FileUnchanged {
			got.Source, got.Remote = r.source.Name, spelling.Spell(f.Name)
			r.result.Files = append(r.result.Files, got)
		}
		if ctx.Err() != nil {
			return errors.Join(append(failures, ctx.Err())...)
		}
	}
	if len(failures) == 0 && r.result.More[r.source.Name] == 0 && lookAgain {
		r.try.AgainAt = r.Now
	}
	return errors.Join(append(failures, r.sweep(kept))...)
}

// wanted says whether a remote file is one that carat.yaml asks for.
func (r *run) wanted(name string) bool {
	if strings.HasSuffix(strings.ToLower(name), ".totals.json") && !r.source.Sidecars {
		return false
	}
	base := name[strings.LastIndexByte(name, '/')+1:]
	matches := func(pattern string) bool {
		whole, err1 := filepath.Match(pattern, name)
		last, err2 := filepath.Match(pattern, base)
		return err1 == nil && whole || err2 == nil && last
	}
	return len(r.source.Match) == 0 || slices.ContainsFunc(r.source.Match, matches)
}

// known says whether a remote file need not be looked at.
func known(f source.Remote, had []state.Fetched, lookAgain bool) bool {
	switch {
	case f.Version != "":
		return slices.ContainsFunc(had, func(one state.Fetched) bool { return one.Version == f.Version })
	case len(had) == 0:
		return f.Stale && !lookAgain
	case f.Settled:
		return true
	}
	return f.Recheck && !lookAgain
}

// sweep takes away what tries left of files that were taken since, or are gone.
func (r *run) sweep(kept map[string]bool) error {
	folder := r.Config.SourceFolder(r.source.Name)
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), partPrefix) && !kept[e.Name()] {
			err = errors.Join(err, disk.IgnoreMissing(os.Remove(filepath.Join(folder, e.Name()))))
		}
	}
	return err
}
