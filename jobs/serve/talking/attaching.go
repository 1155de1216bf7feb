package talking

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"

	"carat/jobs/serve/room"
	"carat/jobs/serve/web"
	"carat/jobs/talk"
	"carat/pipeline"
)

// formBytes is what a form may have around the file that it brings.
const formBytes = 64 << 10

// attachingAtOnce bounds the files that are held in memory.
var attachingAtOnce = make(chan struct{}, 4)

// BytesAt gives how many bytes may be posted with a file to a path; 0: no file may.
func BytesAt(path string) int64 {
	id, is := strings.CutPrefix(path, "/exceptions/")
	if id, attaches := strings.CutSuffix(id, "/attach"); !is || !attaches || id == "" || strings.Contains(id, "/") {
		return 0
	}
	return talk.AttachmentBytesMax + formBytes
}

// attach keeps a file that somebody brings. Who may not attach is told before anything of
// the file is read.
func attach(v *room.Visit) (*room.Answer, error) {
	id := v.R.PathValue("id")
	b, err := Of(v.Ctx, v.Setting, id, v.May, "")
	if err != nil {
		return nil, err
	}
	if !b.May {
		_, err := talk.Attach(v.Ctx, talk.AttachOptions{Setting: v.Setting, ID: id}) // which says why
		return nil, err
	}
	select {
	case attachingAtOnce <- struct{}{}:
		defer func() { <-attachingAtOnce }()
	case <-v.Ctx.Done():
		return nil, v.Ctx.Err()
	}
	name, content, err := brought(web.Parts(v.R.Context()))
	if err == nil {
		_, err = talk.Attach(v.Ctx, talk.AttachOptions{Setting: v.Setting, ID: id, Name: name, Content: content})
	}
	if err == nil {
		return &room.Answer{To: pathOf(id) + "?said=1#talk"}, nil
	}
	known, ok := errors.AsType[*pipeline.Error](err)
	if !ok || pipeline.IsRefused(err) || known.Misnamed || known.Kind != pipeline.KindBadInput && known.Kind != pipeline.KindBlocked {
		return nil, err
	}
	b.Wrong = known.Error()
	return pageOf(b, statusOf(known)), nil
}

// brought reads the file of a form. The error is a bad-input one for whoever brings it.
func brought(parts *multipart.Reader) (name string, content []byte, err error) {
	bad := func(hint, format string, args ...any) (string, []byte, error) {
		return "", nil, pipeline.Errorf(pipeline.KindBadInput, "attach", "a file", format, args...).WithHint("%s", hint)
	}
	for parts != nil {
		part, err := parts.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return bad("choose one", "none was chosen")
		case err == nil && part.FormName() != "file":
			continue
		case err == nil:
			if part.FileName() == "" {
				return bad("choose one", "none was chosen")
			}
			name = part.FileName()
			content, err = io.ReadAll(io.LimitReader(part, talk.AttachmentBytesMax+1))
		}
		if _, large := errors.AsType[*http.MaxBytesError](err); large || len(content) > talk.AttachmentBytesMax {
			return bad("attach the part that shows it", "it is larger than %d MB", talk.AttachmentBytesMax>>20)
		}
		if err != nil {
			return bad("bring it again", "it broke off")
		}
		return name, content, nil
	}
	return bad("choose one", "none was chosen")
}

// attached gives a file to be kept: it is never shown.
func attached(v *room.Visit) (*room.Answer, error) {
	no, err := strconv.ParseInt(v.R.PathValue("no"), 10, 64)
	if err != nil {
		no = 0 // none has it
	}
	one, content, err := talk.Attached(v.Ctx, v.Setting, v.R.PathValue("id"), no)
	if err != nil {
		return nil, err
	}
	return &room.Answer{File: &room.File{Name: one.Name, Kind: one.Kind, Content: content}}, nil
}
