package jobs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"carat/jobs/config"
	"carat/jobs/disk"
	"carat/jobs/ingest"
	"carat/pipeline"
	"carat/pipeline/spelling"
)

// InitFromResult is what InitFrom made of a folder of exports.
type InitFromResult struct {
	Made  []string
	Files []LookedAt
	Ask   int // what nobody can know but whoever has the files: places with a question mark
}

// LookedAt is one file that was looked at.
type LookedAt struct {
	File string // its name
	As   string // "bank_lines by mt940", "bank_lines by a layout", "like sales-1.csv"
	Feed string // "" when it is no input
}

// filesLooked bounds how many files are looked at.
const filesLooked = 1_000

// InitFrom makes a work folder as Init does, with a carat.yaml that has a layout for
// each kind of file in from: what can be guessed, and comments and empty values for what
// can't. Files of one series, whose names differ in their digits alone, are one kind.
// Files that carat reads as they are need none. Nothing in from is changed, nothing is
// copied.
func InitFrom(ctx context.Context, dir, from string) (r *InitFromResult, err error) {
	entries, err := os.ReadDir(from)
	if err != nil {
		return nil, pipeline.Errorf(pipeline.KindNotFound, "read", from, "%w", disk.Cause(err)).WithHint("name the folder that your exports lie in: `carat init --from exports`")
	}
	if len(entries) > filesLooked {
		return nil, pipeline.Errorf(pipeline.KindUsage, "look at", from, "it holds %d files, more than %d", len(entries), filesLooked).WithHint("put one month's exports into a folder")
	}
	r = &InitFromResult{}
	g := &guesses{}
	for _, e := range entries {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if !e.Type().IsRegular() || strings.HasPrefix(e.Name(), ".") || e.Name() == config.File || strings.HasSuffix(e.Name(), ".totals.json") {
			continue
		}
		r.Files = append(r.Files, g.look(ctx, filepath.Join(from, e.Name()), e.Name()))
	}
	if !slices.ContainsFunc(r.Files, func(f LookedAt) bool { return f.Feed != "" }) {
		return nil, pipeline.Errorf(pipeline.KindBadInput, "look at", from, "none of its %d files is an export that carat can make something of", len(r.Files)).
			WithHint("docs/formats.md lists what it reads; `carat layout FILE` says more of one file")
	}
	if r.Made, err = Init(ctx, dir); err != nil {
		return nil, err
	}
	text := g.configuration(r.Files)
	r.Ask = strings.Count(text, `: ""`) - strings.Count(string(config.Default), `: ""`)
	file := filepath.Join(dir, config.File)
	if err := disk.WriteText(file, 0o600, []byte(text)); err != nil {
		return nil, errors.Join(pipeline.Errorf(pipeline.KindInternal, "write", file, "%w", disk.Cause(err)), os.Remove(file))
	}
	return r, nil
}

// guesses are what was made of a folder's files.
type guesses struct {
	kinds []*kind
	notes []string // a comment for each kind of file
}

// kind are files of one series that are read alike.
type kind struct {
	pattern string   // of their names, with a star for digits
	files   []string // their names
	paths   []string
	feed    string
	layout  *ingest.Guessed // nil for files that need none
}

var countedPart = regexp.MustCompile(`[0-9]+`)

// look judges one file. It is like another one of its series if its layout would be the
// same: names alone don't tell.
func (g *guesses) look(ctx context.Context, file, name string) LookedAt {
	pattern := countedPart.ReplaceAllString(name, "*")
	for strings.Contains(pattern, "*-*") {
		pattern = strings.ReplaceAll(pattern, "*-*", "*")
	}
	feedName, how := ingest.LooksLike(file)
	one := &kind{pattern: pattern, files: []string{name}, paths: []string{file}, feed: feedName}
	if feedName == "" || how == "" {
		guessed, err := ingest.Guess(ctx, file)
		if err != nil {
			as := pipeline.CutText(whyNot(err))
			g.notes = append(g.notes, spelling.OneLine(fmt.Sprintf("# %s: %s", pattern, as)))
			return LookedAt{name, as, feedName}
		}
		one.layout, one.feed = guessed, guessed.Feed()
		how = one.feed + " by a layout"
	}
	for _, k := range g.kinds {
		if k.pattern == pattern && k.takes(ctx, one, file) {
			k.files, k.paths = append(k.files, name), append(k.paths, file)
			return LookedAt{name, "like " + k.files[0], one.feed}
		}
	}
	g.kinds = append(g.kinds, one)
	g.notes = append(g.notes, spelling.OneLine(fmt.Sprintf("# %s: %s", pattern, how)))
	return LookedAt{name, how, one.feed}
}

