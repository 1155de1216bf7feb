package statement_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// literals hands over every string of a folder's Go files: but for tests, imports
// and what an error says.
func literals(t *testing.T, pattern string, each func(at token.Position, text string)) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %v, %d files", pattern, err, len(files))
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ImportSpec:
				return false
			case *ast.CallExpr:
				called, ok := n.Fun.(*ast.SelectorExpr)
				return !ok || called.Sel.Name != "Errorf"
			case *ast.BasicLit:
				if n.Kind == token.STRING {
					text, err := strconv.Unquote(n.Value)
					if err != nil {
						t.Fatal(err)
					}
					each(set.Position(n.Pos()), text)
				}
			}
			return true
		})
	}
}

var (
	wholeTag   = regexp.MustCompile(`<[^>]*>`)
	restOfTag  = regexp.MustCompile(`^[^<>]*>`) // of one that another string began
	openTag    = regexp.MustCompile(`<[^>]*$`)  // which another string ends
	attribute  = regexp.MustCompile(`[a-zA-Z-]+="[^"]*("|$)`)
	entity     = regexp.MustCompile(`&[a-z]+;`)
	anyWord    = regexp.MustCompile(`[A-Za-z’]*[a-z][a-z’]+`)
	capitalled = regexp.MustCompile(`\b[A-Z][a-z]+`)
)

// Every word of a statement is said in words.go, once, for all renderings: the
// layouts have none of their own.
func TestLayoutsSayNothing(t *testing.T) {
	// What is no word to a reader of the paper: who made it, in which language.
	known := map[string]bool{"carat": true, "en": true}
	literals(t, "pdf/*.go", func(at token.Position, text string) {
		if words := anyWord.FindAllString(text, -1); len(words) > 0 && !known[text] {
			t.Errorf("%s says %q: that belongs in words.go", at, text)
		}
	})
	// On a page, names of classes look like words: what is told there is told by
	// more than two of them, or begins with a capital.
	literals(t, "html/*.go", func(at token.Position, text string) {
		if strings.HasPrefix(text, "<!doctype") {
			return
		}
		for _, out := range []*regexp.Regexp{restOfTag, wholeTag, openTag, attribute, entity} {
			text = out.ReplaceAllString(text, " ")
		}
		if words := anyWord.FindAllString(text, -1); len(words) > 2 || capitalled.MatchString(text) {
			t.Errorf("%s says %q: that belongs in words.go", at, text)
		}
	})
}

// A page takes the constants of words.go as they are, so nothing in them may mean
// anything to it.
func TestWordsAreNoMarkup(t *testing.T) {
	said := map[string]token.Position{}
	literals(t, "words*.go", func(at token.Position, text string) {
		if strings.ContainsAny(text, "<>&") {
			t.Errorf("%s: %q holds markup", at, text)
		}
		if before, twice := said[text]; twice && len(anyWord.FindAllString(text, -1)) > 4 {
			t.Errorf("%s and %s say the same: %q", before, at, text)
		}
		said[text] = at
	})
}
