package pdf

import (
	"bytes"
	"compress/gzip"
	_ "embed" // the font for Chinese, Japanese and Korean
	"fmt"
	"io"
	"maps"
	"sync"

	"github.com/go-fonts/dejavu/dejavusans"
	"github.com/go-fonts/liberation/liberationsansbold"
	"github.com/go-fonts/liberation/liberationsansregular"
	"github.com/klauspost/compress/zlib"
)

// The fonts for Chinese and Japanese, and for Korean, in outlines that a PDF
// can embed. Their licences lie beside them.
var (
	//go:embed fonts/DroidSansFallbackFull.ttf.gz
	droid []byte
	//go:embed fonts/NanumSquareR.ttf.gz
	nanum []byte
)

// The fonts for scripts that stack and join.
var (
	//go:embed fonts/NotoSansDevanagari-Regular.ttf.gz
	devanagari []byte
	//go:embed fonts/NotoSansThai-Regular.ttf.gz
	thai []byte
	//go:embed fonts/NotoSansMyanmar-Regular.ttf.gz
	myanmar []byte
	//go:embed fonts/NotoSansKannada-Regular.ttf.gz
	kannada []byte
)

// Style is one of the two faces of running text.
type Style int

// The styles.
const (
	Regular Style = iota
	Bold
)

// Fonts are the faces that text is drawn with: Liberation Sans (Latin,
// Cyrillic, Greek, Vietnamese), for what it lacks DejaVu Sans (Arabic, Hebrew,
// Armenian, Georgian, symbols), Noto Sans (Thai, Devanagari, Myanmar, Kannada), Droid
// Sans Fallback (Chinese, Japanese) and Nanum Square (Korean), which are unpacked
// when they are first needed. Safe for concurrent use.
type Fonts struct {
	styles   [2]*subset              // whole, with their ready subsets
	others   []func() (*face, error) // in the order in which they are asked
	prepared sync.Map                // by language: map[*face]*subset, which nobody changes any more
	profile  []byte                  // of the colours, compressed
}

// usual are the characters of ordinary statements, besides ASCII.
const usual = "\u00a0\u00a3\u00a5\u00a7\u00a9\u00b0\u00b1\u00b7\u00d7\u2013\u2014\u2018\u2019\u201c\u201d\u2022\u2026\u202f\u20ac\u2192\u2212\u2248\u2264\u2265" +
	"\u00c4\u00d6\u00dc\u00df\u00e4\u00f6\u00fc\u00e1\u00e0\u00e2\u00e3\u00e5\u00e6\u00e7\u00e9\u00e8\u00ea\u00eb\u00ed\u00ec\u00ee\u00ef\u00f1\u00f3\u00f2\u00f4\u00f5\u00f8\u00fa\u00f9\u00fb"

// Prepare makes the subsets of what documents of a language say once, so that not
// each of them makes its own. texts are the same at every call of a language: they
// decide about the bytes.
func (f *Fonts) Prepare(info Info, texts []string) error {
	if _, done := f.prepared.Load(info.Language); done {
		return nil
	}
	d := New(f)
	d.Reset(A4, info)
	for _, text := range texts {
		d.cut(Regular, text)
		d.cut(Bold, text)
	}
	if d.err != nil {
		return d.err
	}
	subsets := maps.Clone(d.extra)
	for _, s := range subsets {
		ready := s.embed(d.pack)
		s.ready = &ready
	}
	f.prepared.LoadOrStore(info.Language, subsets)
	return nil
}

// of gives the prepared subsets of a language.
func (f *Fonts) of(language string) map[*face]*subset {
	if subsets, ok := f.prepared.Load(language); ok {
		return subsets.(map[*face]*subset)
	}
	return nil
}

// asciiCID is the number of a printable ASCII character in a shared subset.
func asciiCID(r rune) uint16 { return uint16(r-' ') + 1 }

// LoadFonts parses the embedded faces and makes the subsets that documents share.
func LoadFonts() (*Fonts, error) {
	fonts := &Fonts{others: []func() (*face, error){
		sync.OnceValues(func() (*face, error) { return parseFace("DejaVuSans", dejavusans.TTF, false) }),
		sync.OnceValues(func() (*face, error) { return unpackFace("NotoSansThai", thai) }),
		sync.OnceValues(func() (*face, error) { return unpackFace("NotoSansDevanagari", devanagari) }),
		sync.OnceValues(func() (*face, error) { return unpackFace("NotoSansMyanmar", myanmar) }),
		sync.OnceValues(func() (*face, error) { return unpackFace("NotoSansKannada", kannada) }),
		sync.OnceValues(func() (*face, error) { return unpackFace("DroidSansFallback", droid) }),
		sync.OnceValues(func() (*face, error) { return unpackFace("NanumSquareR", nanum) }),
	}}
	z := newPacker(zlib.DefaultCompression)
	fonts.profile = z.pack(profile())
	for style, f := range []struct {
		name string
		data []byte
	}{{"LiberationSans", liberationsansregular.TTF}, {"LiberationSans-Bold", liberationsansbold.TTF}} {
		parsed, err := parseFace(f.name, f.data, Style(style) == Bold)
		if err != nil {
			return nil, err
		}
		s := newSubset(parsed)
		for r := ' '; r <= '~'; r++ { // as asciiCID counts them
			s.cid(r, []rune{r})
		}
		for _, r := range usual {
			if parsed.glyph(r) != 0 {
				s.cid(r, []rune{r})
			}
		}
		ready := s.embed(z)
		s.ready = &ready
		fonts.styles[style] = s
	}
	return fonts, nil
}

func unpackFace(name string, packed []byte) (*face, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("unpack %s: %w", name, err)
	}
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("unpack %s: %w", name, err)
	}
	return parseFace(name, data, false)
}
