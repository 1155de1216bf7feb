package ingest

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"

	"carat/pipeline"
	"carat/pipeline/feed"
	"carat/pipeline/feed/guess"
)

// triedRows bounds the rows by which a guessed layout is tried, triedBytes the blocks that
// they are read in.
const (
	triedRows  = 10_000
	triedBytes = 1 << 20
)

// errTried ends the reading of a file of which enough was seen.
var errTried = errors.New("enough was read")

// tryLayout gives how a file is read by a layout: its rows go nowhere, and of a long file
// the beginning is read.
func tryLayout(ctx context.Context, f *os.File, in InputFile) guess.Try {
	return func(feedName string, l *feed.Layout) (tried guess.Tried) {
		of, ok := pipeline.FeedByName(feedName)
		info, err := f.Stat()
		if err == nil {
			_, err = f.Seek(0, 0)
		}
		if !ok || err != nil {
			return guess.Tried{Err: err}
		}
		sink := &triedSink{}
		_, err = feed.ReadFeed(ctx, of, feed.Input{Path: in.Path, Name: in.Name, File: f, Size: info.Size()}, feed.Options{BatchID: "tried", Entity: "main",
			Zone: time.UTC, Calendar: pipeline.NewCalendar(time.UTC, ""), BlockBytes: triedBytes, MaxRejectShare: 1_000_000_000,
			Format: feed.FormatLayout, Layouts: []feed.Layout{*l},
			OnRejects: func(rejects []pipeline.Reject) error {
				tried.Rejected += int64(len(rejects))
				for _, r := range rejects {
					if r.OtherLine == nil { // not one whose key came before: it may be the same row twice
						tried.Note(r.SourceLine, r.Column, r.Code, r.Value, r.Expected)
					}
				}
				return sink.count(len(rejects))
			}}, sink)
		tried.Taken = int64(sink.taken)
		if !errors.Is(err, errTried) {
			tried.Err = err
		}
		return tried
	}
}

// triedSink counts rows.
type triedSink struct {
	mu          sync.Mutex
	seen, taken int
}

func (s *triedSink) count(rows int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen += rows; s.seen >= triedRows {
		return errTried
	}
	return nil
}

func (s *triedSink) OpenBlock(int) (pipeline.AnyBlock, error) { return s, nil }

func (s *triedSink) Write(rows pipeline.RowBuffer) error {
	s.mu.Lock()
	s.taken += rows.Len()
	s.mu.Unlock()
	return s.count(rows.Len())
}

func (s *triedSink) Close() error { return nil }
