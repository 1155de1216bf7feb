package parquetlimits_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/delta"

	"carat/pipeline/parquetlimits"
)

// encoded are the ways to write a column that hold more than their bytes.
var encoded = map[string]parquet.Node{
	"references":       parquet.Encoded(parquet.String(), &parquet.RLEDictionary),
	"lengths":          parquet.Encoded(parquet.String(), &parquet.DeltaLengthByteArray),
	"shared":           parquet.Encoded(parquet.String(), &parquet.DeltaByteArray),
	"differences":      parquet.Encoded(parquet.Int(64), &parquet.DeltaBinaryPacked),
	"differences32":    parquet.Encoded(parquet.Int(32), &parquet.DeltaBinaryPacked),
	"optional":         parquet.Optional(parquet.String()),
	"repeated":         parquet.Repeated(parquet.Int(64)),
	"yes":              parquet.Encoded(parquet.Leaf(parquet.BooleanType), &parquet.RLE),
	"optional lengths": parquet.Optional(parquet.Encoded(parquet.String(), &parquet.DeltaLengthByteArray)),
}

// column makes a file of one column and n values. A codec that isn't nil replaces its pages.
func column(t testing.TB, node parquet.Node, version, n int, codec parquet.WriterOption) []byte {
	t.Helper()
	var b bytes.Buffer
	options := []parquet.WriterOption{parquet.NewSchema("one", parquet.Group{"c": node}), parquet.DataPageVersion(version), parquet.PageBufferSize(3000)}
	if codec != nil {
		options = append(options, codec)
	}
	w := parquet.NewWriter(&b, options...)
	def := 0
	if !node.Required() {
		def = 1
	}
	for i := range n {
		v := parquet.ValueOf(strings.Repeat("shared by all ", i%4) + fmt.Sprint(i))
		switch node.Type().Kind() {
		case parquet.Int64:
			v = parquet.ValueOf(int64(i*i%1001 - 500))
		case parquet.Int32:
			v = parquet.ValueOf(int32(i*i%1001 - 500))
		case parquet.Boolean:
			v = parquet.ValueOf(i%5 == 0)
		}
		if def == 1 && i%7 == 0 {
			v = parquet.NullValue().Level(0, 0, 0)
		} else {
			v = v.Level(0, def, 0)
		}
		if _, err := w.WriteRows([]parquet.Row{{v}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Every way to write values is read, whole.
func TestOpenEncodings(t *testing.T) {
	for name, node := range encoded {
		for version := 1; version <= 2; version++ {
			for _, n := range []int{1, 5, 31, 32, 33, 127, 128, 129, 700, 4000} {
				for _, codec := range codecs {
					if got, err := read(column(t, node, version, n, parquet.Compression(codec))); err != nil || got != n {
						t.Errorf("%s, version %d, %v: %d of %d rows, %v", name, version, codec, got, n, err)
					}
				}
			}
		}
	}
}

// run is a run of n times one value, which takes so many bytes.
func run(n uint64, value ...byte) []byte { return append(binary.AppendUvarint(nil, n<<1), value...) }

// groups are n groups of eight packed values of no bits.
func groups(n uint64) []byte { return binary.AppendUvarint(nil, n<<1|1) }

// level is a run as the first form of a page has it before its values.
func level(b []byte) []byte {
	return append(binary.LittleEndian.AppendUint32(nil, uint32(len(b))), b...)
}

// packed packs numbers as differences.
func packed(numbers ...int32) []byte {
	b, err := new(delta.BinaryPackedEncoding).EncodeInt32(nil, numbers)
	if err != nil {
		panic(err)
	}
	return b
}

func times(n int, v int32) []int32 {
	all := make([]int32, n)
	for i := range all {
		all[i] = v
	}
	return all
}

// A page of a few bytes that stands for more values, or longer texts, than memory holds is refused: runs, packed
// groups, differences and beginnings that texts share.
func TestOpenRefusesSpreadValues(t *testing.T) {
	const many = 1<<31 - 1
	header := func(total uint64) []byte { // blocks of 128 in 4 parts, so many values, the first 0, all the same
		b := binary.AppendUvarint(append([]byte{0x80, 0x01, 4}, binary.AppendUvarint(nil, total)...), 0)
		return append(b, make([]byte, 5)...)
	}
	for name, c := range map[string]struct {
		column  string
		version int
		page    []byte
		want    string
	}{
		"a run of references":               {"references", 1, append([]byte{0}, run(many)...), "claims 1 values and holds more"},
		"a run of references, second form":  {"references", 2, append([]byte{1}, run(many, 0)...), "claims 1 values and holds more"},
		"many runs of references":           {"references", 1, append([]byte{0}, bytes.Repeat(run(1000), 5)...), "claims 1 values and holds more"},
		"packed references of no bits":      {"references", 1, append([]byte{0}, groups(many)...), "claims 1 values and holds more"},
		"more packed than can be counted":   {"references", 1, append([]byte{32}, groups(1<<62)...), "claims 1 values and holds more"},
		"references of 200 bits":            {"references", 1, append([]byte{200}, run(1, 0)...), "packs values in 200 bits"},
		"a run of levels":                   {"optional", 1, level(run(many, 1)), "claims 1 values and holds more"},
		"levels of lists":                   {"repeated", 1, level(run(many, 1)), "claims 1 values and holds more"},
		"levels longer than the page":       {"optional", 1, binary.LittleEndian.AppendUint32(nil, 1<<31), "longer than the page"},
		"a run of yes":                      {"yes", 1, level(run(many, 1)), "claims 1 values and holds more"},
		"two billion differences":           {"differences", 1, header(many), "claims 1 values and holds more"},
		"two billion small differences":     {"differences32", 2, header(many), "claims 1 values and holds more"},
		"two billion lengths":               {"lengths", 1, header(many), "claims 1 values and holds more"},
		"lengths of petabytes":              {"lengths", 1, packed(times(800, 1<<30)...), "unfold to more than 268435456 bytes"},
		"negative lengths":                  {"lengths", 2, packed(5, -5), "texts of negative lengths"},
		"texts that share ever more":        {"shared", 1, append(append(packed(append([]int32{0}, times(799, 1<<20)...)...), packed(append([]int32{1 << 20}, times(799, 0)...)...)...), make([]byte, 1<<20)...), "unfold to more than 268435456 bytes"},
		"shared beginnings without end":     {"shared", 2, append(packed(0), header(many)...), "claims 1 values and holds more"},
		"blocks of a length of their own":   {"differences", 1, []byte{0x7F, 1, 1, 0}, "lengths that aren't allowed"},
		"no small blocks":                   {"differences", 1, []byte{0x80, 1, 0, 1, 0}, "lengths that aren't allowed"},
		"a block of a billion":              {"differences", 1, []byte{0x80, 0x80, 0x80, 0x80, 4, 1, 2, 0}, "lengths that aren't allowed"},
		"differences that are cut off":      {"differences", 1, []byte{0x80, 1, 4, 5, 0}, "it is cut off"},
		"lists of levels in the first form": {"optional lengths", 1, append(level(run(1, 1)), header(many)...), "claims 1 values and holds more"},
	} {
		folded, err := parquet.Zstd.Encode(nil, c.page)
		if err != nil {
			t.Fatal(err)
		}
		b := column(t, encoded[c.column], c.version, 1, parquet.Compression(bomb{&parquet.Zstd, folded}))
		if _, err := parquetlimits.Open(bytes.NewReader(b), int64(len(b))); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s, %d bytes: %v, want %q", name, len(b), err, c.want)
		}
	}
}

// The walk over differences agrees with the reader, to the last byte, on whatever numbers.
func FuzzDifferences(f *testing.F) {
	f.Add(packed(1, 2, 3, -1<<31, 1<<31-1))
	f.Add(packed(times(300, 7)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		numbers := make([]int32, len(b)/4)
		for i := range numbers {
			numbers[i] = int32(binary.LittleEndian.Uint32(b[4*i:]))
		}
		var got []int32
		rest, err := parquetlimits.Differences(append(packed(numbers...), "rest"...), len(numbers), func(n int32) { got = append(got, n) })
		if err != nil || string(rest) != "rest" || fmt.Sprint(got) != fmt.Sprint(numbers) {
			t.Errorf("%v: %v, then %q, %v", numbers, got, rest, err)
		}
	})
}
