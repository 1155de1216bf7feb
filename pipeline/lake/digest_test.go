package lake

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"unsafe"

	"carat/pipeline"
	"pgregory.net/rapid"
)

func giftColumns(t testing.TB) []column {
	t.Helper()
	cols, err := columnsOf(reflect.TypeFor[pipeline.GiftEvent]())
	if err != nil {
		t.Fatal(err)
	}
	return cols
}

// randomLines gives rows whose lines ascend by steps that end groups or not.
func randomLines(rt *rapid.T) []pipeline.GiftEvent {
	rows := gifts(rapid.IntRange(0, 40).Draw(rt, "rows"), 1)
	line := int64(1)
	for i := range rows {
		line += rapid.SampledFrom([]int64{1, 1, 2, 40_000, 70_000}).Draw(rt, "step")
		rows[i].SourceLine = line
		rows[i].OriginalEventID = rapid.SampledFrom([]string{"", "e1"}).Draw(rt, "original")
	}
	return rows
}

// The hash of a batch must not depend on how it was cut into blocks.
func TestRowsDigestIsTheSameInAnyCut(t *testing.T) {
	enc := newRowEncoder(giftColumns(t))
	rapid.Check(t, func(rt *rapid.T) {
		rows := randomLines(rt)
		want := slowDigest(t, rows)
		var joined joinedDigest
		for i := 0; i < len(rows); {
			var b blockDigest
			for n := rapid.IntRange(0, 20).Draw(rt, "block"); n > 0 && i < len(rows); n, i = n-1, i+1 {
				b.add(rows[i].SourceLine, enc.append(nil, unsafe.Pointer(&rows[i])))
			}
			b.endBlock()
			joined.join(&b)
		}
		if joined.unordered {
			rt.Fatal("ascending lines were taken for unordered")
		}
		if got := joined.finish(); got.SHA256 != want || got.Rows != int64(len(rows)) {
			rt.Fatalf("%d rows give %s, want %s", got.Rows, got.SHA256, want)
		}
	})
}

// Taken while writing or from the files, for rows in order, out of order, and
// with several rows of one line, the hash is the one of the definition.
func TestRowsDigestIsTheSameFromFiles(t *testing.T) {
	l := openTest(t, t.TempDir())
	lockTest(t, l)
	feed, _ := pipeline.FeedByName("gift_events")
	for name, change := range map[string]func(rows []pipeline.GiftEvent){
		"in order":     func([]pipeline.GiftEvent) {},
		"out of order": func(rows []pipeline.GiftEvent) { slices.Reverse(rows) },
		"blocks swapped": func(rows []pipeline.GiftEvent) {
			copy(rows, append(append([]pipeline.GiftEvent(nil), rows[20:]...), rows[:20]...))
		},
	} {
		t.Run(name, func(t *testing.T) {
			rows := gifts(40, 1)
			for i := range rows {
				rows[i].SourceLine = int64(i/2) * 9_000 // two rows a line, groups of some lines
				rows[i].SentAt = int64(20_000+i%2) * microsPerDay
			}
			want := slowDigest(t, rows)
			change(rows)
			s, err := NewStage[pipeline.GiftEvent](t.Context(), l, feed, l.NextBatchID())
			if err != nil {
				t.Fatal(err)
			}
			defer s.Discard()
			write(t, s, rows, 20)
			if got, err := s.rowsDigest(); err != nil || got.SHA256 != want || got.Rows != 40 {
				t.Errorf("while writing %v, want %s (%v)", got, want, err)
			}
			if got, err := digestFromFiles(t, s.Files()); err != nil || got.SHA256 != want {
				t.Errorf("from files %v, want %s (%v)", got, want, err)
			}
		})
	}
}

func digestFromFiles(t *testing.T, files []string) (rowsDigest, error) {
	groups, rows, err := hashFiles[pipeline.GiftEvent](t.Context(), giftColumns(t), files, "", nil)
	return digestOf(groups, rows), err
}

