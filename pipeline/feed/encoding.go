package feed

import (
	"io"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// textEncoding is how a text's characters are written; "" is UTF-8.
type textEncoding string

const (
	utf16Little textEncoding = "utf-16le"
	utf16Big    textEncoding = "utf-16be"
	windows1252 textEncoding = "windows-1252"
	latin1      textEncoding = "iso-8859-1"
)

const byteOrderMark = "\xEF\xBB\xBF"

// encodingOf tells UTF-16 by its mark, or by the zeros beside its first
// letters, which are ASCII in every header.
func encodingOf(head []byte) textEncoding {
	if len(head) < 4 {
		return ""
	}
	switch zero := [4]bool{head[0] == 0, head[1] == 0, head[2] == 0, head[3] == 0}; {
	case head[0] == 0xFF && head[1] == 0xFE, zero == [4]bool{false, true, false, true}:
		return utf16Little
	case head[0] == 0xFE && head[1] == 0xFF, zero == [4]bool{true, false, true, false}:
		return utf16Big
	}
	return ""
}

// decodeText gives the text as UTF-8, without the mark of UTF-16. Of UTF-16
// what is no character becomes U+FFFD, as the standard says.
func decodeText(text io.Reader, how textEncoding) io.Reader {
	var from encoding.Encoding
	switch how {
	case utf16Little:
		from = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case utf16Big:
		from = unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	case windows1252:
		from = charmap.Windows1252
	case latin1:
		from = charmap.ISO8859_1
	default:
		return text
	}
	return transform.NewReader(text, from.NewDecoder())
}

// decodeHead decodes the beginning of a text.
func decodeHead(head []byte) ([]byte, textEncoding) {
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

func decoderOf(how textEncoding) transform.Transformer {
	if how == utf16Big {
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewDecoder()
	}
	return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder()
}
