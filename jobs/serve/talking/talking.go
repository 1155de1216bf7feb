package talking

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"carat/jobs/books"
	"carat/jobs/serve/room"
	"carat/jobs/talk"
	"carat/pipeline"
	"carat/reports/pages/site"
)

// Block is what a page shows of the talk about an exception.
type Block struct {
	talk.Talk
	ID, Path  string // where the form goes
	May       bool   // say something
	Runes     int    // that a comment may have
	Wrong     string // why nothing was kept
	Text, To  string // what was typed
	Said      bool   // it was just kept
	Untold    bool   // somebody whom it names was not told by mail
	Most      int    // MB that a file may have
	Exception string // the page of the exception
}

// saidUntold says in an address that something was kept, and not everybody told whom it names.
const saidUntold = "untold"

// Of gives the talk about an exception for a page about it, whose address says that
// something was just kept (said; "": nothing was).
func Of(ctx context.Context, s books.Setting, id string, may func(books.Right) bool, said string) (*Block, error) {
	t, err := talk.Of(ctx, s, id)
	return &Block{Talk: t, ID: id, Path: pathOf(id) + "/talk", May: may(books.RightComment), Runes: talk.RunesMax, Most: talk.AttachmentBytesMax >> 20, Said: said != "", Untold: said == saidUntold, Exception: pathOf(id)}, err
}

func pathOf(id string) string { return "/exceptions/" + url.PathEscape(id) }

// Routes are the pages of talk.
var Routes = []room.Route{
	{Pattern: "GET /exceptions/{id}/talk", Here: "/exceptions", Do: look},
	{Pattern: "POST /exceptions/{id}/talk", Here: "/exceptions", Do: say},
	{Pattern: "POST /exceptions/{id}/attach", Here: "/exceptions", Do: attach},
	{Pattern: "GET /exceptions/{id}/attached/{no}", Here: "/exceptions", Do: attached},
}

func look(v *room.Visit) (*room.Answer, error) {
	b, err := Of(v.Ctx, v.Setting, v.R.PathValue("id"), v.May, "")
	if err != nil {
		return nil, err
	}
	return pageOf(b, http.StatusOK), nil
}

func pageOf(b *Block, status int) *room.Answer {
	return &room.Answer{Template: "talk", Title: "What was said", Status: status, Data: b, Trail: []site.Place{{Path: "/exceptions", Name: "Exceptions"}, {Path: b.Exception, Name: "Exception " + b.ID}}}
}

func statusOf(err *pipeline.Error) int {
	if err.Kind == pipeline.KindBlocked {
		return http.StatusConflict
	}
	return http.StatusBadRequest
}

func say(v *room.Visit) (*room.Answer, error) {
	id := v.R.PathValue("id")
	seen, err := strconv.ParseInt(v.R.PostFormValue("seen"), 10, 64)
	if err != nil || seen < 0 {
		seen = 0
	}
	text, to := v.R.PostFormValue("text"), v.R.PostFormValue("to")
	_, err = talk.Say(v.Ctx, talk.SayOptions{Setting: v.Setting, ID: id, Text: text, Give: to, Seen: seen, Server: v.Server})
	if err == nil {
		return &room.Answer{To: pathOf(id) + "?said=1#talk"}, nil
	}
	if _, is := errors.AsType[*talk.Untold](err); is {
		return &room.Answer{To: pathOf(id) + "?said=" + saidUntold + "#talk"}, nil
	}
	known, ok := errors.AsType[*pipeline.Error](err)
	if !ok || pipeline.IsRefused(err) || known.Kind != pipeline.KindUsage && known.Kind != pipeline.KindBlocked || known.Misnamed {
		return nil, err
	}
	b, lookErr := Of(v.Ctx, v.Setting, id, v.May, "")
	if lookErr != nil {
		return nil, lookErr
	}
	b.Wrong, b.Text, b.To = known.Error(), strings.ReplaceAll(text, "\r\n", "\n"), to
	return pageOf(b, statusOf(known)), nil
}
