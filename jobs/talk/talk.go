package talk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"carat/jobs/books"
	"carat/jobs/names"
	"carat/pipeline"
	"carat/pipeline/lake"
	"carat/pipeline/spelling"
)

// Bounds on what is said.
const (
	RunesMax    = 4000 // of a comment
	commentsMax = 500  // about an exception
)

// Talk is what was said about an exception, and what lies with it.
type Talk struct {
	Comments []lake.Comment
	Attached []lake.Attachment
	With     string // who has it; "": nobody was given it
	Seen     int64  // the number of the last comment
}

func talkOf(list []lake.Comment) (t Talk) {
	t.Comments = list
	for _, one := range list {
		t.Seen = one.No
		if one.Given != "" {
			t.With = one.Given
		}
	}
	return t
}

// Of gives what was said about an exception by its id, to whoever may see that. Of one that
// there isn't, or that is of another entity, it is a not-found error.
func Of(ctx context.Context, s books.Setting, id string) (t Talk, err error) {
	err = about(ctx, s, books.RightExceptions, id, func(p *books.Books, _ subject) error {
		list, err := p.Lake.Comments().Of(ctx, id, commentsMax)
		if t = talkOf(list); err == nil {
			t.Attached, err = p.Lake.Comments().Attachments(ctx, id)
		}
		return err
	})
	return t, err
}

// subject is what an exception is about.
type subject struct{ entity, kind, id string }

// about opens books for whoever may see an exception.
func about(ctx context.Context, s books.Setting, right books.Right, id string, do func(p *books.Books, of subject) error) (err error) {
	p, err := books.OpenExisting(ctx, s, right)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	missing := pipeline.Misnamed("find", "exception", "", nil, "there is no exception %q", pipeline.CutText(id))
	if spelling.CheckText(id, false) != nil {
		return missing
	}
	t, err := p.Query(ctx, s.Config, books.Latest, "select distinct entity, subject_kind, subject_id from "+books.TableExceptions+" where exception_id = "+pipeline.SQLText(id), books.TableExceptions)
	if err != nil {
		return err
	}
	if len(t.Rows) == 0 {
		return missing
	}
	var of subject
	for i, to := range []*string{&of.entity, &of.kind, &of.id} {
		*to, _ = t.Rows[0][i].(string)
	}
	grants, err := p.Grants(ctx, s)
	if err != nil {
		return err
	}
	if only := grants.Entities(s.By, right); len(only) > 0 && !slices.Contains(only, of.entity) {
		return missing
	}
	return do(p, of)
}

// SayOptions are what somebody says about an exception.
type SayOptions struct {
	books.Setting
	ID   string
	Text string
	Give string // to whom the exception is given; "": it stays with whom it is
	Seen int64  // the number of the last comment that they saw
	// Server is where people reach the pages; a letter to whom the text names leads there.
	Server string
}

// Say keeps a comment. It is a usage error to say nothing, and to give the exception to
// somebody who may not decide about it; a blocked one where somebody else gave it away
// meanwhile. Whoever the text names (@ann) is told by mail; of whom could not be, the error
// is an Untold one, and the comment is kept.
func Say(ctx context.Context, o SayOptions) (no int64, err error) {
	one := lake.Comment{Exception: o.ID, By: o.By.User, At: o.Now, Text: strings.TrimSpace(strings.ReplaceAll(o.Text, "\r\n", "\n"))}
	refuse := func(format string, args ...any) error {
		return pipeline.Errorf(pipeline.KindUsage, "say", "", format, args...)
	}
	if err := books.CheckUser(one.By); err != nil {
		return 0, err
	}
	if err := spelling.CheckText(one.Text, true); err != nil {
		return 0, refuse("%w", err)
	}
	if len([]rune(one.Text)) > RunesMax {
		return 0, refuse("it is longer than %d characters", RunesMax)
	}
	if give := strings.TrimSpace(o.Give); give != "" {
		if one.Given, err = names.User(give); err != nil {
			return 0, refuse("%q is no name of a user", pipeline.CutText(give))
		}
	}
	if one.Text == "" && one.Given == "" {
		return 0, refuse("it says nothing")
	}
	var untold []string
	err = about(ctx, o.Setting, books.RightComment, o.ID, func(p *books.Books, of subject) error {
		grants, err := p.Grants(ctx, o.Setting)
		if err != nil {
			return err
		}
		if one.Given != "" {
			to := books.Actor{User: one.Given}
			only := grants.Entities(to, books.RightDecide)
			if len(grants) > 0 && !grants.Allow(to, books.RightDecide) || len(only) > 0 && !slices.Contains(only, of.entity) {
				return refuse("%s may not decide about it, so it can't lie with them", one.Given)
			}
		}
		if err := p.Lake.WantWritable(); err != nil {
			return err
		}
		// The access is chained: that something was said, by whom and when, and to whom it was
		// given, but no word of it.
		text := "comments on " + o.ID
		if one.Given != "" {
			text += fmt.Sprintf(", gives it to %s", one.Given)
		}
		_, err = p.Recorded(ctx, o.Setting, "exceptions", text, func() (int64, error) {
			no, err = p.Lake.Comments().Say(ctx, one, o.Seen, commentsMax)
			return 1, err
		})
		if err == nil {
			_, untold, err = tell(ctx, p, o, of.entity)
		}
		return err
	})
	if err == nil && len(untold) > 0 {
		err = &Untold{untold}
	}
	return no, err
}
