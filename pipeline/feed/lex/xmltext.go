package lex

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// The limits of XML. No file of a bank comes near them.
const (
	maxXMLDepth = 64
	// MaxXMLToken bounds one token: a text, a tag, a comment.
	MaxXMLToken = 1 << 20
)

// IsXML tells an XML document by the beginning of its first element's namespace,
// or of the default namespace that the element declares.
func IsXML(space string) func([]byte, string) bool {
	return func(head []byte, _ string) bool {
		if !bytes.HasPrefix(bytes.TrimSpace(head), []byte("<")) {
			return false
		}
		dec := xml.NewDecoder(bytes.NewReader(head))
		dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
		for {
			token, err := dec.Token()
			if err != nil {
				return false
			}
			start, ok := token.(xml.StartElement)
			if !ok {
				continue
			}
			if strings.HasPrefix(start.Name.Space, space) {
				return true
			}
			for _, a := range start.Attr {
				if a.Name.Local == "xmlns" && strings.HasPrefix(a.Value, space) {
					return true
				}
			}
			return false
		}
	}
}

// XML walks an XML document element by element, without building it.
// Entities are never expanded, a DOCTYPE is refused, depth and size are bounded.
type XML struct {
	dec   *xml.Decoder
	meter *tokenMeter
	name  string
	Path  []string // local names of the open elements
	wrap  func(error) error
}

// tokenMeter fails when one token needs more bytes than maxXMLToken.
type tokenMeter struct {
	src   io.Reader
	since int // bytes read since the last token
	err   error
}

// ErrXMLToken says that a text or a tag is above MaxXMLToken.
var ErrXMLToken = errors.New("a text or tag above 1 MiB")

func (m *tokenMeter) Read(p []byte) (int, error) {
	if m.since > MaxXMLToken {
		return 0, ErrXMLToken
	}
	n, err := m.src.Read(p)
	m.since += n
	if err != nil && !errors.Is(err, io.EOF) {
		m.err = err
	}
	return n, err
}

// NewXML walks the XML of the file of that name; wrap makes an error of src one of
// the file.
func NewXML(src io.Reader, name string, wrap func(error) error) *XML {
	meter := &tokenMeter{src: src}
	dec := xml.NewDecoder(meter)
	dec.CharsetReader = charsetReader
	return &XML{dec: dec, meter: meter, name: name, wrap: wrap}
}

// charsetReader reads the encodings that banks declare besides UTF-8.
func charsetReader(charset string, src io.Reader) (io.Reader, error) {
	switch strings.ToLower(charset) {
	case "utf-8", "utf8", "us-ascii", "ascii", "utf-16": // UTF-16 was decoded before
		return src, nil
	case "iso-8859-1", "latin1", "iso8859-1", "windows-1252", "cp1252", "iso-8859-15":
		return &westernReader{src: src}, nil
	}
	return nil, fmt.Errorf("the encoding %q is not read here: ask for it in UTF-8", Cut80([]byte(charset)))
}

// Line is where the reader stands.
func (x *XML) Line() int64 {
	line, _ := x.dec.InputPos()
	return int64(line)
}

// Next gives the next start or end of an element, or text; io.EOF at the end
// of the document.
func (x *XML) Next() (xml.Token, error) {
	for {
		x.meter.since = 0
		token, err := x.dec.Token()
		if errors.Is(err, io.EOF) && len(x.Path) == 0 {
			return nil, io.EOF
		}
		if err != nil {
			return nil, x.fault(err)
		}
		switch t := token.(type) {
		case xml.Directive:
			return nil, BadFile(x.name, x.Line(), "an XML file with a DOCTYPE, which no bank sends").WithHint("fetch the file again")
		case xml.StartElement:
			if len(x.Path) == maxXMLDepth {
				return nil, BadFile(x.name, x.Line(), "XML nested deeper than %d", maxXMLDepth)
			}
			x.Path = append(x.Path, t.Name.Local)
			return t, nil
		case xml.EndElement:
			x.Path = x.Path[:len(x.Path)-1]
			return t, nil
		case xml.CharData:
			return t, nil
		}
	}
}

// fault says what is wrong with the XML, or passes on what is wrong with the
// packing or the machine.
func (x *XML) fault(err error) error {
	if x.meter.err != nil {
		return x.wrap(x.meter.err)
	}
	var syntax *xml.SyntaxError
	if errors.As(err, &syntax) {
		if strings.Contains(syntax.Msg, "unexpected EOF") {
			return BadFile(x.name, int64(syntax.Line), "the XML ends in the middle").WithHint("fetch the file again")
		}
		return BadFile(x.name, int64(syntax.Line), "broken XML: %s", ColumnName([]byte(syntax.Msg))).WithHint("fetch the file again")
	}
	return BadFile(x.name, x.Line(), "broken XML: %w", err).WithHint("fetch the file again")
}

// westernReader gives Windows-1252, of which ISO 8859-1 is a part, as UTF-8.
type westernReader struct {
	src     io.Reader
	raw     [2048]byte
	pending []byte
}

func (r *westernReader) Read(p []byte) (int, error) {
	for len(r.pending) == 0 {
		n, err := r.src.Read(r.raw[:])
		r.pending = AppendWestern(r.pending[:0], r.raw[:n])
		if n == 0 && err != nil {
			return 0, err
		}
	}
	n := copy(p, r.pending)
	r.pending = r.pending[n:]
	return n, nil
}

// westernHigh are the letters of Windows-1252 at 0x80 to 0x9F, where ISO 8859-1
// has control characters.
const westernHigh = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ"

// AppendWestern appends a text in Windows-1252 as UTF-8.
func AppendWestern(dst, text []byte) []byte {
	high := []rune(westernHigh)
	for _, b := range text {
		switch {
		case b < 0x80:
			dst = append(dst, b)
		case b < 0xA0:
			dst = append(dst, string(high[b-0x80])...)
		default:
			dst = append(dst, string(rune(b))...)
		}
	}
	return dst
}

// Attribute gives the value of an attribute by its local name, "" without.
func Attribute(attr []xml.Attr, name string) string {
	for _, a := range attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}
