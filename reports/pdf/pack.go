package pdf

import (
	"bytes"
	"strconv"

	"github.com/klauspost/compress/zlib"
)

// packer compresses streams, reusing its memory.
type packer struct {
	buf bytes.Buffer
	w   *zlib.Writer
}

func newPacker(level int) *packer {
	p := &packer{}
	// The level is one of zlib's own, so there is no error.
	p.w, _ = zlib.NewWriterLevel(&p.buf, level)
	return p
}

func (p *packer) pack(data []byte) []byte {
	p.buf.Reset()
	p.w.Reset(&p.buf)
	// Writing into memory can't fail.
	_, _ = p.w.Write(data)
	_ = p.w.Close()
	return bytes.Clone(p.buf.Bytes())
}

func appendInt(b []byte, v int) []byte { return strconv.AppendInt(b, int64(v), 10) }

const hexDigits = "0123456789ABCDEF"

func appendHex16(b []byte, v uint16) []byte {
	return append(b, hexDigits[v>>12], hexDigits[v>>8&15], hexDigits[v>>4&15], hexDigits[v&15])
}

// appendLength appends hundredths as a decimal: 1250 is 12.5.
func appendLength(b []byte, v int) []byte {
	if v < 0 {
		b, v = append(b, '-'), -v
	}
	b = appendInt(b, v/100)
	if rest := v % 100; rest != 0 {
		b = append(b, '.', byte('0'+rest/10))
		if rest%10 != 0 {
			b = append(b, byte('0'+rest%10))
		}
	}
	return b
}
