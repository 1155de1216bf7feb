package pages

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/parquet-go/parquet-go"
	"pgregory.net/rapid"
)

type absentRow struct {
	ID  string `parquet:"id,id(1)"`
	One string `parquet:"one,optional,dict,id(2)"`
	Two string `parquet:"two,optional,id(3)"`
}

// What is absent stays absent, however present and absent values alternate.
func TestAbsentStaysAbsent(t *testing.T) {
	guard, err := newAbsentGuard[absentRow]()
	if err != nil {
		t.Fatal(err)
	}
	check := func(t interface{ Fatalf(string, ...any) }, rows []absentRow) {
		var out bytes.Buffer
		w := parquet.NewGenericWriter[absentRow](&out)
		if err := writeGuarded(&guard, rows, func(part []absentRow) error {
			_, err := w.Write(part)
			return err
		}); err != nil {
			t.Fatalf("write: %v", err)
		}
		if err := w.Close(); err != nil {
			t.Fatalf("close: %v", err)
		}
		f, err := parquet.OpenFile(bytes.NewReader(out.Bytes()), int64(out.Len()))
		if err != nil {
			t.Fatalf("open: %v", err)
		}
		read := f.RowGroups()[0].Rows()
		defer read.Close()
		got := make([]parquet.Row, len(rows))
		for n := 0; n < len(rows); {
			k, err := read.ReadRows(got[n:])
			if k == 0 {
				t.Fatalf("read: %v", err)
			}
			n += k
		}
		for i, r := range rows {
			for c, want := range []string{r.ID, r.One, r.Two} {
				if null := got[i][c].IsNull(); null != (want == "") || !null && got[i][c].String() != want {
					t.Fatalf("row %d of %d, column %d: %v, want %q", i, len(rows), c, got[i][c], want)
				}
			}
		}
	}
	for n := 1; n <= 70; n++ {
		for at := range n {
			rows := make([]absentRow, n)
			for i := range rows {
				rows[i].ID = fmt.Sprint(i)
			}
			rows[at].One, rows[n-1-at].Two = "JPY", "USD"
			check(t, rows)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		var rows []absentRow
		for len(rows) < 400 && (len(rows) == 0 || rapid.IntRange(0, 20).Draw(t, "more") > 0) {
			run := rapid.IntRange(1, 40).Draw(t, "run")
			one, two := rapid.Bool().Draw(t, "one"), rapid.Bool().Draw(t, "two")
			for range run {
				r := absentRow{ID: fmt.Sprint(len(rows))}
				if one {
					r.One = "x"
				}
				if two {
					r.Two = "y"
				}
				rows = append(rows, r)
			}
		}
		check(t, rows)
	})
}
