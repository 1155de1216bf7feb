package site

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"carat/pipeline"
	"carat/reports/table"
)

//go:embed templates/*.html
var templates embed.FS

//go:embed site.css
var styleSheet []byte

//go:embed site.js
var script []byte

// Asset is a file that pages refer to, under a name that changes with its content:
// browsers keep it for ever.
type Asset struct {
	Path, Type string
	Content    []byte
}

// Assets are all of them.
var Assets = []Asset{asset("site.css", "text/css; charset=utf-8", styleSheet), asset("site.js", "text/javascript; charset=utf-8", script)}

func asset(name, kind string, content []byte) Asset {
	sum := sha256.Sum256(content)
	return Asset{Path: "/static/" + hex.EncodeToString(sum[:6]) + "/" + name, Type: kind, Content: content}
}

// Frame is what stands around every page.
type Frame struct {
	Title string
	// Here is the path of the navigation's entry that the page belongs to.
	Here    string
	Places  []Place // of the navigation; none: nobody has signed in
	Person  string
	Roles   []string
	Proof   string // key or provider; link of who has opened carat by its link; "" of nobody
	Token   string // of forms
	Zone    *time.Location
	Message string // to the one who asks, above the page; "": none
	Trail   []Place
	// Scripted lets a page that nobody has signed in to yet be handier too.
	Scripted bool
	Live     bool // what it shows changes by itself: it is followed, or asked for again
}

// Place is a page by its name.
type Place struct{ Path, Name string }

// Empty is what stands where rows would: why there are none, and what to do next.
type Empty struct {
	Why, Next string
	Path      string // of a page where that is done; "": none
	Command   string // that does it; "": none
}

// pages are the templates, each with the frame around it.
var pages = parse()

func parse() map[string]*template.Template {
	list := map[string]*template.Template{}
	entries, err := templates.ReadDir("templates")
	if err != nil {
		panic(err) // they are inside the binary
	}
	shared := template.Must(template.New("").Funcs(functions).ParseFS(templates, "templates/_*.html"))
	for _, e := range entries {
		name, _ := strings.CutSuffix(e.Name(), ".html")
		if !strings.HasPrefix(name, "_") {
			list[name] = template.Must(template.Must(shared.Clone()).ParseFS(templates, "templates/"+e.Name()))
		}
	}
	return list
}

// Render gives a page. Data is what its template reads, beside the frame.
func Render(name string, f Frame, data any) ([]byte, error) {
	t := pages[name]
	if t == nil {
		return nil, fmt.Errorf("there is no page %s", name)
	}
	var b bytes.Buffer
	if f.Zone == nil {
		f.Zone = time.UTC
	}
	if err := t.ExecuteTemplate(&b, "frame", struct {
		Frame
		Data          any
		Style, Script string
	}{f, data, Assets[0].Path, Assets[1].Path}); err != nil {
		return nil, fmt.Errorf("write page %s: %w", name, err)
	}
	return b.Bytes(), nil
}

var functions = template.FuncMap{
	"words":    func(name string) string { return strings.ReplaceAll(name, "_", " ") },
	"whole":    func(n int64) string { return Number(fmt.Sprint(n)) },
	"count":    func(n int) string { return Number(fmt.Sprint(n)) },
	"number":   Number,
	"month":    Month,
	"when":     When,
	"join":     strings.Join,
	"sentence": Sentence,
	"plural": func(n int64, one, many string) string {
		if n == 1 {
			return "1 " + one
		}
		return Number(fmt.Sprint(n)) + " " + many
	},
	"length":    func(list any) int64 { return int64(reflect.ValueOf(list).Len()) },
	"list":      func(items ...any) []any { return items },
	"traceable": func(kind string) bool { return !slices.Contains(notTraced, kind) },
}

// notTraced are the nodes of a trace whose id names nothing that can be traced by itself.
var notTraced = []string{"statement", "stream", "streams", "note", "rate", "price", "lot"}

// Sentence gives a text with a capital letter at its beginning.
func Sentence(text string) string {
	r, n := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(r)) + text[n:]
}

// Cell gives a cell as people read it: numbers with their thousands apart and every
// digit kept, instants in a zone.
func Cell(c table.Column, v any, zone *time.Location) string {
	text, null := table.CellText(c.Kind, v)
	switch {
	case null:
		return ""
	case c.Kind == table.Number || c.Kind == table.Decimal:
		return Number(text)
	case c.Kind == table.Time:
		if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
			return When(t, zone)
		}
	}
	return text
}

// When gives an instant in a zone, to the second; "" for none.
func When(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return t.In(zone).Format("2006-01-02 15:04:05")
}

// Month gives "October 2026".
func Month(period pipeline.Period) string {
	p, err := pipeline.ParsePeriod(string(period))
	if err != nil {
		return string(period)
	}
	return p.Start(time.UTC).Format("January 2006")
}

// Number writes a plain decimal with its thousands apart and every digit kept;
// anything else stays as it is.
func Number(text string) string {
	if !table.IsPlainNumber(text) {
		return text
	}
	sign := ""
	if rest, ok := strings.CutPrefix(text, "-"); ok {
		sign, text = "\u2212", rest
	}
	whole, fraction, _ := strings.Cut(text, ".")
	var b strings.Builder
	b.WriteString(sign)
	for i, r := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(r)
	}
	switch {
	case fraction == "":
		return b.String()
	case len(fraction) == 1:
		fraction += "0"
	}
	return b.String() + "." + fraction
}
