package ingest

import (
	"errors"

	"carat/pipeline/feed"
)

// GuessLayout writes a first layout for a file: see feed.GuessLayout. The feed is
// that of the file's name unless feedName says it; one that doesn't exist is a
// usage error.
func GuessLayout(path, feedName, sheet string) (text string, err error) {
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
	return feed.GuessLayout(f, in.Name, in.Feed, sheet)
}
