package lex

import (
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
