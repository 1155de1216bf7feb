package pages

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"carat/jobs/books"
	"carat/jobs/creators"
	"carat/jobs/ingest"
	"carat/jobs/serve/uploads"
	"carat/jobs/serve/web"
	"carat/pipeline"
	"carat/reports/pages/site"
)

// uploadPath is where files are brought to.
const uploadPath = "/upload"

// feedBytesMax bounds the name of a feed.
const feedBytesMax = 100

// uploadForm is the page on which somebody chooses a file.
type uploadForm struct {
	Feeds []string
	Feed  string
	Most  string
	Wrong string
	Hint  string
}

func (v *visit) uploadForm() (*answer, *uploadForm, error) {
	if err := v.standing.grants.May(v.By, books.RightIngest); err != nil {
		return nil, nil, err
	}
	f := &uploadForm{Feeds: pipeline.FeedNames(), Most: fmt.Sprint(web.UploadBytes >> 20)}
	return &answer{template: "upload", title: "Upload a file", trail: []site.Place{{Path: "/files", Name: "Files"}}, data: f}, f, nil
}

// uploadPage lets somebody choose a file, or drop one.
func (p *Pages) uploadPage(v *visit) (*answer, error) {
	a, _, err := v.uploadForm()
	return a, err
}

// upload keeps a file that somebody brings and looks what would become of it. Nothing is
// taken in yet.
func (p *Pages) upload(v *visit) (*answer, error) {
	a, form, err := v.uploadForm()
	if err != nil {
		return nil, err
	}
	f, err := p.bring(v, form)
	if err == nil {
		piece, starts := p.work.Start(v.By.User, "look into "+f.Name, p.dryRun(v.Setting, f))
		if starts == nil {
			return &answer{to: "/work/" + piece.ID}, nil
		}
		err = errors.Join(starts, p.brought.Drop(f.ID))
	}
	e, status := amendable(err)
	switch {
	case isTooLarge(err):
		a.status, form.Wrong = http.StatusRequestEntityTooLarge, "The file is larger than "+form.Most+" MB."
		form.Hint = "Lay it into the inbox, where the size has no bound."
	case e != nil:
		a.status, form.Wrong, form.Hint = status, e.Error(), ""
	default:
		return nil, err
	}
	return a, nil
}

func isTooLarge(err error) bool {
	_, large := errors.AsType[*http.MaxBytesError](err)
	return large
}

// bring reads the form: the feed, then the file.
func (p *Pages) bring(v *visit, form *uploadForm) (f uploads.File, err error) {
	none := pipeline.Errorf(pipeline.KindBadInput, "bring", "a file", "none was chosen").WithHint("choose one")
	parts := web.Parts(v.r.Context())
	if parts == nil {
		return f, none
	}
	for {
		part, err := parts.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return f, none
		case isTooLarge(err):
			return f, err
		case err != nil:
			return f, pipeline.Errorf(pipeline.KindBadInput, "bring", "a file", "it broke off: %w", err).WithHint("bring it again")
		}
		switch part.FormName() {
		case "feed":
			text, err := io.ReadAll(io.LimitReader(part, feedBytesMax))
			if err != nil {
				return f, pipeline.Errorf(pipeline.KindBadInput, "bring", "a file", "it broke off: %w", err)
			}
			if form.Feed = string(text); form.Feed != "" && !slices.Contains(form.Feeds, form.Feed) {
				form.Feed = ""
				return f, pipeline.Errorf(pipeline.KindBadInput, "bring", "a file", "there is no feed of that name").WithHint("choose one of the list")
			}
		case "file":
			f, err := p.brought.Keep(v.By.User, part.FileName(), form.Feed, part)
			var e *pipeline.Error
			if err != nil && !errors.As(err, &e) && !isTooLarge(err) {
				err = pipeline.Errorf(pipeline.KindBadInput, "bring", f.Name, "it broke off: %w", err).WithHint("bring it again")
			}
			return f, err
		}
	}
}

