package talk

import (
	"context"
	"errors"
	"fmt"

	"carat/jobs/books"
	"carat/pipeline"
	"carat/pipeline/lake"
)

// Bounds on what is attached: of one exception, and of all contents together.
const (
	attachmentsMax   = 50
	attachedBytesMax = 2 << 30
)

// verbAttachment is how the record of accesses calls what is done with attachments.
const verbAttachment = "attachment"

// AttachOptions are a file that somebody lays beside an exception.
type AttachOptions struct {
	books.Setting
	ID      string // of the exception
	Name    string
	Content []byte
}

// Attach keeps a file beside an exception. What isn't of a kind that may be attached is a
// bad-input error, what there is no room for a blocked one.
func Attach(ctx context.Context, o AttachOptions) (no int64, err error) {
	if len(o.Content) > AttachmentBytesMax {
		return 0, pipeline.Errorf(pipeline.KindBadInput, "attach", pipeline.CutText(o.Name), "it is larger than %d MB", AttachmentBytesMax>>20).WithHint("attach the part that shows it")
	}
	err = about(ctx, o.Setting, books.RightComment, o.ID, func(p *books.Books, of subject) error {
		name, kind, err := judge(o.Name, o.Content)
		if err != nil {
			return err
		}
		if err := p.Lake.WantWritable(); err != nil {
			return err
		}
		one := lake.Attachment{Exception: o.ID, SubjectKind: of.kind, SubjectID: of.id, By: o.By.User, At: o.Now, Name: name, Kind: kind.mime}
		_, err = p.Recorded(ctx, o.Setting, verbAttachment, "attaches a file to "+o.ID, func() (int64, error) {
			no, err = p.Lake.Comments().Attach(ctx, one, o.Content, attachmentsMax, attachedBytesMax)
			return 1, err
		})
		return err
	})
	return no, err
}

// Attached gives a file that lies with an exception, with its bytes, to whoever may see
// the exception; that it was read is recorded. One that isn't there, or lies with another
// exception, is a not-found error.
func Attached(ctx context.Context, s books.Setting, id string, no int64) (one lake.Attachment, content []byte, err error) {
	err = about(ctx, s, books.RightExceptions, id, func(p *books.Books, _ subject) error {
		list, err := p.Lake.Comments().Attachments(ctx, id)
		if err != nil {
			return err
		}
		for _, a := range list {
			if a.No != no {
				continue
			}
			_, err := p.Recorded(ctx, s, verbAttachment, fmt.Sprintf("reads file %d of %s", no, id), func() (int64, error) {
				one = a
				content, err = p.Lake.Comments().Content(ctx, a)
				return 1, err
			})
			return err
		}
		return pipeline.Misnamed("find", "the file", "", nil, "no such file lies with exception %s", id)
	})
	return one, content, err
}

// EraseAttachment overwrites a file that lies with an exception, and its name: that there
// was one stays. Backups that were made meanwhile hold it still.
func EraseAttachment(ctx context.Context, s books.Setting, no int64) (err error) {
	if err := books.WantLake(s); err != nil {
		return err
	}
	p, err := books.OpenLocked(ctx, s, books.RightErase)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	_, err = p.Recorded(ctx, s, "erase", fmt.Sprintf("attachment %d", no), func() (int64, error) {
		return 1, p.Lake.Comments().EraseAttachment(ctx, no)
	})
	return err
}
