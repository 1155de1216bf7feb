package guess

import (
	"errors"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
	"carat/pipeline/feed/packing"
	"carat/pipeline/feed/workbook"
)

// First is a first layout of a file.
type First struct {
	draft draft
	name  string // of the file
	head  string
	plain bool // all of its beginning is ASCII: any encoding reads it
}

// Text is the part of carat.yaml that it is, with what it can't know as comments.
func (f *First) Text() string { return f.head + f.draft.yaml(f.name) }

// Feed is the feed that it is of.
func (f *First) Feed() string { return f.draft.Feed }

// Reads says whether it reads another file as well as the first layout of that one does:
// it rejects no more of its rows, but for words that it hasn't seen, which are then added
// to its own. try reads the other file.
func (f *First) Reads(other *First, try Try) bool {
	if f.draft.Feed != other.draft.Feed || f.draft.Layout.Encoding != other.draft.Layout.Encoding && !other.plain {
		return false
	}
	words := f.draft.wordsOf(other.draft)
	joint := f.draft
	joint.Words, joint.Meant = words, maps.Clone(f.draft.Meant)
	maps.Copy(joint.Meant, other.draft.Meant)
	if t := joint.try(try); t.Err != nil || t.Rejected > other.draft.Tried.Rejected {
		return false
	}
	f.draft.Words, f.draft.Meant = joint.Words, joint.Meant
	return true
}

// Write looks at the beginning of a file and guesses a first layout for it. Without a
// feed that whose columns come nearest is taken. What it writes is tried on the
// file, unless try is nil: what the rows speak against is guessed otherwise or said.
// An error says that the file can't be opened or has no columns.
func Write(file *os.File, name, feed, sheet string, try Try) (*First, error) {
	s, err := sampleOf(file, name, sheet)
	if err != nil {
		return nil, err
	}
	if len(s.Names) < 2 || len(s.Rows) == 0 {
		return nil, lex.BadFile(name, 0, "it has no columns with rows below them").WithHint("a layout is for delimited text, JSON and workbooks; Parquet has carat's own columns")
	}
	if f, ok := pipeline.FeedByName(feed); ok {
		return &First{s.tried(f, try), name, "", s.plain()}, nil
	}
	var best pipeline.Feed
	score := 0
	for _, f := range LikeliestFirst() {
		if n := s.draftFor(f, nil).score(f); best.Name == "" || n > score {
			best, score = f, n
		}
	}
	return &First{s.tried(best, try), name, "# Which feed it is, is a guess as well: --feed says another.\n", s.plain()}, nil
}

// plain says whether all of a sample is ASCII.
func (s sample) plain() bool {
	ascii := func(text string) bool { return !strings.ContainsFunc(text, func(r rune) bool { return r >= 0x80 }) }
	return !slices.ContainsFunc(s.Names, func(n string) bool { return !ascii(n) }) && !slices.ContainsFunc(s.Rows, func(row []cell) bool {
		return slices.ContainsFunc(row, func(c cell) bool { return !ascii(c.Text) })
	})
}

// wordsOf joins the words of two files that are read by one layout.
func (g draft) wordsOf(other draft) map[string][]string {
	words := map[string][]string{}
	for column, all := range g.Words {
		words[column] = slices.Clone(all)
	}
	for column, all := range other.Words {
		for _, w := range all {
			if other.Layout.Columns[column] == g.Layout.Columns[column] && !slices.Contains(words[column], w) {
				words[column] = append(words[column], w)
			}
		}
	}
	return words
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
	text, _ := lex.DecodeHead(head)
	if err := unlikeText(head, text, name); err != nil {
		return sample{}, err
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
