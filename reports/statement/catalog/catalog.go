package catalog

import (
	"bufio"
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"carat/reports/locale"
)

//go:embed *.txt
var files embed.FS

// Catalog is what statements say in one language. Safe for concurrent use.
type Catalog struct {
	language *locale.Language
	texts    map[string]string
	forms    map[string][]string
}

// For gives the catalogue of a language, English where its tag is empty or no
// language that carat has words in.
func For(tag string) *Catalog {
	language, _ := locale.LanguageOf(tag)
	return all()[language.Tag]
}

// all are the catalogues, read when the first statement is made.
var all = sync.OnceValue(func() map[string]*Catalog {
	catalogs := map[string]*Catalog{}
	for _, l := range locale.Languages() {
		c, err := read(l)
		if err != nil {
			panic(err) // the files are part of the program, and a test reads all of them
		}
		catalogs[l.Tag] = c
	}
	return catalogs
})

// read reads a language's file: an English message in quotes on one line, what stands
// for it on the next, as Go writes strings. Lines that begin with # say something to
// the translator.
func read(l *locale.Language) (*Catalog, error) {
	c := &Catalog{language: l, texts: map[string]string{}, forms: map[string][]string{}}
	name := l.Tag + ".txt"
	text, err := fs.ReadFile(files, name)
	if err != nil {
		if l.Tag == locale.Languages()[0].Tag {
			return c, nil // English is its own
		}
		return nil, err
	}
	key, line := "", 0
	for lines := bufio.NewScanner(strings.NewReader(string(text))); lines.Scan(); {
		line++
		written := strings.TrimSpace(lines.Text())
		if written == "" || strings.HasPrefix(written, "#") {
			continue
		}
		said, err := strconv.Unquote(written)
		switch {
		case err != nil:
			return nil, fmt.Errorf("%s:%d: %w", name, line, err)
		case key == "":
			key = said
			continue
		case c.texts[key] != "":
			return nil, fmt.Errorf("%s:%d: %q is there twice", name, line, key)
		}
		c.texts[key] = said
		if strings.Contains(key, "|") {
			c.forms[key] = strings.Split(said, "|")
		}
		key = ""
	}
	if key != "" {
		return nil, fmt.Errorf("%s: nothing stands for %q", name, key)
	}
	return c, nil
}

// Language is the catalogue's language.
func (c *Catalog) Language() *locale.Language { return c.language }

// Text gives what stands for an English message; the message itself where that is
// English, or lacking.
func (c *Catalog) Text(english string) string {
	if text, ok := c.texts[english]; ok {
		return text
	}
	return english
}

// Form gives what stands for an English message about so many things, whose forms for
// one and for several have | between them.
func (c *Catalog) Form(english string, v int64) string {
	if forms, ok := c.forms[english]; ok {
		return forms[min(c.language.Form(v), len(forms)-1)]
	}
	one, several, _ := strings.Cut(english, "|")
	if v == 1 || v == -1 {
		return one
	}
	return several
}

// Has says whether the catalogue has an English message.
func (c *Catalog) Has(english string) bool {
	_, ok := c.texts[english]
	return ok
}

// Texts gives what stands for the messages, in order.
func (c *Catalog) Texts() []string { return slices.Sorted(maps.Values(c.texts)) }

// Messages gives the English messages that the catalogue has, in no order.
func (c *Catalog) Messages() (english []string) {
	for key := range c.texts {
		english = append(english, key)
	}
	return english
}
