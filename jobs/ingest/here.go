package ingest

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"carat/jobs/books"
	"carat/pipeline/engine"
	"carat/pipeline/lake"
)

// hereShown is how many rows that are here already are named.
const hereShown = 3

// hereAlready are rows of a file that did not come in because they are here. Where ids
// are made of what a row says, two equal bookings of two files have one id: which rows
// those were is told, so that somebody can look.
type hereAlready struct {
	made  bool // the file's ids are made of content
	count int64
	first []engine.Repeat
	// versions are rows of a reference feed whose key stands earlier in the same file
	// with other content.
	versions      int64
	firstVersions []engine.Repeat
}

func (h *hereAlready) add(r engine.Repeat) {
	if h.count++; len(h.first) < hereShown {
		h.first = append(h.first, r)
	}
}

// version notes a row of a reference feed that has another version before it; batch is the file's own.
func (h *hereAlready) version(r engine.Repeat, batch string) {
	if r.OtherBatch != batch {
		return // a correction of what was told before, as it should come
	}
	if h.versions++; len(h.firstVersions) < hereShown {
		h.firstVersions = append(h.firstVersions, r)
	}
}

// twice says which rows of one reference file stand against each other: one key, one
// beginning, and other terms. The later counts, which nobody may have meant.
func (h *hereAlready) twice() string {
	if h.versions == 0 {
		return ""
	}
	var rows []string
	for _, r := range h.firstVersions {
		rows = append(rows, fmt.Sprintf("line %d against line %d (%s)", r.Line, r.OtherLine, r.Key))
	}
	if h.versions > hereShown {
		rows = append(rows, "…")
	}
	return fmt.Sprintf("%d rows have the key of a row before them in this file with other content, and the later counts: %s; if the earlier is right, send it once more in a file of its own", h.versions, strings.Join(rows, ", "))
}

// sources gives the names of the files that the batches in question were made of.
func (h *hereAlready) sources(ctx context.Context, l *lake.Lake) (map[string]string, error) {
	if !h.made || h.count == 0 {
		return nil, nil
	}
	all, err := l.Batches(ctx, books.Latest)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, b := range all {
		if slices.ContainsFunc(h.first, func(r engine.Repeat) bool { return r.OtherBatch == b.ID }) {
			names[b.ID] = b.Source
		}
	}
	return names, nil
}

// note says which rows those are, and what to do if they are others; "" where there are
// none or the file has ids of its own.
func (h *hereAlready) note(read int64, sources map[string]string) string {
	if !h.made || h.count == 0 {
		return ""
	}
	var rows []string
	for _, r := range h.first {
		text := fmt.Sprintf("line %d is line %d of %s", r.Line, r.OtherLine, r.OtherBatch)
		if name := sources[r.OtherBatch]; name != "" {
			text += " (" + name + ")"
		}
		rows = append(rows, text)
	}
	if h.count > hereShown {
		rows = append(rows, "…")
	}
	return fmt.Sprintf("%d of %d rows say what rows that are here say, and did not come in: %s; if they are others, have both in one file, in which equal rows are counted each, "+
		"or name a column that tells them apart: id: {content: […]}", h.count, read, strings.Join(rows, ", "))
}
