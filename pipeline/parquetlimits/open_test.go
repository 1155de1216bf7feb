package parquetlimits_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"

	"carat/pipeline/parquetlimits"
)

type row struct {
	ID    string  `parquet:"id,dict"`
	Note  string  `parquet:"note"`
	Units int64   `parquet:"units"`
	Cents *int32  `parquet:"cents,optional"`
	Ratio float64 `parquet:"ratio"`
}

var codecs = []compress.Codec{&parquet.Uncompressed, &parquet.Snappy, &parquet.Gzip, &parquet.Brotli, &parquet.Zstd, &parquet.Lz4Raw}

// file makes a file of several groups and pages.
func file(t testing.TB, codec compress.Codec, version int) []byte {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[row](&b, parquet.Compression(codec), parquet.DataPageVersion(version), parquet.PageBufferSize(2000))
	random := rand.New(rand.NewPCG(1, 2))
	for group := range 3 {
		for i := range 300 {
			r := row{ID: fmt.Sprint("id", i%7), Note: strings.Repeat(fmt.Sprint(random.IntN(99)), 9), Units: int64(group*1000 + i)}
			if i%3 > 0 {
				cents := int32(i)
				r.Cents = &cents
			}
			if _, err := w.Write([]row{r}); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// read reads a file whole, as its users do, and gives its rows.
func read(b []byte) (n int, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	f, err := parquetlimits.Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return 0, err
	}
	for _, g := range f.RowGroups() {
		rows := g.Rows()
		defer rows.Close()
		buf := make([]parquet.Row, 64)
		for {
			k, err := rows.ReadRows(buf)
			n += k
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

// What writers write is read, whichever way it is folded.
func TestOpen(t *testing.T) {
	for _, codec := range codecs {
		for version := 1; version <= 2; version++ {
			if n, err := read(file(t, codec, version)); err != nil || n != 900 {
				t.Errorf("%v, pages of version %d: %d rows, %v", codec, version, n, err)
			}
		}
	}
}

// Whatever is changed in a file, reading it ends: with its rows or an error, in bounded memory.
func TestOpenChanged(t *testing.T) {
	for _, codec := range codecs {
		whole := file(t, codec, 1)
		random := rand.New(rand.NewPCG(3, 4))
		refused := 0
		for range 200 {
			b := bytes.Clone(whole)
			at := random.IntN(len(b))
			if random.IntN(2) == 0 { // the end, where the lists are
				at = len(b) - 1 - random.IntN(min(len(b), 1500))
			}
			b[at] ^= byte(1) << random.IntN(8)
			if _, err := read(b); err != nil {
				refused++
			}
		}
		if refused < 10 {
			t.Errorf("%v: %d of 200 changes were noticed, which is too few to be true", codec, refused)
		}
	}
}

// footed makes a file of an end alone.
func footed(footer ...byte) []byte {
	b := append([]byte("PAR1"), footer...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(footer)))
	return append(b, "PAR1"...)
}

// A few bytes that would make the reader ask for hundreds of gigabytes are refused.
func TestOpenRefusesClaims(t *testing.T) {
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"a list of two billion columns": {footed(0x15, 0x02, 0x19, 0xFC, 0xFF, 0xFF, 0xFF, 0xFF, 0x07, 0x00), "a list claims 2147483647 values and 1 bytes are left"},
		"a text of two gigabytes":       {footed(0x18, 0xFF, 0xFF, 0xFF, 0xFF, 0x07, 0x00), "its end is damaged: it is cut off"},
		"a map of two billion":          {footed(0x1B, 0xFF, 0xFF, 0xFF, 0xFF, 0x07, 0x88, 0x00), "a list claims 2147483647 values"},
		"structures without end":        {footed(bytes.Repeat([]byte{0x1C}, 100)...), "deeper than 24"},
		"lists without end":             {footed(append([]byte{0x19}, bytes.Repeat([]byte{0x19}, 100)...)...), "deeper than 24"},
		"many of the smallest things":   {footed(append([]byte{0x19, 0xF3, 0x81, 0x80, 0x80, 0x02}, make([]byte, 5<<20)...)...), "its lists hold more than 4194304 values"},
		"an unknown kind":               {footed(0x1D, 0x00), "the unknown kind 13"},
		"no end":                        {footed(), "it is cut off"},
		"an end longer than the file":   {[]byte("PAR1\xFF\xFF\x00\x00PAR1"), "its end is longer than the file"},
		"not Parquet":                   {[]byte("hello, hello, hello"), "it does not end with PAR1"},
		"empty":                         {nil, "shorter than any Parquet file"},
	} {
		if _, err := read(c.file); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// bomb is a codec that writes something else than it was given.
type bomb struct {
	compress.Codec
	data []byte
}

func (b bomb) Encode(dst, _ []byte) ([]byte, error) { return append(dst[:0], b.data...), nil }

// zstdBomb unfolds n blocks of one byte each to 128 KiB.
func zstdBomb(n int) []byte {
	b := []byte{0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x70} // a window of 16 MiB, no size
	for i := range n {
		head := uint32(128<<10)<<3 | 1<<1
		if i == n-1 {
			head |= 1
		}
		b = append(b, byte(head), byte(head>>8), byte(head>>16), 'x')
	}
	return b
}

// A page of a few kilobytes that unfolds to gigabytes is refused before it is unfolded.
func TestOpenRefusesBombs(t *testing.T) {
	var gz, br bytes.Buffer
	for codec, out := range map[compress.Codec]*bytes.Buffer{&parquet.Gzip: &gz, &parquet.Brotli: &br} {
		folded, err := codec.Encode(nil, make([]byte, 257<<20))
		if err != nil {
			t.Fatal(err)
		}
		out.Write(folded)
	}
	skipped := append([]byte{0x50, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3}, zstdBomb(4000)...)
	twice := append(zstdBomb(1200), zstdBomb(1200)...)
	for name, c := range map[string]struct {
		codec compress.Codec
		want  string
	}{
		"zstd":                 {bomb{&parquet.Zstd, zstdBomb(4000)}, "unfolds to more than 268435456 bytes"},
		"zstd in two frames":   {bomb{&parquet.Zstd, twice}, "unfolds to more than 268435456 bytes"},
		"zstd behind a frame":  {bomb{&parquet.Zstd, skipped}, "unfolds to more than 268435456 bytes"},
		"zstd cut off":         {bomb{&parquet.Zstd, zstdBomb(3)[:10]}, "it isn't Zstandard"},
		"gzip":                 {bomb{&parquet.Gzip, gz.Bytes()}, "unfolds to more than 268435456 bytes"},
		"brotli":               {bomb{&parquet.Brotli, br.Bytes()}, "unfolds to more than 268435456 bytes"},
		"snappy":               {bomb{&parquet.Snappy, []byte{0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0}}, "unfolds to more than 268435456 bytes"},
		"lz4 that never fits":  {bomb{&parquet.Lz4Raw, []byte{0xF0, 0xFF, 0xFF}}, "doesn't unfold to what it claims"},
		"lz4 that gives other": {bomb{&parquet.Lz4Raw, []byte{0x10, 'x'}}, "doesn't unfold to what it claims"},
	} {
		var b bytes.Buffer
		w := parquet.NewGenericWriter[row](&b, parquet.Compression(c.codec))
		if _, err := w.Write([]row{{ID: "a"}}); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := read(b.Bytes()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s, %d bytes: %v, want %q", name, b.Len(), err, c.want)
		}
	}
}

// Whatever the bytes are, reading ends.
func FuzzOpen(f *testing.F) {
	for _, codec := range codecs {
		f.Add(file(f, codec, 1))
		f.Add(file(f, codec, 2))
	}
	for _, node := range encoded {
		f.Add(column(f, node, 1, 300, nil))
		f.Add(column(f, node, 2, 300, parquet.Compression(&parquet.Snappy)))
	}
	f.Add(footed(0x19, 0xFC, 0xFF, 0xFF, 0xFF, 0xFF, 0x07, 0x00))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = read(b)
	})
}
