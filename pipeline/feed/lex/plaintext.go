package lex

import (
	"bytes"
	"encoding/binary"
	"unicode/utf8"
)

// CheckText checks a block's encoding and says whether it is plain: ASCII, and
// no control characters but ends of lines.
func CheckText(name string, b Block) (plain bool, err error) {
	if IsPlain(b.Data) {
		return true, nil
	}
	if !utf8.Valid(b.Data) {
		return false, NotUTF8(name, b.Data, b.Line, b.offset)
	}
	return false, nil
}

// NotUTF8 is the error of a file whose text is not UTF-8; line and offset are
// those of the beginning of data.
func NotUTF8(name string, data []byte, line, offset int64) error {
	at := 0
	for at < len(data) {
		r, n := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && n == 1 {
			break
		}
		at += n
	}
	line += int64(bytes.Count(data[:at], Newline))
	return BadFile(name, line, "not UTF-8: byte 0x%02X at offset %d", data[min(at, len(data)-1)], offset+int64(at)).
		WithHint("have it written as UTF-8 where it is made, or say the encoding of a CSV in carat.yaml (layout, docs/formats.md)")
}

const (
	lows  = 0x0101010101010101
	highs = 0x8080808080808080
)

// IsPlain looks at eight bytes at a time.
func IsPlain(data []byte) bool {
	i := 0
	for ; i+8 <= len(data); i += 8 {
		w := binary.LittleEndian.Uint64(data[i:])
		// A high bit where a byte is below 0x20, is 0x7F, or is no ASCII. It may
		// also be set beside such a byte; plainBytes decides.
		if ((w-lows*0x20)|((w^lows*0x7F)-lows)|w)&highs != 0 && !plainBytes(data[i:i+8]) {
			return false
		}
	}
	return plainBytes(data[i:])
}

func plainBytes(data []byte) bool {
	for _, b := range data {
		if b < ' ' && b != '\n' && b != '\r' || b >= 0x7F {
			return false
		}
	}
	return true
}
