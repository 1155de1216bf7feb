package views

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"unicode/utf8"

	"carat/jobs/books"
	"carat/jobs/exceptions"
	"carat/pipeline"
	"carat/pipeline/spelling"
)

// Bounds on what somebody saves.
const (
	NameMax  = 60 // characters of a name
	viewsMax = 30 // of a person
	bytesMax = 4000
)

// Path is the page whose filters are saved.
const Path = "/exceptions"

// View is a filter that somebody saved.
type View struct{ Name, Path string }

// Of gives what the one who asks has saved, by name. Who may not see exceptions has saved
// nothing.
func Of(ctx context.Context, s books.Setting) (list []View, err error) {
	err = own(ctx, s, func(p *books.Books) error {
		kept, err := p.Lake.Comments().Views(ctx, s.By.User)
		for _, one := range kept {
			list = append(list, View{one.Name, pathOf(one.Query)})
		}
		return err
	})
	return list, err
}

// pathOf gives the address of a filter as the list spells it: nothing else of what was sent
// or kept is followed.
func pathOf(query string) string {
	q, err := url.ParseQuery(query)
	if err != nil {
		q = nil
	}
	return exceptions.FilterOf(q).Address(Path)
}

// SaveOptions are a filter as somebody saves it.
type SaveOptions struct {
	books.Setting
	Name  string
	Query string // of the page's address
}

// Save keeps a filter under a name, in the place of what the one who asks kept under it. It
// is a usage error to give none, or one that can't be; a blocked one to keep too many.
func Save(ctx context.Context, o SaveOptions) (View, error) {
	if err := own(ctx, o.Setting, func(*books.Books) error { return nil }); err != nil {
		return View{}, err // before a word about what was sent
	}
	name := strings.TrimSpace(o.Name)
	refuse := func(format string, args ...any) (View, error) {
		return View{}, pipeline.Errorf(pipeline.KindUsage, "save", "the filter", format, args...).WithHint("give it a short name, such as large gaps")
	}
	switch err := spelling.CheckText(name, false); {
	case !spelling.Says(name):
		return refuse("it has no name that can be seen")
	case utf8.RuneCountInString(name) > NameMax:
		return refuse("its name is longer than %d characters", NameMax)
	case err != nil:
		return refuse("its name can't be kept: %w", err)
	case len(o.Query) > bytesMax:
		return refuse("it is longer than %d bytes", bytesMax)
	}
	path := pathOf(o.Query)
	_, query, _ := strings.Cut(path, "?")
	err := own(ctx, o.Setting, func(p *books.Books) error {
		if err := p.Lake.WantWritable(); err != nil {
			return err
		}
		return p.Lake.Comments().SaveView(ctx, o.By.User, name, query, viewsMax)
	})
	return View{name, path}, err
}

// Remove takes away what the one who asks saved under a name; nothing, and no error, where
// they saved none.
func Remove(ctx context.Context, s books.Setting, name string) error {
	return own(ctx, s, func(p *books.Books) error {
		if err := p.Lake.WantWritable(); err != nil {
			return err
		}
		return p.Lake.Comments().RemoveView(ctx, s.By.User, strings.TrimSpace(name))
	})
}

func own(ctx context.Context, s books.Setting, do func(*books.Books) error) (err error) {
	p, err := books.OpenExisting(ctx, s, books.RightExceptions)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	return do(p)
}
