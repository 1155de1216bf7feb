// Package reading shows carat's documentation on the pages: what this binary was built with, with a search that needs no
// script.
//
// It promises that the documents hold nothing of a lake, so that whoever works with one may read them; of creators, for
// whom they aren't written, nobody. It must not import the pages.
package reading

import (
	"errors"
	"io/fs"
	"net/url"
	"sync"

	"carat/docs"
	"carat/jobs/books"
	"carat/jobs/serve/room"
	"carat/pipeline"
	"carat/reports/manual"
	"carat/reports/pages/site"
)

// path is where the documents are.
const path = "/docs"

// Place is the entry of the navigation.
var Place = site.Place{Path: path, Name: "Help"}

// Routes are the pages.
var Routes = []room.Route{
	{Pattern: "GET " + path, Here: path, Do: staff(list)},
	{Pattern: "GET " + path + "/{name}", Here: path, Do: staff(page)},
	{Pattern: "GET " + path + "/file/{file...}", Here: path, Do: staff(source)},
}

// May says whether somebody of these rights reads the documents.
func May(may func(books.Right) bool) bool { return may(books.RightStatus) || may(books.RightCreators) }

func staff(do func(*room.Visit) (*room.Answer, error)) func(*room.Visit) (*room.Answer, error) {
	return func(v *room.Visit) (*room.Answer, error) {
		if !May(v.May) {
			return nil, none()
		}
		return do(v)
	}
}

// whole is the documentation, laid out once. The models are those of the binary, as the documents are.
var whole struct {
	once sync.Once
	m    *manual.Manual
	err  error
}

func of(models fs.FS) (*manual.Manual, error) {
	whole.once.Do(func() {
		whole.m, whole.err = manual.Read(docs.Files, models, manual.Addresses{
			Page:   func(name string) string { return path + "/" + name },
			Source: func(at string) string { return (&url.URL{Path: path + "/file/" + at}).String() },
		})
	})
	if whole.err != nil {
		return nil, pipeline.Errorf(pipeline.KindInternal, "lay out", "the documentation", "%w", whole.err)
	}
	return whole.m, nil
}

// foundMost bounds what a search shows.
const foundMost = 50

// Data is what the template reads.
type Data struct {
	Pages []manual.Page
	Query string
	Found []manual.Found
	Page  *manual.Page
	Text  string // of a file
}

// list shows the documents, or what a search finds in them.
func list(v *room.Visit) (*room.Answer, error) {
	m, err := of(v.SQL)
	if err != nil {
		return nil, err
	}
	d := Data{Pages: m.Pages, Query: v.R.FormValue("q")}
	if len(d.Query) > queryBytes {
		d.Query = ""
	}
	d.Found = m.Search(d.Query, foundMost)
	return &room.Answer{Template: "docs", Title: "Help", Data: d}, nil
}

// queryBytes bounds what is searched for.
const queryBytes = 200

// page shows a document.
func page(v *room.Visit) (*room.Answer, error) {
	m, err := of(v.SQL)
	if err != nil {
		return nil, err
	}
	p := m.Page(v.R.PathValue("name"))
	if p == nil {
		return nil, none()
	}
	return &room.Answer{Template: "docs", Title: p.Title, Trail: []site.Place{Place}, Data: Data{Page: p}}, nil
}

// source shows a file that a document links to.
func source(v *room.Visit) (*room.Answer, error) {
	m, err := of(v.SQL)
	if err != nil {
		return nil, err
	}
	text, linked := m.Source(v.R.PathValue("file"))
	if !linked {
		return nil, none()
	}
	return &room.Answer{Template: "docs", Title: v.R.PathValue("file"), Trail: []site.Place{Place}, Data: Data{Text: text}}, nil
}

func none() error {
	return pipeline.Errorf(pipeline.KindNotFound, "find", "the page", "%w", errors.New("there is none at this address"))
}
