package ingest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"carat/pipeline"
	"carat/pipeline/feed"
	"carat/pipeline/lake"
)

// A file is known by its bytes and by what its layout says that they don't: two accounts'
// exports of one fee are the same bytes, and each is money of its own.

// readBefore finds the batch of a file whose bytes made others; "" where it is a file of its
// own: it has a layout of other constants, and the files of those batches lie beside it, read
// by theirs. note says that carat.yaml says something else by now of a file that is here.
func (g *ingestion) readBefore(in InputFile, f *os.File, l *feed.Layout, made []lake.CommittedBatch) (batch, note string, err error) {
	for _, b := range made {
		if then := g.layoutOf(b); l == nil || then == nil || meansSame(then, l) {
			return b.ID, "", nil
		}
	}
	for _, b := range made {
		o := readOptions(g.Config, in, b.Source)
		// The file of that batch has these bytes, so they tell how it would be read now.
		format, err := feed.RecogniseAs(f, b.Source, in.Feed, o)
		now, then := format.Layout(), g.layoutOf(b)
		if b.Source == in.Name || err == nil && now != nil && meansSame(now, l) {
			return b.ID, fmt.Sprintf("it stands as %s, read by %s with %s; carat.yaml says %s by now: if that is right, `carat undo %s --reason …` takes it out, and the next ingest reads it so", b.ID, then.Called(), saysText(then), saysText(l), b.ID), nil
		}
		if err == nil && now != nil && meansSame(now, then) && g.liesBeside(in, b) {
			continue
		}
		return "", "", pipeline.Errorf(pipeline.KindBadInput, "ingest", in.Name, "its bytes are those of %s (%s), which was read by %s with %s; by %s, with %s, they would be other rows, and nothing of it was taken",
			b.Source, b.ID, then.Called(), saysText(then), l.Called(), saysText(l)).
			WithHint("if both are files of their own, have %s lie in the inbox beside it, with both layouts in carat.yaml; if it is one file, and %s was read wrongly, `carat undo %s --reason …` takes it out", b.Source, b.ID, b.ID)
	}
	return "", "", nil
}

// layoutOf gives the layout by which a batch was read; nil for none, and for what can't be
// read, which verify says.
func (g *ingestion) layoutOf(b lake.CommittedBatch) *feed.Layout {
	if b.Reading == "" {
		return nil
	}
	o, _, err := g.Config.ReadAgain(b.Feed, b.Reading)
	if err != nil || o.Format != feed.FormatLayout || len(o.Layouts) != 1 {
		return nil
	}
	return &o.Layouts[0]
}

// meansSame says whether two layouts say the same beyond what a file says: their constants,
// which SQL may hold too.
func meansSame(a, b *feed.Layout) bool {
	return maps.Equal(a.Constants, b.Constants) && a.SQL == b.SQL
}

// liesBeside says whether the file of a batch, byte for byte, lies in the inbox or beside
// another: then these are two, and none is the other under a new name.
func (g *ingestion) liesBeside(in InputFile, b lake.CommittedBatch) bool {
	if g.inbox == nil {
		g.inbox, _, _ = FindInputs(g.Config) // one that can't be read holds none
	}
	beside := slices.Concat(g.inbox, []InputFile{{Name: b.Source, Path: filepath.Join(filepath.Dir(in.Path), filepath.Base(b.Source))}})
	return slices.ContainsFunc(beside, func(other InputFile) bool {
		if other.Name != b.Source || other.Refused != "" {
			return false
		}
		f, size, err := openInput(other)
		if err != nil {
			return false
		}
		defer func() { _ = f.Close() }()
		sum := sha256.New()
		_, err = io.Copy(sum, f)
		return err == nil && size == b.SourceBytes && hex.EncodeToString(sum.Sum(nil)) == b.SourceSHA256
	})
}

// saysText gives in words what a layout says beyond the file.
func saysText(l *feed.Layout) string {
	var parts []string
	for _, column := range slices.Sorted(maps.Keys(l.Constants)) {
		parts = append(parts, fmt.Sprintf("%s %s", column, l.Constants[column]))
	}
	if l.SQL != "" {
		parts = append(parts, "SQL of its own")
	}
	if len(parts) == 0 {
		return "no constants"
	}
	return strings.Join(parts, ", ")
}
