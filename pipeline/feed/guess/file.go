package guess

import (
	"errors"
	"io"
	"os"
	"slices"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
	"carat/pipeline/feed/packing"
	"carat/pipeline/feed/workbook"
)

// Write looks at the beginning of a file and writes the part of carat.yaml
// that a first layout for it is, with what it can't know as comments. Without a
// feed that whose columns come nearest is taken. What it writes is tried on the
// file, unless try is nil: what the rows speak against is guessed otherwise or said.
// An error says that the file can't be opened or has no columns.
func Write(file *os.File, name, feed, sheet string, try Try) (string, error) {
	s, err := sampleOf(file, name, sheet)
	if err != nil {
		return "", err
	}
	if len(s.Names) < 2 || len(s.Rows) == 0 {
		return "", lex.BadFile(name, 0, "it has no columns with rows below them").WithHint("a layout is for delimited text, JSON and workbooks; Parquet has carat's own columns")
	}
	if f, ok := pipeline.FeedByName(feed); ok {
		return s.tried(f, try).yaml(name), nil
	}
	var best pipeline.Feed
	score := 0
	for _, f := range LikeliestFirst() {
		if n := s.draftFor(f, nil).score(f); best.Name == "" || n > score {
			best, score = f, n
		}
	}
	return "# Which feed it is, is a guess as well: --feed says another.\n" + s.tried(best, try).yaml(name), nil
}

// Columns gives the names of the columns that a file seems to have; none of what has
// none, or can't be read.
func Columns(file *os.File, name string) []string {
	s, err := sampleOf(file, name, "")
	if err != nil {
		return nil
	}
	return s.Names
}

func sampleOf(file *os.File, name, sheet string) (sample, error) {
	info, err := file.Stat()
	if err != nil {
		return sample{}, pipeline.Errorf(pipeline.KindInternal, "read", name, "%w", err)
	}
	head := make([]byte, packing.HeadBytes)
	n, err := file.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return sample{}, pipeline.Errorf(pipeline.KindInternal, "read", name, "%w", err)
	}
	head = head[:n]
	how := packing.Of(head)
	if how == packing.Zip && workbook.Is(file) {
		return sampleSheet(file, info.Size(), name, sheet)
	}
	if how != packing.Plain {
		if head, err = packing.Head(file, name, how); err != nil {
			return sample{}, err
		}
	}
	return sampleText(head, len(head) < packing.HeadBytes), nil
}

// LikeliestFirst gives the feeds in the order in which two that come equally
// near are named: of events, of balances, of reference.
func LikeliestFirst() []pipeline.Feed {
	rank := func(f pipeline.Feed) int {
		switch {
		case f.Reference:
			return 2
		case f.Name == "balances":
			return 1
		}
		return 0
	}
	feeds := pipeline.Feeds()
	slices.SortStableFunc(feeds, func(a, b pipeline.Feed) int { return rank(a) - rank(b) })
	return feeds
}
