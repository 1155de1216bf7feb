package packing

import (
	"bufio"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
)

// members reads the members of a gzip one behind the other. Zeros behind the last are
// padding, as tapes and some transfers leave it, and as gzip itself passes over.
type members struct {
	in *bufio.Reader
	z  *gzip.Reader
}

func newMembers(r io.Reader) (*members, error) {
	in := bufio.NewReaderSize(r, 64<<10)
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, err
	}
	z.Multistream(false)
	return &members{in, z}, nil
}

// Read gives the text; an error is that of a broken member, or of what is no member.
func (m *members) Read(p []byte) (int, error) {
	for {
		n, err := m.z.Read(p)
		if !errors.Is(err, io.EOF) {
			return n, err
		}
		if n > 0 {
			return n, nil
		}
		if err := m.next(); err != nil {
			return 0, err
		}
	}
}

// next begins the next member; io.EOF behind the last.
func (m *members) next() error {
	b, err := m.in.ReadByte()
	for padding := false; err == nil; padding = true {
		switch {
		case b != 0 && padding:
			return gzip.ErrHeader
		case b != 0:
			if err := m.in.UnreadByte(); err != nil {
				return err
			}
			if err := m.z.Reset(m.in); err != nil {
				return err
			}
			m.z.Multistream(false)
			return nil
		}
		b, err = m.in.ReadByte()
	}
	return err
}
