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
}

func (h *hereAlready) add(r engine.Repeat) {
	if h.count++; len(h.first) < hereShown {
		h.first = append(h.first, r)
	}
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
