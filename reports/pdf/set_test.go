package pdf

import (
	"bytes"
	"strings"
	"sync"
	"testing"
)

var testFonts = sync.OnceValues(LoadFonts)

func document(t testing.TB) *Document {
	t.Helper()
	fonts, err := testFonts()
	if err != nil {
		t.Fatal(err)
	}
	d := New(fonts)
	d.Reset(A4, Info{})
	d.AddPage()
	return d
}

// What a font's rules make of a text: letters joined, stacked, marks above; never
// the box of what is missing.
func TestTextIsSetByItsFontsRules(t *testing.T) {
	for _, c := range []struct {
		name, text string
		glyphs     int  // fewer than characters where letters became one
		raised     bool // a mark stands higher than its font draws it
	}{
		{"Latin", "Ana", 3, false},
		{"a mark that no letter holds", "x\u0301", 2, true},
		{"Hebrew", "שלום", 4, false},
		{"Arabic joined, lam and alef as one", "سلام", 3, false},
		{"Persian letters", "پرویز", 5, false},
		{"Devanagari, two letters as one", "क्ष", 1, false},
		{"Devanagari, a vowel before its letter", "कि", 2, false},
		{"Thai, a tone above a vowel", "ดี้", 3, false},
		{"Kannada", "ಶ್ರೀ", 3, false},
		{"Myanmar", "ကျော်", 5, false},
	} {
		d := document(t)
		glyphs, raised := 0, false
		for _, p := range d.cut(Regular, c.text) {
			glyphs += len(p.cids) + len(p.placed)
			for _, cid := range p.cids {
				if p.font.glyphs[cid] == 0 {
					t.Errorf("%s: a box", c.name)
				}
			}
			for _, g := range p.placed {
				if p.font.glyphs[g.cid] == 0 {
					t.Errorf("%s: a box", c.name)
				}
				raised = raised || g.up != 0
			}
		}
		if glyphs != c.glyphs || c.raised && !raised {
			t.Errorf("%s: %d glyphs, want %d; raised %v", c.name, glyphs, c.glyphs, raised)
		}
	}
}

// Letters that join have another form than alone, and what is joined is narrower.
func TestArabicJoins(t *testing.T) {
	d := document(t)
	alone := d.Width(Regular, 1000, "س") + d.Width(Regular, 1000, "ل") + d.Width(Regular, 1000, "م")
	if joined := d.Width(Regular, 1000, "سلم"); joined >= alone {
		t.Errorf("joined %d, alone %d", joined, alone)
	}
}

// Any text can be drawn, and is drawn the same again.
func FuzzText(f *testing.F) {
	for _, seed := range []string{"", "क्ष", "ก้อง", "\u200d\u200d", "سلام\u0301\u202e", "\u0e33\u0301\u0301", "\xff\u0915\u094d", strings.Repeat("ក្ក", 20)} {
		f.Add(seed)
	}
	d := document(f)
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 400 {
			return
		}
		draw := func() []byte {
			d.Reset(A4, Info{})
			d.AddPage()
			for i, line := range d.Wrap(Bold, 900, 9000, 4, text) {
				d.Text(4000, 4000+i*1000, Bold, 900, Color{}, line)
			}
			b, err := d.Bytes()
			if err != nil {
				t.Fatal(err)
			}
			return bytes.Clone(b)
		}
		if !bytes.Equal(draw(), draw()) {
			t.Fatalf("%q is drawn in two ways", text)
		}
	})
}
