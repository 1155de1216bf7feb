package pages

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
)

type numbersRow struct {
	Run   string   `parquet:"run_id,id(1)"`
	Name  string   `parquet:"name,id(2),dict"`
	Cents int64    `parquet:"cents,id(3),decimal(2:18)"`
	Rate  int32    `parquet:"rate,id(4),decimal(4:9)"`
	Large [16]byte `parquet:"large,id(5),decimal(3:38)"`
	Count *int64   `parquet:"n,id(6),optional"`
	Day   int32    `parquet:"day,id(7),date"`
	At    int64    `parquet:"at,id(8),timestamp(microsecond)"`
	Is    bool     `parquet:"is,id(9)"`
	Note  *string  `parquet:"note,id(10),optional"`
}

// What is hashed of a result table is what docs/lake.md says, to the byte, whatever the
// encoding: pages, row groups, dictionaries, compression, files.
func TestNumbersAreOfRows(t *testing.T) {
	n, note := int64(-7), "a:b\n-"
	minus := [16]byte{}
	for i := range minus {
		minus[i] = 0xff // -1
	}
	rows := []numbersRow{
		{"r1", "Zoë", -5, 12345, minus, &n, -1, -1_500_000, true, &note},
		{"r1", "", 0, -1, [16]byte{8: 0x8a, 9: 0xc7, 10: 0x23, 11: 0x04, 12: 0x89, 13: 0xe8}, nil, 20_757, 1_793_404_800_000_000, false, nil},
	}
	want := "carat-numbers/2\n" +
		"column name\ncolumn cents\ncolumn rate\ncolumn large\ncolumn n\ncolumn day\ncolumn at\ncolumn is\ncolumn note\n" +
		"4:Zoë5:-0.056:1.23456:-0.0012:-710:1969-12-318:-15000004:true5:a:b\n-\n" +
		"0:4:0.007:-0.000121:10000000000000000.000" + "-10:2026-10-3116:17934048000000005:false-\n"
	sum := sha256.Sum256([]byte(want))
	wanted := hex.EncodeToString(sum[:])
	dir := t.TempDir()
	write := func(name string, rows []numbersRow, options ...parquet.WriterOption) string {
		t.Helper()
		path := filepath.Join(dir, name)
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		w := parquet.NewGenericWriter[numbersRow](f, options...)
		if _, err := w.Write(rows); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var zstd compress.Codec = &parquet.Zstd
	other := []numbersRow{rows[0], rows[1]}
	for i := range other {
		other[i].Run = "r2"
	}
	for what, paths := range map[string][]string{
		"one file":                   {write("a", rows)},
		"another run, compressed":    {write("b", other, parquet.Compression(zstd), parquet.DataPageStatistics(true))},
		"a row group a row":          {write("c", rows, parquet.MaxRowsPerRowGroup(1))},
		"a file a row, and one of 0": {write("d", rows[:1]), write("e", nil), write("f", rows[1:])},
	} {
		got, count, err := NumbersSHA256(NumbersRows, paths)
		if err != nil || got != wanted || count != 2 {
			t.Errorf("%s: %s of %d rows, want %s (%v)", what, got, count, wanted, err)
		}
	}
	if got, _, err := NumbersSHA256(NumbersRows, []string{write("g", nil)}); err != nil || got != hexOf("carat-numbers/2\n") {
		t.Errorf("no rows: %s (%v)", got, err)
	}
	for what, change := range map[string]func(r *numbersRow){
		"an amount":    func(r *numbersRow) { r.Cents++ },
		"null is zero": func(r *numbersRow) { zero := int64(0); r.Count = &zero },
		"null is text": func(r *numbersRow) { none := ""; r.Note = &none },
	} {
		moved := []numbersRow{rows[0], rows[1]}
		change(&moved[1])
		if got, _, err := NumbersSHA256(NumbersRows, []string{write("h", moved)}); err != nil || got == wanted {
			t.Errorf("%s: the same hash (%v)", what, err)
		}
	}
	if swapped, _, _ := NumbersSHA256(NumbersRows, []string{write("i", []numbersRow{rows[1], rows[0]})}); swapped == wanted {
		t.Error("rows in another order have the same hash")
	}
	if _, _, err := NumbersSHA256(3, nil); err == nil || !strings.Contains(err.Error(), "form 3") {
		t.Errorf("form 3: %v", err)
	}
}

func hexOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// Pages end where they want: a block of rows may take values of several.
func TestNumbersOverManyPages(t *testing.T) {
	var rows []numbersRow
	want := "carat-numbers/2\ncolumn name\ncolumn cents\ncolumn rate\ncolumn large\ncolumn n\ncolumn day\ncolumn at\ncolumn is\ncolumn note\n"
	for i := range 5000 {
		r := numbersRow{Run: "r", Name: strings.Repeat("x", i%40), Cents: int64(i)}
		rows = append(rows, r)
		want += valueOf(r.Name) + valueOf(fmt.Sprintf("%d.%02d", i/100, i%100)) + "6:0.0000" + "5:0.000" + "-10:1970-01-011:05:false-\n"
	}
	path := filepath.Join(t.TempDir(), "a")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := parquet.NewGenericWriter[numbersRow](f, parquet.PageBufferSize(700), parquet.MaxRowsPerRowGroup(1999))
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got, n, err := NumbersSHA256(NumbersRows, []string{path}); err != nil || got != hexOf(want) || n != 5000 {
		t.Errorf("%s of %d rows, want %s (%v)", got, n, hexOf(want), err)
	}
}

func valueOf(text string) string { return fmt.Sprintf("%d:%s", len(text), text) }

// BenchmarkNumbers tells what the hash of 300,000 rows costs in each form.
func BenchmarkNumbers(b *testing.B) {
	var rows []numbersRow
	for i := range 300_000 {
		n, note := int64(i), "a note"
		rows = append(rows, numbersRow{Run: "r", Name: fmt.Sprintf("creator-%07d", i/7), Cents: int64(i) * 37, Count: &n, Day: int32(20_000 + i%31), At: int64(i) * 1_000_003, Note: &note})
	}
	path := filepath.Join(b.TempDir(), "a")
	if err := parquet.WriteFile(path, rows); err != nil {
		b.Fatal(err)
	}
	for form, name := range map[int]string{NumbersEncoded: "encoded", NumbersRows: "rows"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, n, err := NumbersSHA256(form, []string{path}); err != nil || n != int64(len(rows)) {
					b.Fatal(n, err)
				}
			}
		})
	}
}

// A number of 16 bytes is written as any other way of writing it would.
func TestLongNumbers(t *testing.T) {
	two := big.NewInt(2)
	for _, of := range []int64{0, 1, 31, 62, 63, 64, 65, 70, 100, 126} {
		power := new(big.Int).Exp(two, big.NewInt(of), nil)
		for _, by := range []int64{-2, -1, 0, 1, 2} {
			for _, sign := range []int64{1, -1} {
				n := new(big.Int).Mul(big.NewInt(sign), new(big.Int).Add(power, big.NewInt(by)))
				for size := 16; size >= 1; size-- {
					limit := new(big.Int).Exp(two, big.NewInt(int64(8*size-1)), nil)
					if n.CmpAbs(limit) >= 0 {
						break
					}
					whole := new(big.Int).Set(n)
					if n.Sign() < 0 {
						whole.Add(whole, new(big.Int).Mul(limit, two))
					}
					b := whole.FillBytes(make([]byte, size))
					if got := string(appendLong(nil, b, 0)); got != n.String() {
						t.Errorf("%x: %s, want %s", b, got, n)
					}
				}
			}
		}
	}
}
