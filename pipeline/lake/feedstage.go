package lake

import (
	"context"
	"fmt"
	"io"

	"carat/pipeline"
	"carat/pipeline/lake/pages"
	"carat/pipeline/lake/verify"
)

// FeedStage is a Stage for code that doesn't name the row type: its methods are
// those of Stage.
type FeedStage interface {
	pipeline.AnySink
	Raw() io.WriteCloser
	SHA256() (hash string, size int64, err error)
	AddRejects(rejects []pipeline.Reject) error
	Files() []string
	KeysMayRepeat() (bool, error)
	KeysHere(ctx context.Context, fill FillKeys) (batches []int64, known bool, err error)
	Duplicates() int64
	Drop(ctx context.Context, drop *RowSet) error
	Commit(ctx context.Context, b pipeline.Batch) (CommittedBatch, error)
	Erased() int64
	Discard() error
}

// StageFeed begins a batch of a feed, as NewStage does.
func StageFeed(ctx context.Context, l *Lake, feed pipeline.Feed, batchID string) (FeedStage, error) {
	info, ok := l.rawInfo[feed.Name]
	if !ok {
		return nil, pipeline.Errorf(pipeline.KindInternal, "stage", feed.Name, "no such table")
	}
	return info.stage(ctx, l, batchID)
}

type feedStage[T any, P pages.RowPointer[T]] struct{ *Stage[T, P] }

func (s feedStage[T, P]) OpenBlock(seq int) (pipeline.AnyBlock, error) {
	return pipeline.ToAny(s.Stage).OpenBlock(seq)
}

// FeedCheck is a SourceCheck for code that doesn't name the row type: its
// methods are those of SourceCheck.
type FeedCheck interface {
	pipeline.AnySink
	Strangers(ctx context.Context, b CommittedBatch) (n, firstLine int64, err error)
}

// CheckFeed begins a check of a batch of a feed, as NewSourceCheck does. It is
// an error if there is no such feed.
func CheckFeed(l *Lake, feed string) (FeedCheck, error) {
	info, ok := l.rawInfo[feed]
	if !ok {
		return nil, fmt.Errorf("there is no feed %q", feed)
	}
	return info.check(l), nil
}

type feedCheck[T any, P pages.RowPointer[T]] struct{ *verify.SourceCheck[T, P] }

func (c feedCheck[T, P]) OpenBlock(seq int) (pipeline.AnyBlock, error) {
	return pipeline.ToAny(c.SourceCheck).OpenBlock(seq)
}
