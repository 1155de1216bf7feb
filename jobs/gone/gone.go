// Package gone tells files of persons that an erasure removed, or that were not kept because
// they name somebody who was erased, from those that somebody else took away.
//
// It promises that each file is excused by its own hash, which is kept in the chained state,
// by an erasure before it removes the file. An erasure of before that kept none, and
// excuses what its person could have been named in. It may import books and what is below.
package gone

import (
	"context"
	"strconv"
	"strings"
	"time"

	"carat/jobs/books"
	"carat/jobs/config"
	"carat/pipeline"
	"carat/pipeline/lake"
	"carat/pipeline/state"
)

const (
	noteSince  = "erasures name their files since"
	noteErased = "erased file " // and its hash
)

// Begin keeps that erasures name their files from now on, once.
func Begin(ctx context.Context, p *books.Books, now time.Time) error {
	since, err := p.State.Note(ctx, noteSince)
	if err != nil || since != "" {
		return err
	}
	return p.State.KeepNote(ctx, noteSince, now.UTC().Format(time.RFC3339Nano))
}

// Keep keeps that the file of a hash is removed by an erasure, or isn't kept for one.
func Keep(ctx context.Context, p *books.Books, sha256 string, now time.Time) error {
	return p.State.KeepNote(ctx, noteErased+sha256, now.UTC().Format(time.RFC3339))
}

// Unexcused gives those of the batches whose file is gone that no erasure removed. verb is
// what the record of accesses calls an erasure.
func Unexcused(ctx context.Context, p *books.Books, c *config.Config, verb string, missing []lake.CommittedBatch) (list []lake.CommittedBatch, err error) {
	var old []erasure
	for i, b := range missing {
		if at, err := p.State.Note(ctx, noteErased+b.SourceSHA256); err != nil || at != "" {
			if err != nil {
				return nil, err
			}
			continue
		}
		if old == nil {
			if old, err = before(ctx, p, verb); err != nil {
				return nil, err
			}
		}
		excused, err := couldHave(ctx, p, c, missing[i], old)
		if err != nil {
			return nil, err
		}
		if !excused {
			list = append(list, b)
		}
	}
	return list, nil
}

// erasure is one of before files were named, done or begun.
type erasure struct{ creator string }

// before reads them, with the other ids under which each erased the same person.
func before(ctx context.Context, p *books.Books, verb string) ([]erasure, error) {
	list := []erasure{}
	text, err := p.State.Note(ctx, noteSince)
	if err != nil {
		return nil, err
	}
	since, err := time.Parse(time.RFC3339Nano, text)
	named := text != "" && err == nil
	accesses, err := p.State.Accesses(ctx)
	if err != nil {
		return nil, err
	}
	for _, a := range accesses {
		if a.Verb == verb && (a.Outcome == state.AccessDone || a.Outcome == state.AccessRunning) && !(named && !a.At.Before(since)) {
			list = append(list, erasure{a.Text})
		}
	}
	if len(list) == 0 {
		return list, nil
	}
	jobs, err := p.State.Jobs(ctx, books.RunsUnpublished)
	for _, j := range jobs {
		for _, line := range j.Inputs {
			quoted, also := strings.CutPrefix(line, "erased ")
			if id, err := strconv.Unquote(strings.TrimSuffix(quoted, " too")); j.Job == verb && also && err == nil && !(named && !j.StartedAt.Before(since)) {
				list = append(list, erasure{id})
			}
		}
	}
	return list, err
}

// couldHave says whether a batch's file could have named somebody who was erased, before it
// came or after (then it was not kept): a row of the history does; or rows of the file are
// none of it (rejected, or there already), or it was packed, and then an erasure removed it
// whomever it named.
func couldHave(ctx context.Context, p *books.Books, c *config.Config, b lake.CommittedBatch, old []erasure) (bool, error) {
	feed, ok := pipeline.FeedByName(b.Feed)
	if !ok || feed.Owner == "" {
		return false, nil
	}
	name := strings.ToLower(b.Source)
	packed := strings.HasSuffix(name, ".zip") || strings.HasSuffix(name, ".xlsx") || strings.HasSuffix(name, ".ods") || strings.HasSuffix(name, ".parquet")
	for _, e := range old {
		if packed || b.RowsRejected+b.RowsDuplicate > 0 {
			return true, nil
		}
		found, err := p.Query(ctx, c, books.Latest, "select 1 from "+feed.Name+" where batch_id = "+pipeline.SQLText(b.ID)+
			" and contains(lower("+feed.Owner+"), lower("+pipeline.SQLText(e.creator)+")) limit 1", feed.Name)
		if err != nil || len(found.Rows) > 0 {
			return err == nil, err
		}
	}
	return false, nil
}
