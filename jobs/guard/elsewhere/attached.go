package elsewhere

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"strings"

	"carat/pipeline/lake"
	"carat/pipeline/state"
)

// unpackedMax bounds what is unpacked of a workbook to be searched.
const unpackedMax = 100 << 20

// Left gives what may still show a person who was erased, with what a person is to do about it: copies of the lake, and
// attachments of exceptions that are about somebody else.
func Left(ctx context.Context, l *lake.Lake, jobs []state.Job, person string, texts [][]byte) iter.Seq2[string, string] {
	return func(yield func(where, says string) bool) {
		for _, place := range Copies(jobs) {
			if says := Says(ctx, place, person); says != "" && !yield(place, says) {
				return
			}
		}
		list, err := l.Comments().Attachments(ctx, "")
		if err != nil {
			yield("attachments", fmt.Sprintf("they can't be read (%v): look which show the person", err))
			return
		}
		var unseen []string
		for _, one := range list {
			if one.Erased() {
				continue
			}
			where := fmt.Sprintf("attachment %d of exception %s", one.No, one.Exception)
			content, err := l.Comments().Content(ctx, one)
			shows, searched := shows(one, content, texts)
			switch {
			case err != nil || shows:
				if !yield(where, fmt.Sprintf("it shows the person, or can't be read: `carat erase --attachment %d` removes it", one.No)) {
					return
				}
			case !searched:
				unseen = append(unseen, fmt.Sprint(one.No))
			}
		}
		if len(unseen) > 0 {
			yield(fmt.Sprintf("%d attachments", len(unseen)), "they are pictures, mails or PDF, which carat can't search: look whether one shows the person, and remove it by `carat erase --attachment NO`; their numbers are "+strings.Join(unseen, ", "))
		}
	}
}

// shows says whether an attachment shows one of some texts, and whether all of it could be searched.
func shows(one lake.Attachment, content []byte, texts [][]byte) (shows, searched bool) {
	found := func(content []byte) bool {
		for _, text := range texts {
			if bytes.Contains(content, text) {
				return true
			}
		}
		return false
	}
	if found([]byte(one.Name)) || found(content) {
		return true, true
	}
	if strings.HasPrefix(one.Kind, "text/") {
		return false, true
	}
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return false, false
	}
	left := int64(unpackedMax)
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			return false, false
		}
		text, err := io.ReadAll(io.LimitReader(r, left))
		_ = r.Close()
		if left -= int64(len(text)); err != nil || left <= 0 {
			return false, false
		}
		if found(text) {
			return true, true
		}
	}
	return false, true
}
