package lex

import (
	"bytes"
	"io"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// Encoding is how a text's characters are written; "" is UTF-8.
type Encoding string

// The encodings besides UTF-8.
const (
	UTF16Little Encoding = "utf-16le"
	UTF16Big    Encoding = "utf-16be"
	Windows1252 Encoding = "windows-1252"
	Latin1      Encoding = "iso-8859-1"
)

// encodingOf tells UTF-16 by its mark, or by the zeros beside its first
// letters, which are ASCII in every header.
func encodingOf(head []byte) Encoding {
	if len(head) < 4 {
		return ""
	}
	switch zero := [4]bool{head[0] == 0, head[1] == 0, head[2] == 0, head[3] == 0}; {
	case head[0] == 0xFF && head[1] == 0xFE, zero == [4]bool{false, true, false, true}:
		return UTF16Little
	case head[0] == 0xFE && head[1] == 0xFF, zero == [4]bool{true, false, true, false}:
		return UTF16Big
	}
	return ""
}

// DecodeText gives the text as UTF-8, without the mark of UTF-16. Of UTF-16
// what is no character becomes U+FFFD, as the standard says.
func DecodeText(text io.Reader, how Encoding) io.Reader {
	var from encoding.Encoding
	switch how {
	case UTF16Little:
		from = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case UTF16Big:
		from = unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	case Windows1252:
		from = charmap.Windows1252
	case Latin1:
		from = charmap.ISO8859_1
	default:
		return text
	}
	return transform.NewReader(text, from.NewDecoder())
}

// Strict gives a text that was decoded, and refuses it where a character of it was none:
// half of one, or a byte too many at the end. The decoder has put U+FFFD there.
func Strict(decoded io.Reader, name string) io.Reader {
	return &strict{in: decoded, name: name, line: 1}
}

type strict struct {
	in   io.Reader
	name string
	line int64
	last []byte // the beginning of the mark, at the end of what was read before
}

const replaced = "\uFFFD"

// Read reads on.
func (s *strict) Read(p []byte) (int, error) {
	n, err := s.in.Read(p)
	seen := append(s.last, p[:n]...)
	if at := bytes.Index(seen, []byte(replaced)); at >= 0 {
		return 0, BadFile(s.name, s.line+int64(bytes.Count(seen[:at], Newline)), "it is UTF-16 with a character that is none").WithHint("it was cut or damaged: fetch it again, or have it written as UTF-8 where it is made")
	}
	keep := min(len(seen), len(replaced)-1)
	s.line += int64(bytes.Count(seen[:len(seen)-keep], Newline))
	s.last = bytes.Clone(seen[len(seen)-keep:])
	return n, err
}

// DecodeHead decodes the beginning of a text.
func DecodeHead(head []byte) ([]byte, Encoding) {
	how := encodingOf(head)
	if how == "" {
		return head, ""
	}
	text, _, err := transform.Bytes(decoderOf(how), head[:len(head)&^1])
	if err != nil {
		return head, ""
	}
	return text, how
}

func decoderOf(how Encoding) transform.Transformer {
	if how == UTF16Big {
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewDecoder()
	}
	return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder()
}
