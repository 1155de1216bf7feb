package room

import (
	"context"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"carat/jobs/books"
	"carat/pipeline"
	"carat/reports/pages/site"
	"carat/reports/table"
)

// Visit is one request of somebody who has signed in.
type Visit struct {
	books.Setting
	Ctx   context.Context
	R     *http.Request
	SQL   fs.FS // the models
	Limit int   // of rows on a page
	// Server is where people reach the pages.
	Server string
	// May says whether the one who asks has a right: of what is offered, never of what is
	// read, which the jobs judge.
	May func(right books.Right) bool
	// Links gives where cells lead that are no creator's own.
	Links func(r site.Rows, period pipeline.Period) func(column string, row []any) string
}

// Answer is a page, a file or another page instead.
type Answer struct {
	Template, Title string
	Trail           []site.Place
	Data            any
	To              string // another page, instead
	Status          int    // 0: all is well
	File            *File  // instead of a page
}

// File is something to be kept: it goes to the browser's downloads.
type File struct {
	Name, Kind string
	Content    []byte
}

// Download gives the header of a file to be kept under a name. A name that isn't plain is
// spelled as the header allows, so that nothing of it is read as another part of it.
func Download(name string) string {
	plain := !strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' || r == '%' })
	if plain {
		return `attachment; filename="` + name + `"`
	}
	return mime.FormatMediaType("attachment", map[string]string{"filename": name})
}

// Route is a page by its address.
type Route struct {
	Pattern string // as net/http's ServeMux reads it
	Here    string // the entry of the navigation that it belongs to
	Do      func(v *Visit) (*Answer, error)
}

// Text gives a value of the address, without what can't be meant.
func (v *Visit) Text(name string) string { return strings.TrimSpace(v.R.URL.Query().Get(name)) }

// Offset gives where a page of a list begins.
func (v *Visit) Offset() int64 {
	n, err := strconv.ParseInt(v.Text("from"), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// Rows lays a table out.
func (v *Visit) Rows(caption string, t *table.Table, shown ...string) site.Rows {
	return site.RowsOf(caption, v.Config.Zone, t, shown...)
}

// AddressOf is a path with those values that are not "".
func AddressOf(path string, pairs ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" && (pairs[i] != "from" || pairs[i+1] != "0") {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}
