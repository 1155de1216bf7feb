package ingest

import (
	"context"
	"errors"
	"fmt"

	"carat/pipeline/feed"
	"carat/pipeline/feed/guess"
)

// GuessLayout writes a first layout for a file: see package guess. The feed is
// that of the file's name unless feedName says it; one that doesn't exist is a
// usage error. A file that carat knows and doesn't read is refused as ingest does, unless
// feedName says what it is: a layout would read it as something that it isn't.
func GuessLayout(ctx context.Context, path, feedName, sheet string) (string, error) {
	g, err := guessOf(ctx, path, feedName, sheet)
	if err != nil {
		return "", err
	}
	return g.Text(), nil
}

// Guessed is a first layout of a file.
type Guessed struct {
	first *guess.First
	note  string
}

// Guess is GuessLayout of a file of which only its name says the feed, for whoever
// compares it with others.
func Guess(ctx context.Context, path string) (*Guessed, error) { return guessOf(ctx, path, "", "") }

// Text is the part of carat.yaml that the layout is.
func (g *Guessed) Text() string { return g.note + g.first.Text() }

// Feed is the feed that it is of.
func (g *Guessed) Feed() string { return g.first.Feed() }

// Reads says whether another file, of which there is a first layout too, is read by this one
// as well as by its own. Words that the other has and this one doesn't are then added to it.
func (g *Guessed) Reads(ctx context.Context, path string, other *Guessed) bool {
	in, err := namedInput(path, g.Feed())
	if err != nil {
		return false
	}
	f, _, err := openInput(in)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }()
	return g.first.Reads(other.first, tryLayout(ctx, f, in))
}

func guessOf(ctx context.Context, path, feedName, sheet string) (g *Guessed, err error) {
	if err := knownFeed(feedName); err != nil {
		return nil, err
	}
	in, err := namedInput(path, feedName)
	if err != nil {
		return nil, err
	}
	f, _, err := openInput(in)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	unread := feed.Unread(f, in.Name)
	if unread != nil && feedName == "" {
		return nil, unread
	}
	g = &Guessed{}
	if unread != nil {
		g.note = fmt.Sprintf("# carat doesn't read this file as it is, and what you say it is it may not be:\n# %v\n", unread)
	}
	g.first, err = guess.Write(f, in.Name, in.Feed, sheet, tryLayout(ctx, f, in))
	return g, err
}

// LooksLike says of which feed a file is that carat reads as it is, and how: the feed's
// own columns under its name, or a published format. Of a file that needs a layout the
// feed is that of its name, or "", and how is "".
func LooksLike(path string) (feedName, how string) {
	in, err := namedInput(path, "")
	if err != nil {
		return "", ""
	}
	f, _, err := openInput(in)
	if err != nil {
		return in.Feed, ""
	}
	defer func() { _ = f.Close() }()
	format, err := feed.RecogniseFile(f, in.Name, in.Feed)
	if err != nil {
		return in.Feed, ""
	}
	if in.Feed == "" && format.Feed == "" || !feed.Reads(f, in.Name, format) {
		return in.Feed, ""
	}
	return format.Feed, format.Feed + " by " + format.String()
}