// lookedInto is what would become of a file, or became of it.
type lookedInto struct {
	uploads.File
	Dry      *ingest.DryFile
	Rows     site.Rows
	Sums     []fact
	Wrong    string // why it would fail
	Hint     string
	May      bool // take it in
	Reading  string
	TakePath string
}

// dryRun looks what would become of a file, as carat ingest --dry-run does.
func (p *Pages) dryRun(s books.Setting, f uploads.File) func(context.Context, books.Progress) (any, error) {
	s.Arguments = []string{"serve", "look into", f.Name}
	return func(ctx context.Context, tell books.Progress) (any, error) {
		s.Now, s.Progress = p.Clock(), tell
		files, err := ingest.DryRun(ctx, ingest.Options{Setting: s, Files: []string{f.Path}, Feed: f.Feed})
		l := &lookedInto{File: f}
		came := outcome{File: l, Of: f, Back: site.Place{Path: uploadPath, Name: "Upload another file"}}
		var e *pipeline.Error
		if err != nil && (!errors.As(err, &e) || e.Kind == pipeline.KindInternal || pipeline.IsRefused(err)) {
			return came, err
		}
		if len(files) == 1 {
			l.Dry = &files[0]
			l.show(s.Config.Zone)
		}
		if e != nil {
			said := *e
			said.Hint = ""
			l.Wrong, l.Hint = came.hide(said.Error()), came.hide(e.Hint)
			return came, nil
		}
		l.May, l.TakePath = l.Dry.Result == ingest.FileWouldIngest, uploadPath+"/"+url.PathEscape(f.ID)
		return came, nil
	}
}

// show fills in the first good rows and the sums of what was read.
func (l *lookedInto) show(zone *time.Location) {
	l.Rows = site.Texts("The first good rows", l.Dry.Columns, l.Dry.Rows, zone)
	for _, column := range slices.Sorted(maps.Keys(l.Dry.Sums)) {
		l.Sums = append(l.Sums, fact{Name: column, Text: l.Dry.SumText(column)})
	}
}

// hide takes out of a text where a file lies that somebody has brought.
func (o outcome) hide(text string) string {
	if o.Of.Path == "" {
		return text
	}
	return strings.ReplaceAll(text, o.Of.Path, o.Of.Name)
}

// takeIn takes a file in that somebody has brought and looked into.
func (p *Pages) takeIn(v *visit) (*answer, error) {
	a, form, err := v.uploadForm()
	if err != nil {
		return nil, err
	}
	f, ok := p.brought.Get(v.By.User, v.r.PathValue("id"))
	if !ok {
		a.status, form.Wrong = http.StatusNotFound, "The file is not kept any more: the server has started again since, others were brought after it, or it was taken in already."
		form.Hint = "Bring it again."
		return a, nil
	}
	s := v.Setting
	s.Arguments = []string{"serve", "ingest", f.Name}
	piece, err := p.work.Start(v.By.User, "ingest "+f.Name, func(ctx context.Context, tell books.Progress) (any, error) {
		s.Now, s.Progress = p.Clock(), tell
		came := outcome{Of: f, Back: site.Place{Path: uploadPath, Name: "Upload another file"}}
		r, err := ingest.Files(ctx, ingest.Options{Setting: s, Files: []string{f.Path}, Feed: f.Feed})
		if err != nil {
			return came, err
		}
		creators.AfterIngest(ctx, s)
		for _, one := range r.Files {
			came.Says = append(came.Says, fmt.Sprintf("%s: %s as batch %s, of whose rows %s accepted, %s rejected, %s duplicate.", f.Name, one.Result, one.Batch, number(one.RowsAccepted), number(one.RowsRejected), number(one.RowsDuplicate)))
			came.Links = append(came.Links, site.Place{Path: "/files/" + url.PathEscape(one.Batch), Name: "Batch " + one.Batch})
		}
		return came, p.brought.Drop(f.ID)
	})
	if err != nil {
		e, status := amendable(err)
		if e == nil {
			return nil, err
		}
		a.status, form.Wrong = status, e.Error()
		return a, nil
	}
	return &answer{to: "/work/" + piece.ID}, nil
}

func number(n int64) string { return site.Number(fmt.Sprint(n)) }
