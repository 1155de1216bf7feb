package pages

import (
	"crypto/sha256"
	"fmt"
	"reflect"
	"testing"
	"unsafe"

	"carat/pipeline"

	"pgregory.net/rapid"
)

// randomLines gives rows whose lines ascend by steps that end groups or not.
func randomLines(rt *rapid.T) []pipeline.GiftEvent {
	rows := make([]pipeline.GiftEvent, rapid.IntRange(0, 40).Draw(rt, "rows"))
	line := int64(1)
	for i := range rows {
		rows[i] = pipeline.GiftEvent{EventID: fmt.Sprintf("e%06d", i), Kind: "gift", SentAt: int64(i), ViewerID: fmt.Sprintf("v%d", i%7), Coins: 1}
		line += rapid.SampledFrom([]int64{1, 1, 2, 40_000, 70_000}).Draw(rt, "step")
		rows[i].SourceLine = line
		rows[i].OriginalEventID = rapid.SampledFrom([]string{"", "e1"}).Draw(rt, "original")
	}
	return rows
}

// The hash of a batch must not depend on how it was cut into blocks.
func TestRowsDigestIsTheSameInAnyCut(t *testing.T) {
	enc := NewRowEncoder(giftColumns(t))
	rapid.Check(t, func(rt *rapid.T) {
		rows := randomLines(rt)
		want := slowRowsDigest(t, rows)
		var joined JoinedDigest
		for i := 0; i < len(rows); {
			var b BlockDigest
			for n := rapid.IntRange(0, 20).Draw(rt, "block"); n > 0 && i < len(rows); n, i = n-1, i+1 {
				b.add(rows[i].SourceLine, enc.Append(nil, unsafe.Pointer(&rows[i])))
			}
			b.EndBlock()
			joined.Join(&b)
		}
		if joined.Unordered {
			rt.Fatal("ascending lines were taken for unordered")
		}
		if got := joined.finish(); got.SHA256 != want || got.Rows != int64(len(rows)) {
			rt.Fatalf("%d rows give %s, want %s", got.Rows, got.SHA256, want)
		}
	})
}

// The canonical form is a contract with auditors: it is pinned here, byte by
// byte.
func TestCanonicalRow(t *testing.T) {
	cols, err := columnsOf(reflect.TypeFor[pipeline.GiftPrice]())
	if err != nil {
		t.Fatal(err)
	}
	to := int64(7)
	row := pipeline.GiftPrice{GiftID: "g", ValidFrom: 1, Name: "", Coins: -1, ValidTo: &to,
		Lineage: pipeline.Lineage{BatchID: "b000001", SourceLine: 2, IngestedAt: 9, AccountingMonth: "2026-10"}}
	enc := NewRowEncoder(cols)
	got := string(enc.Append(nil, unsafe.Pointer(&row)))
	want := "\x00\x01\x00\x00\x00\x01g" +
		"\x00\x02\x00\x00\x00\x00\x00\x00\x00\x01" +
		"\x00\x03\x00\x00\x00\x00" +
		"\x00\x04\xff\xff\xff\xff\xff\xff\xff\xff" +
		"\x00\x05\x00\x00\x00\x00\x00\x00\x00\x07" +
		"\x03\x86\x00\x00\x00\x00\x00\x00\x00\x02" +
		"\x03\x88\x00\x00\x00\x072026-10" + "\x00\x00"
	if got != want {
		t.Errorf("canonical row\n got %q\nwant %q", got, want)
	}
	row.ValidTo = nil
	if len(enc.Append(nil, unsafe.Pointer(&row))) != len(want)-10 {
		t.Error("an absent column leaves bytes")
	}
}

func giftColumns(t testing.TB) []Column {
	t.Helper()
	cols, err := columnsOf(reflect.TypeFor[pipeline.GiftEvent]())
	if err != nil {
		t.Fatal(err)
	}
	return cols
}

// slowRowsDigest follows the definition word by word, for rows in order.
func slowRowsDigest(t testing.TB, rows []pipeline.GiftEvent) string {
	enc := NewRowEncoder(giftColumns(t))
	var groups []GroupDigest
	for i := 0; i < len(rows); {
		g := rows[i].SourceLine / GroupLines
		h := sha256.New()
		for ; i < len(rows) && rows[i].SourceLine/GroupLines == g; i++ {
			h.Write(enc.Append(nil, unsafe.Pointer(&rows[i])))
		}
		d := GroupDigest{Group: g}
		h.Sum(d.Digest[:0])
		groups = append(groups, d)
	}
	return DigestOf(groups, 0).SHA256
}
