package manual

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"strings"
)

//go:embed static.html
var staticHTML string

//go:embed search.js
var searchScript []byte

var static = template.Must(template.New("static").Parse(staticHTML))

// StaticAddresses are those of the pages as files.
func StaticAddresses() Addresses {
	return Addresses{
		Page:   func(name string) string { return name + ".html" },
		Source: func(path string) string { return "file/" + fileName(path) },
	}
}

// fileName names a source's page: one folder holds them all.
func fileName(path string) string { return strings.ReplaceAll(path, "/", "-") + ".html" }

// Static writes the documentation as files that need no server: the pages, the files that
// they show below file/, a search that runs in the browser, and index.html, which is the
// first page. style is the sheet of all of them. The manual must have been read with
// StaticAddresses. An error of write ends it.
func (m *Manual) Static(style []byte, write func(name string, content []byte) error) error {
	type page struct {
		Root, Title, Here, Text string
		Search                  bool
		Pages                   []Page
		Content                 template.HTML
		Contents                []Heading
	}
	put := func(name string, p page) error {
		var b bytes.Buffer
		p.Pages = m.Pages
		if err := static.Execute(&b, p); err != nil {
			return fmt.Errorf("lay out %s: %w", name, err)
		}
		return write(name, b.Bytes())
	}
	for i, p := range m.Pages {
		one := page{Title: p.Title, Here: p.Name, Content: p.Content, Contents: p.Contents}
		if err := put(p.Name+".html", one); err != nil {
			return err
		}
		if i == 0 {
			if err := put("index.html", one); err != nil {
				return err
			}
		}
	}
	for _, at := range m.Sources() {
		if err := put("file/"+fileName(at), page{Root: "../", Title: at, Text: m.sources[at]}); err != nil {
			return err
		}
	}
	if err := put("search.html", page{Title: "Search", Search: true}); err != nil {
		return err
	}
	sections, err := m.sectionsScript()
	if err != nil {
		return err
	}
	for name, content := range map[string][]byte{"site.css": style, "search.js": searchScript, "sections.js": sections} {
		if err := write(name, content); err != nil {
			return err
		}
	}
	return nil
}

// sectionsScript is what the search runs over.
func (m *Manual) sectionsScript() ([]byte, error) {
	type one struct {
		Page      string `json:"page"`
		PageTitle string `json:"pageTitle"`
		Anchor    string `json:"anchor"`
		Title     string `json:"title"`
		Text      string `json:"text"`
	}
	list := []one{}
	for _, p := range m.Pages {
		for _, s := range m.sections {
			if s.Page == p.Name {
				list = append(list, one{s.Page, s.PageTitle, s.Anchor, s.Title, s.text})
			}
		}
	}
	b, err := json.Marshal(list)
	return append(append([]byte("const sections="), b...), '\n'), err
}
