package ingest

import (
	"context"
	"errors"
	"fmt"

	"carat/pipeline/feed"
	"carat/pipeline/feed/guess"
)

// GuessLayout writes a first layout for a file: see guess.Write. The feed is
// that of the file's name unless feedName says it; one that doesn't exist is a
// usage error. A file that carat knows and doesn't read is refused as ingest does, unless
// feedName says what it is: a layout would read it as something that it isn't.
func GuessLayout(ctx context.Context, path, feedName, sheet string) (text string, err error) {
	if err := knownFeed(feedName); err != nil {
		return "", err
	}
	in, err := namedInput(path, feedName)
	if err != nil {
		return "", err
	}
	f, _, err := openInput(in)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	unread := feed.Unread(f, in.Name)
	if unread != nil && feedName == "" {
		return "", unread
	}
	if text, err = guess.Write(f, in.Name, in.Feed, sheet, tryLayout(ctx, f, in)); unread != nil && err == nil {
		text = fmt.Sprintf("# carat doesn't read this file as it is, and what you say it is it may not be:\n# %v\n", unread) + text
	}
	return text, err
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
