package lake

import (
	"crypto/sha256"
	"os"
	"slices"
	"testing"
	"unsafe"

	"carat/pipeline"
	"carat/pipeline/lake/pages"
)

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

func digestFromFiles(t *testing.T, files []string) (pages.RowsDigest, error) {
	groups, rows, err := rawTables()["gift_events"].Hash(t.Context(), files, "", nil)
	return pages.DigestOf(groups, rows), err
}

// slowDigest follows the definition word by word, for rows in order.
func slowDigest(t testing.TB, rows []pipeline.GiftEvent) string {
	enc := pages.NewRowEncoder(rawTables()["gift_events"].Columns)
	var groups []pages.GroupDigest
	for i := 0; i < len(rows); {
		g := rows[i].SourceLine / pages.GroupLines
		h := sha256.New()
		for ; i < len(rows) && rows[i].SourceLine/pages.GroupLines == g; i++ {
			h.Write(enc.Append(nil, unsafe.Pointer(&rows[i])))
		}
		d := pages.GroupDigest{Group: g}
		h.Sum(d.Digest[:0])
		groups = append(groups, d)
	}
	return pages.DigestOf(groups, 0).SHA256
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