// takes says whether a file is of the kind: it needs no layout either, or is read by its
// layout, or all files of the kind are read by that of the file, which then has seen more.
func (k *kind) takes(ctx context.Context, one *kind, file string) bool {
	if k.layout == nil || one.layout == nil || k.feed != one.feed {
		return k.layout == nil && one.layout == nil && k.feed == one.feed
	}
	if k.layout.Reads(ctx, file, one.layout) {
		return true
	}
	for _, other := range k.paths {
		if !one.layout.Reads(ctx, other, k.layout) {
			return false
		}
	}
	k.layout = one.layout
	return true
}

func whyNot(err error) string {
	var known *pipeline.Error
	if errors.As(err, &known) && known.Cause != nil {
		return known.Cause.Error()
	}
	return err.Error()
}

// item gives the layout of a kind as an item of its feed's list of layouts. Where its
// pattern would take a file of another kind too, it is for its own files alone.
func (g *guesses) item(k *kind, name string, all []LookedAt) string {
	var item strings.Builder
	shared := slices.ContainsFunc(all, func(f LookedAt) bool {
		fits, _ := path.Match(k.pattern, f.File)
		return fits && !slices.Contains(k.files, f.File)
	})
	if shared {
		var names []string
		for _, f := range k.files {
			names = append(names, strconv.Quote(notPattern.Replace(f)))
		}
		fmt.Fprintf(&item, "      - name: %s\n        files: [%s] # ? other files of this series are of another kind: say by which names these are told\n", name, strings.Join(names, ", "))
	} else {
		fmt.Fprintf(&item, "      - name: %s\n        files: [%q]\n", name, k.pattern)
	}
	inside := false
	for line := range strings.Lines(k.layout.Text()) {
		line = strings.TrimRight(line, "\n")
		switch {
		case inside && strings.HasPrefix(line, "      "):
			item.WriteString("        " + strings.TrimPrefix(line, "      ") + "\n")
		case line == "    layout:":
			inside = true
		}
	}
	return item.String()
}

// notPattern makes a name a pattern that it alone fits.
var notPattern = strings.NewReplacer("*", "[*]", "?", "[?]", "[", "[[]")

var notName = regexp.MustCompile(`[^A-Za-z0-9_.-]+`)

// layoutName makes a name of a pattern.
func layoutName(pattern string) string {
	stem, _, _ := strings.Cut(pattern, ".")
	name := strings.Trim(notName.ReplaceAllString(stem, "-"), "-_.")
	if name == "" {
		return "files"
	}
	return name[:min(len(name), 60)]
}

// configuration is the default one with the layouts in the place of its feeds.
func (g *guesses) configuration(all []LookedAt) string {
	layouts := map[string]string{} // by feed
	names := map[string]bool{}
	for _, k := range g.kinds {
		if k.layout == nil {
			continue
		}
		name := layoutName(k.pattern)
		for n := 2; names[k.feed+" "+name]; n++ {
			name = fmt.Sprintf("%s-%d", layoutName(k.pattern), n)
		}
		names[k.feed+" "+name] = true
		layouts[k.feed] += g.item(k, name, all)
	}
	var feeds strings.Builder
	feeds.WriteString("# What lay in the folder, and how it is read:\n" + strings.Join(g.notes, "\n") + "\nfeeds:                      # every other feed is found as inbox/<feed>*\n")
	for _, f := range pipeline.Feeds() {
		if layouts[f.Name] == "" && f.Name != "gift_events" {
			continue
		}
		feeds.WriteString("  " + f.Name + ":\n")
		if f.Name == "gift_events" {
			feeds.WriteString("    expected: daily\n")
		}
		if layouts[f.Name] != "" {
			feeds.WriteString("    layout:\n" + layouts[f.Name])
		}
	}
	var out strings.Builder
	skip := false
	for line := range strings.Lines(string(config.Default)) {
		if strings.HasPrefix(line, "feeds:") {
			out.WriteString(feeds.String())
			skip = true
			continue
		}
		if skip = skip && strings.HasPrefix(line, " "); !skip {
			out.WriteString(line)
		}
	}
	return out.String()
}