// slowDigest follows the definition word by word, for rows in order.
func slowDigest(t testing.TB, rows []pipeline.GiftEvent) string {
	enc := newRowEncoder(giftColumns(t))
	var groups []groupDigest
	for i := 0; i < len(rows); {
		g := rows[i].SourceLine / groupLines
		h := newSHA256()
		for ; i < len(rows) && rows[i].SourceLine/groupLines == g; i++ {
			h.Write(enc.append(nil, unsafe.Pointer(&rows[i])))
		}
		d := groupDigest{group: g}
		h.Sum(d.digest[:0])
		groups = append(groups, d)
	}
	return digestOf(groups, 0).SHA256
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
	enc := newRowEncoder(cols)
	got := string(enc.append(nil, unsafe.Pointer(&row)))
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
	if len(enc.append(nil, unsafe.Pointer(&row))) != len(want)-10 {
		t.Error("an absent column leaves bytes")
	}
}

// named names rows for Drop.
func named(rows ...pipeline.GiftEvent) *RowSet {
	set := NewRowSet()
	for i := range rows {
		set.Add(rows[i].SourceLine, string(rows[i].AppendKey(nil)))
	}
	return set
}

func TestDropRewritesOnlyWhatItMust(t *testing.T) {
	l := openTest(t, t.TempDir())
	lockTest(t, l)
	rows := gifts(40, 5)
	s := stageGifts(t, l, rows, "with doubles")
	before := map[string][]byte{}
	for _, p := range s.Files() {
		content, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		before[p] = content
	}
	// Lines 2 to 5 are the whole of the first day; line 30 is one of its day.
	if err := s.Drop(t.Context(), named(rows[0], rows[1], rows[2], rows[3], rows[28])); err != nil {
		t.Fatal(err)
	}
	changed := 0
	for p, content := range before {
		if now, err := os.ReadFile(p); err != nil || string(now) != string(content) {
			changed++
		}
	}
	if changed != 2 {
		t.Errorf("%d files were changed, want 2", changed)
	}
	kept := append(append([]pipeline.GiftEvent(nil), rows[4:28]...), rows[29:]...)
	b := batchOf(35)
	b.RowsRead, b.RowsDuplicate = 40, 5
	c, err := s.Commit(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	for i := range kept {
		kept[i].BatchID = c.ID
	}
	if want := slowDigest(t, kept); c.RowsSHA256 != want {
		t.Errorf("rows-sha256 %s, want %s", c.RowsSHA256, want)
	}
	if c.FirstEvent.Day() != 6 {
		t.Errorf("first event %v, want the 6th", c.FirstEvent)
	}
	if got := readAll[pipeline.GiftEvent](t, tableOf(t, l, "gift_events", AsOf{}).Files); len(got) != 35 {
		t.Errorf("%d rows, want 35", len(got))
	}
	if _, err := l.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}

// What came before word for word is left out, in its block or another; the
// same key with other content is not. Several rows of a kind leave the first.
func TestRepeatedRowsAreLeftOut(t *testing.T) {
	l := openTest(t, t.TempDir())
	lockTest(t, l)
	rows := gifts(30, 5)
	repeat := func(at, of int) {
		line := rows[at].SourceLine
		rows[at] = rows[of]
		rows[at].SourceLine = line
	}
	repeat(3, 1)
	repeat(4, 1)
	repeat(9, 0)
	repeat(15, 2)
	repeat(29, 1)
	repeat(17, 16)
	rows[17].Coins++
	s := stageGifts(t, l, rows, "again and again")
	if s.Duplicates() != 5 || s.Rows() != 25 {
		t.Errorf("%d duplicates and %d rows, want 5 and 25", s.Duplicates(), s.Rows())
	}
	if may, err := s.KeysMayRepeat(); err != nil || !may {
		t.Errorf("the key with two contents is not seen: %v", err)
	}
	if err := s.Drop(t.Context(), named(rows[17])); err != nil {
		t.Fatal(err)
	}
	b := batchOf(30)
	b.RowsAccepted, b.RowsRejected = 29, 1
	c, err := s.Commit(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	if c.RowsAccepted != 24 || c.RowsDuplicate != 5 || c.RowsRejected != 1 {
		t.Errorf("committed %+v", c.Batch)
	}
	kept := slices.Concat(rows[:3], rows[5:9], rows[10:15], rows[16:17], rows[18:29])
	if want := slowDigest(t, kept); c.RowsSHA256 != want {
		t.Errorf("rows-sha256 %s, want %s", c.RowsSHA256, want)
	}
	if _, err := l.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}

// In a reference feed the last of several rows wins, so a row that says what
// an earlier one said is no duplicate.
func TestReferenceRowsAreAllKept(t *testing.T) {
	l := openTest(t, t.TempDir())
	lockTest(t, l)
	feed, _ := pipeline.FeedByName("gift_catalog")
	s, err := NewStage[pipeline.GiftPrice](t.Context(), l, feed, l.NextBatchID())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Discard()
	row := pipeline.GiftPrice{GiftID: "g", ValidFrom: 1, Name: "Rose", Coins: 1, Lineage: pipeline.Lineage{SourceLine: 2}}
	other, back := row, row
	other.Coins, other.SourceLine, back.SourceLine = 2, 3, 4
	write(t, s, []pipeline.GiftPrice{row, other, back}, 10)
	if s.Duplicates() != 0 || s.Rows() != 3 {
		t.Errorf("%d duplicates and %d rows, want 0 and 3", s.Duplicates(), s.Rows())
	}
	if may, err := s.KeysMayRepeat(); err != nil || !may {
		t.Errorf("the repeated key is not seen: %v", err)
	}
}

func TestDropOfARowThatIsNotThere(t *testing.T) {
	l := openTest(t, t.TempDir())
	lockTest(t, l)
	rows := gifts(8, 5)
	elsewhere, other := rows[1], rows[2]
	elsewhere.SourceLine = 77
	other.EventID = "another key on that line"
	for _, c := range []struct {
		drop *RowSet
		want string
	}{
		{named(rows[1], elsewhere), "take rows out of b000001: line 77: a row that was named is there not at all"},
		{named(rows[1], other), "take rows out of b000001: line 4: a row that was named is there not at all"},
	} {
		s := stageGifts(t, l, rows, "x")
		if err := s.Drop(t.Context(), c.drop); err == nil || err.Error() != c.want {
			t.Errorf("error %v, want %s", err, c.want)
		}
		if err := s.Discard(); err != nil {
			t.Fatal(err)
		}
	}
}

// Rows that share a line are told apart by their keys, in any order.
func TestDropTakesOneRowOfALine(t *testing.T) {
	l := openTest(t, t.TempDir())
	lockTest(t, l)
	rows := gifts(40, 5)
	for i := range rows {
		rows[i].SourceLine = int64(2 + i/4)
	}
	s := stageGifts(t, l, rows, "four to a line")
	if err := s.Drop(t.Context(), named(rows[21], rows[1], rows[2], rows[21])); err != nil {
		t.Fatal(err)
	}
	b := batchOf(40)
	b.RowsAccepted, b.RowsDuplicate = 37, 3
	c, err := s.Commit(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	kept := slices.Concat(rows[:1], rows[3:21], rows[22:])
	if want := slowDigest(t, kept); c.RowsSHA256 != want {
		t.Errorf("rows-sha256 %s, want %s", c.RowsSHA256, want)
	}
	if _, err := l.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}

// Bytes must depend on the rows alone, not on the order in which blocks ran.
func TestSameRowsGiveTheSameBytes(t *testing.T) {
	var sums [2]string
	for i := range sums {
		l := openTest(t, t.TempDir())
		lockTest(t, l)
		feed, _ := pipeline.FeedByName("gift_events")
		s, err := NewStage[pipeline.GiftEvent](t.Context(), l, feed, l.NextBatchID())
		if err != nil {
			t.Fatal(err)
		}
		rows := giftRows(30_000, 3, false)
		var blocks []pipeline.BlockSink[pipeline.GiftEvent]
		for seq := range 3 {
			b, err := s.OpenBlock(seq)
			if err != nil {
				t.Fatal(err)
			}
			blocks = append(blocks, b)
		}
		for k := range 3 {
			seq := k
			if i == 1 {
				seq = 2 - k
			}
			part := rows[seq*10_000 : (seq+1)*10_000]
			for len(part) > 0 {
				n := min(pipeline.BatchRows, len(part))
				if err := blocks[seq].Write(part[:n]); err != nil {
					t.Fatal(err)
				}
				part = part[n:]
			}
			if err := blocks[seq].Close(); err != nil {
				t.Fatal(err)
			}
		}
		c, err := s.Commit(t.Context(), batchOf(30_000))
		if err != nil {
			t.Fatal(err)
		}
		sums[i] = c.FilesSHA256 + c.Chain
	}
	if sums[0] != sums[1] {
		t.Errorf("different bytes: %v", sums)
	}
}

func TestKeysMayRepeat(t *testing.T) {
	for _, limit := range []int64{keyMemory, 0} { // in memory, and all of it spilled
		k := &keyHashes{limit: limit, folder: t.TempDir()}
		none := func(int) { t.Error("a row was left out") }
		for block := range uint64(5) {
			var hashes []uint64
			for i := range uint64(5000) {
				hashes = append(hashes, (block*5000+i)*0x9E3779B97F4A7C15)
			}
			if _, err := k.decide(hashes, make([]uint64, len(hashes)), none); err != nil {
				t.Fatal(err)
			}
		}
		if may, err := k.mayRepeat(); may || err != nil {
			t.Errorf("limit %d: unlike keys may repeat: %v %v", limit, may, err)
		}
		again := uint64(3)
		again *= 0x9E3779B97F4A7C15
		// The key of a row before, with other content.
		if _, err := k.decide([]uint64{again}, []uint64{1}, none); err != nil {
			t.Fatal(err)
		}
		if may, err := k.mayRepeat(); !may || err != nil {
			t.Errorf("limit %d: a repeat was missed: %v %v", limit, may, err)
		}
		// The same row as before is left out, while its hashes are in memory.
		left := 0
		if n, err := k.decide([]uint64{again, 7, 7}, []uint64{0, 8, 8}, func(int) { left++ }); err != nil || int64(left) != n {
			t.Fatal(n, left, err)
		}
		if want := map[bool]int{true: 2, false: 1}[limit > 0]; left != want {
			t.Errorf("limit %d: %d rows were left out, want %d", limit, left, want)
		}
		if err := k.close(); err != nil {
			t.Error(err)
		}
		if left, _ := filepath.Glob(filepath.Join(k.folder, "*")); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	}
}

func TestStageSeesARepeatedKey(t *testing.T) {
	l := openTest(t, t.TempDir())
	lockTest(t, l)
	rows := gifts(30, 5)
	s := stageGifts(t, l, rows, "x")
	defer s.Discard()
	if may, err := s.KeysMayRepeat(); may || err != nil {
		t.Errorf("unlike keys may repeat: %v %v", may, err)
	}
	rows[29].EventID = rows[0].EventID
	s2 := stageGifts(t, l, rows, "y")
	defer s2.Discard()
	if may, err := s2.KeysMayRepeat(); !may || err != nil {
		t.Errorf("a repeat was missed: %v %v", may, err)
	}
}

// Rows of many days in one block: every partition gets its rows, files are
// closed and begun again beyond the limit, and nothing is lost.
func TestBlockThatTouchesManyDays(t *testing.T) {
	l := openTest(t, t.TempDir())
	lockTest(t, l)
	rows := gifts(210, 1)
	for i := range rows {
		at := int64(1_790_000_000_000_000) + int64(i*37%70)*microsPerDay
		rows[i].SentAt = at
	}
	feed, _ := pipeline.FeedByName("gift_events")
	s, err := NewStage[pipeline.GiftEvent](t.Context(), l, feed, l.NextBatchID())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Raw().Write([]byte("many days")); err != nil {
		t.Fatal(err)
	}
	b, err := s.OpenBlock(0)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(rows); i += 70 {
		if err := b.Write(rows[i : i+70]); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Commit(t.Context(), batchOf(210)); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, r := range readAll[pipeline.GiftEvent](t, tableOf(t, l, "gift_events", AsOf{}).Files) {
		seen[r.EventID] = true
	}
	if len(seen) != 210 {
		t.Errorf("%d events, want 210", len(seen))
	}
	if _, err := l.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}
