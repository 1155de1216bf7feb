package jobs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"carat/jobs/config"
	"carat/jobs/disk"
	"carat/jobs/ingest"
	"carat/pipeline"
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
	g := &guesses{layouts: map[string][]string{}, first: map[string]string{}}
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
	text := g.configuration()
	r.Ask = strings.Count(text, `: ""`) - strings.Count(string(config.Default), `: ""`)
	file := filepath.Join(dir, config.File)
	if err := disk.WriteText(file, 0o600, []byte(text)); err != nil {
		return nil, errors.Join(pipeline.Errorf(pipeline.KindInternal, "write", file, "%w", disk.Cause(err)), os.Remove(file))
	}
	return r, nil
}

// guesses are the layouts of a folder, by feed.
type guesses struct {
	layouts map[string][]string // each an item of a list
	first   map[string]string   // the first file of a series
	feeds   map[string]string
	notes   []string // a comment for each kind of file
}

var countedPart = regexp.MustCompile(`[0-9]+`)

// look judges one file.
func (g *guesses) look(ctx context.Context, path, name string) LookedAt {
	pattern := countedPart.ReplaceAllString(name, "*")
	for strings.Contains(pattern, "*-*") {
		pattern = strings.ReplaceAll(pattern, "*-*", "*")
	}
	if first := g.first[pattern]; first != "" {
		return LookedAt{name, "like " + first, g.feeds[pattern]}
	}
	feedName, how := ingest.LooksLike(path)
	one := LookedAt{name, how, feedName}
	if feedName == "" || how == "" {
		text, err := ingest.GuessLayout(ctx, path, feedName, "")
		if err != nil {
			one.As = pipeline.CutText(whyNot(err))
			g.notes = append(g.notes, fmt.Sprintf("# %s: %s", pattern, one.As))
			return one
		}
		if one.Feed = g.add(text, pattern); one.Feed == "" {
			return LookedAt{name, "nothing that carat knows", ""}
		}
		one.As = one.Feed + " by a layout"
	}
	if g.feeds == nil {
		g.feeds = map[string]string{}
	}
	g.first[pattern], g.feeds[pattern] = name, one.Feed
	g.notes = append(g.notes, fmt.Sprintf("# %s: %s", pattern, one.As))
	return one
}

func whyNot(err error) string {
	var known *pipeline.Error
	if errors.As(err, &known) && known.Cause != nil {
		return known.Cause.Error()
	}
	return err.Error()
}

// add takes a guess apart: its feed, and its lines as an item of the feed's list of
// layouts.
func (g *guesses) add(text, pattern string) (feedName string) {
	var item strings.Builder
	inside := false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		switch {
		case inside && strings.HasPrefix(line, "      "):
			item.WriteString("        " + strings.TrimPrefix(line, "      ") + "\n")
		case line == "    layout:":
			inside = true
		case strings.HasPrefix(line, "  ") && strings.HasSuffix(line, ":") && !inside:
			feedName = strings.Trim(line, " :")
		}
	}
	if _, ok := pipeline.FeedByName(feedName); !ok {
		return ""
	}
	head := fmt.Sprintf("      - name: %s\n        files: [%q]\n", layoutName(pattern), pattern)
	g.layouts[feedName] = append(g.layouts[feedName], head+item.String())
	return feedName
}

var notName = regexp.MustCompile(`[^A-Za-z0-9_.-]+`)

// layoutName makes a name of a pattern.
func layoutName(pattern string) string {
	stem, _, _ := strings.Cut(pattern, ".")
	name := strings.Trim(notName.ReplaceAllString(stem, "-"), "-_.")
	if name == "" {
		return "files"
	}
	return name[:min(len(name), 64)]
}

// configuration is the default one with the layouts in the place of its feeds.
func (g *guesses) configuration() string {
	var feeds strings.Builder
	feeds.WriteString("# What lay in the folder, and how it is read:\n" + strings.Join(g.notes, "\n") + "\nfeeds:                      # every other feed is found as inbox/<feed>*\n")
	for _, f := range pipeline.Feeds() {
		if len(g.layouts[f.Name]) == 0 && f.Name != "gift_events" {
			continue
		}
		feeds.WriteString("  " + f.Name + ":\n")
		if f.Name == "gift_events" {
			feeds.WriteString("    expected: daily\n")
		}
		if len(g.layouts[f.Name]) > 0 {
			feeds.WriteString("    layout:\n" + strings.Join(g.layouts[f.Name], ""))
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
