package feed_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"carat/pipeline"
	"carat/pipeline/feed"
	"carat/pipeline/feed/feedtest"
	"carat/pipeline/feed/lex"
)

const giftHeader = "event_id,kind,original_event_id,sent_at,stream_id,viewer_id,creator_id,gift_id,quantity,coins,diamonds\n"
const goodGift = "e1,gift,,2026-10-01T12:00:00Z,s1,v1,c1,5655,2,2,1\n"

func TestGiftCSV(t *testing.T) {
	out := feedtest.Read[pipeline.GiftEvent](t, "gift_events_1.csv", []byte(giftHeader+goodGift+
		"e2,reversal,e1,2026-09-30 23:59:59.5,s1,v1,c1,5655,1,9007199254740993,0\n"), func(o *feed.Options) {
		o.Calendar = pipeline.NewCalendar(time.UTC, "2026-10")
	})
	if out.Err != nil {
		t.Fatal(out.Err)
	}
	want := []pipeline.GiftEvent{
		{EventID: "e1", Kind: "gift", SentAt: feedtest.Micros("2026-10-01T12:00:00Z"), StreamID: "s1", ViewerID: "v1", CreatorID: "c1",
			GiftID: "5655", Quantity: 2, Coins: 2, Diamonds: 1, Entity: "main",
			Lineage: pipeline.Lineage{BatchID: "b000001", SourceLine: 2, IngestedAt: feedtest.TestIngested, AccountingMonth: "2026-10"}},
		{EventID: "e2", Kind: "reversal", OriginalEventID: "e1", SentAt: feedtest.Micros("2026-09-30T23:59:59.5Z"), StreamID: "s1", ViewerID: "v1",
			CreatorID: "c1", GiftID: "5655", Quantity: 1, Coins: 9007199254740993, Entity: "main",
			Lineage: pipeline.Lineage{BatchID: "b000001", SourceLine: 3, IngestedAt: feedtest.TestIngested, AccountingMonth: "2026-10"}},
	}
	if !slices.Equal(out.Rows, want) {
		t.Errorf("rows\n%+v\nwant\n%+v", out.Rows, want)
	}
	r := out.Report
	if r.ControlTotals["coins"] != "9007199254740995" || r.ControlTotals["diamonds"] != "1" || r.ControlTotals["quantity"] != "3" {
		t.Errorf("control totals %v", r.ControlTotals)
	}
	if !r.FirstEvent.Equal(time.UnixMicro(feedtest.Micros("2026-09-30T23:59:59.5Z"))) || r.Format.String() != "csv" {
		t.Errorf("report %+v", r)
	}
}

// Column order is free, an unknown column is ignored and said once, and what
// CSV allows is allowed: a BOM, CRLF, quotes, empty lines, no last end of line.
func TestCSVDialect(t *testing.T) {
	content := "\xEF\xBB\xBF\r\n" +
		"note,diamonds,approved_by,colour,adjustment_id,creator_id,reason,adjusted_at,entity\r\n" +
		"\"two\nlines, \"\"quoted\"\"\",-5,ann,red,a1,c1,penalty,2026-10-01T00:00:00Z,\r\n" +
		"\r\n" +
		",7,ann,\"\",a2,\"c,2\",bonus,2026-10-02T00:00:00Z,emea"
	out := feedtest.Read[pipeline.DiamondAdjustment](t, "diamond_adjustments.csv", []byte(content), nil)
	if out.Err != nil {
		t.Fatal(out.Err)
	}
	if len(out.Rows) != 2 || len(out.Rejects) != 0 {
		t.Fatalf("rows %+v, rejects %+v", out.Rows, out.Rejects)
	}
	a, b := out.Rows[0], out.Rows[1]
	if a.Note != "two\nlines, \"quoted\"" || a.Diamonds != -5 || a.SourceLine != 3 || a.Entity != "main" {
		t.Errorf("first %+v", a)
	}
	if b.CreatorID != "c,2" || b.SourceLine != 6 || b.Entity != "emea" || b.Diamonds != 7 {
		t.Errorf("second %+v", b)
	}
	if !slices.Equal(out.Report.UnknownColumns, []string{"colour"}) || out.Report.ControlTotals["diamonds"] != "2" {
		t.Errorf("report %+v", out.Report)
	}
}

func replaceField(t *testing.T, header, row, column, value string) string {
	t.Helper()
	i := slices.Index(strings.Split(strings.TrimSpace(header), ","), column)
	if i < 0 {
		t.Fatalf("no column %s", column)
	}
	cells := strings.Split(row, ",")
	cells[i] = value
	return strings.Join(cells, ",")
}

func TestEveryRejectOfAGift(t *testing.T) {
	good := strings.TrimSpace(goodGift)
	for _, c := range []struct{ column, value, want string }{
		{"event_id", "", `event_id missing "": expected an id of 1 to 128 bytes without control characters`},
		{"event_id", strings.Repeat("x", 129), `event_id bad_id "` + strings.Repeat("x", 120) + `": expected an id of 1 to 128 bytes without control characters`},
		{"event_id", "a\x1Fb", `event_id bad_id "a\x1fb": expected an id of 1 to 128 bytes without control characters`},
		{"viewer_id", "a\tb", `viewer_id bad_id "a\tb": expected an id of 1 to 128 bytes without control characters`},
		{"viewer_id", "a\u0085b", `viewer_id bad_id "a\u0085b": expected an id of 1 to 128 bytes without control characters`},
		{"viewer_id", "a\rb", `viewer_id bad_id "a\rb": expected an id of 1 to 128 bytes without control characters`},
		{"kind", "Gift", `kind unknown_value "Gift": expected one of gift, reversal`},
		{"kind", "reversal", `original_event_id missing "": expected the gift that a reversal goes back to`},
		{"sent_at", "yesterday", `sent_at bad_time "yesterday": expected an RFC 3339 time of at most microseconds, like 2026-10-01T12:00:00Z, or a day`},
		{"sent_at", "2026-10-01T12:00:00.1234567Z", `sent_at too_precise "2026-10-01T12:00:00.1234567Z": expected an RFC 3339 time of at most microseconds, like 2026-10-01T12:00:00Z, or a day`},
		{"sent_at", "1970-01-21T12:00:00Z", `sent_at out_of_range "1970-01-21T12:00:00Z": expected a time from 2000 to 2099`},
		{"sent_at", "2100-01-01T00:00:00Z", `sent_at out_of_range "2100-01-01T00:00:00Z": expected a time from 2000 to 2099`},
		{"quantity", "0", `quantity out_of_range "0": expected a whole number, at least 1`},
		{"quantity", "-1", `quantity negative "-1": expected a whole number, at least 1`},
		{"coins", "abc", `coins not_a_number "abc": expected a whole number, at least 0`},
		{"coins", "1e3", `coins not_a_number "1e3": expected a whole number, at least 0`},
		{"coins", "1_000", `coins not_a_number "1_000": expected a whole number, at least 0`},
		{"coins", " 12", `coins not_a_number " 12": expected a whole number, at least 0`},
		{"coins", "+12", `coins not_a_number "+12": expected a whole number, at least 0`},
		{"coins", "1.5", `coins not_a_number "1.5": expected a whole number, at least 0`},
		{"coins", "0x10", `coins not_a_number "0x10": expected a whole number, at least 0`},
		{"coins", "٣", `coins not_a_number "٣": expected a whole number, at least 0`},
		{"coins", "NaN", `coins not_a_number "NaN": expected a whole number, at least 0`},
		{"coins", "1000000000000000000", `coins out_of_range "1000000000000000000": expected a whole number, at least 0`},
		{"coins", "99999999999999999999999", `coins out_of_range "99999999999999999999999": expected a whole number, at least 0`},
		{"diamonds", "-1", `diamonds negative "-1": expected a whole number, at least 0`},
		{"diamonds", "1,2", ` wrong_field_count "e1,gift,,2026-10-01T12:00:00Z,s1,v1,c1,5655,2,2,1,2": expected 11 fields, as the header has; found 12`},
		{"diamonds", `"1`, ` bad_quote "e1,gift,,2026-10-01T12:00:00Z,s1,v1,c1,5655,2,2,\"1": expected fields quoted as in RFC 4180`},
		{"gift_id", `5"6`, ` bad_quote "e1,gift,,2026-10-01T12:00:00Z,s1,v1,c1,5\"6,2,2,1": expected fields quoted as in RFC 4180`},
		{"gift_id", `"5"6`, ` bad_quote "e1,gift,,2026-10-01T12:00:00Z,s1,v1,c1,\"5\"6,2,2,1": expected fields quoted as in RFC 4180`},
	} {
		content := giftHeader + replaceField(t, giftHeader, good, c.column, c.value) + "\n" + strings.Replace(goodGift, "e1", "e2", 1)
		out := feedtest.Read[pipeline.GiftEvent](t, "gift_events.csv", []byte(content), nil)
		if out.Err != nil {
			t.Errorf("%s=%q: %v", c.column, c.value, out.Err)
			continue
		}
		if len(out.Rows) != 1 || out.Rows[0].EventID != "e2" || out.Rows[0].SourceLine != 3 {
			t.Errorf("%s=%q: the good row behind it: %+v", c.column, c.value, out.Rows)
		}
		if len(out.Rejects) != 1 || feedtest.RejectText(out.Rejects[0]) != "gift_events.csv:2 "+c.want {
			t.Errorf("%s=%q:\n got %v\nwant gift_events.csv:2 %s", c.column, c.value, feedtest.Texts(out.Rejects), c.want)
		}
	}
}

func TestRejectBearsItsOrigin(t *testing.T) {
	content := giftHeader + goodGift + replaceField(t, giftHeader, strings.TrimSpace(goodGift), "coins", "x") + "\n"
	out := feedtest.Read[pipeline.GiftEvent](t, "gift_events.csv", []byte(content), nil)
	if len(out.Rejects) != 1 {
		t.Fatal(out.Rejects, out.Err)
	}
	want := pipeline.Reject{Feed: "gift_events", Source: "gift_events.csv", Column: "coins", Code: "not_a_number", Value: "x",
		Expected: "a whole number, at least 0", RowKey: "e1", Entity: "main",
		Lineage: pipeline.Lineage{BatchID: "b000001", SourceLine: 3, IngestedAt: feedtest.TestIngested, AccountingMonth: "2026-10"}}
	if out.Rejects[0] != want {
		t.Errorf("got %+v\nwant %+v", out.Rejects[0], want)
	}
}

// A row that is not taken is of the month that it says, whatever is wrong with it: else that month
// closes with it unknown.
func TestRejectIsOfItsRowsMonth(t *testing.T) {
	month := func(reject []pipeline.Reject) string {
		t.Helper()
		if len(reject) != 1 {
			t.Fatalf("%d rejects: %v", len(reject), feedtest.Texts(reject))
		}
		return reject[0].AccountingMonth
	}
	const good = "l1,web,r,sale,10,10,USD,2026-09-07T00:00:00Z,2026-09-09T00:00:00Z\n"
	lines := "line_id,channel,report_id,kind,gross_amount,net_amount,currency,transaction_at,settled_at\n" + good
	for row, want := range map[string]string{
		"l2,web,r,sale,1O,10,USD,2026-08-30T00:00:00Z,2026-09-02T00:00:00Z\n": "2026-08", // as TestIngested is in November
		"l2,web,r,payout,-10,1O,USD,,2026-09-02T00:00:00Z\n":                  "2026-09",
		"l2,web,r,sale,10,10,USD,,yesterday\n":                                "2026-11",
	} {
		out := feedtest.Read[pipeline.SettlementLine](t, "settlement_lines.csv", []byte(lines+row), nil)
		if got := month(out.Rejects); got != want {
			t.Errorf("%q is of %s, want %s", row, got, want)
		}
	}
	const balances = "subject_kind,subject_id,currency,amount,as_of\ncounterparty,a,USD,1,2026-10-01T00:00:00Z\ncounterparty,b,US Dollar,1,2026-10-01T00:00:00Z\n"
	if got := month(feedtest.Read[pipeline.Balance](t, "balances.csv", []byte(balances), nil).Rejects); got != "2026-09" {
		t.Errorf("a balance that closes September is of %s", got)
	}
	const payouts = "payout_id,creator_id,status,diamonds,currency,gross_amount,net_amount,method,requested_at,paid_at,updated_at\n" +
		"p1,c1,paid,100,USD,1,1,bank,2026-08-01T00:00:00Z,2026-09-01T00:00:00Z,2026-10-01T00:00:00Z\np2,c1,paid,100,USD,1O,1,bank,2026-08-01T00:00:00Z,2026-09-01T00:00:00Z,2026-10-01T00:00:00Z\n"
	if got := month(feedtest.Read[pipeline.Payout](t, "payouts.csv", []byte(payouts), nil).Rejects); got != "2026-09" {
		t.Errorf("a payout that was paid in September is of %s", got)
	}
}

// wide gives a text in UTF-16, with its mark, as a spreadsheet saves it.
func wide(text string) string {
	b := []byte{0xFF, 0xFE}
	for _, unit := range utf16.Encode([]rune(text)) {
		b = binary.LittleEndian.AppendUint16(b, unit)
	}
	return string(b)
}

// carat's own columns in UTF-16, as a spreadsheet saves them again, are the rows that they
// are in UTF-8, in blocks of any size.
func TestOwnColumnsInUTF16(t *testing.T) {
	csv := giftHeader + strings.Replace(goodGift, "v1", "\"v 贈り😀\nä\"", 1) + strings.Replace(goodGift, "e1", "e2", 1)
	lines := `{"event_id":"e1","kind":"gift","sent_at":"2026-10-01T12:00:00Z","stream_id":"s1","viewer_id":"ä😀","creator_id":"c1","gift_id":"5655","quantity":2,"coins":2,"diamonds":1}` + "\n"
	for name, text := range map[string]string{"gift_events.csv": csv, "gift_events.ndjson": lines} {
		want := feedtest.Read[pipeline.GiftEvent](t, name, []byte(text), nil)
		if want.Err != nil || len(want.Rows) == 0 {
			t.Fatalf("%s: %d rows, %v", name, len(want.Rows), want.Err)
		}
		for _, size := range []int{1, 64, 0} {
			got := feedtest.Read[pipeline.GiftEvent](t, name, []byte(wide(text)), func(o *feed.Options) { o.BlockBytes = size })
			if got.Err != nil || !slices.Equal(got.Rows, want.Rows) {
				t.Errorf("%s, blocks of %d: %v\n%+v", name, size, got.Err, got.Rows)
			}
		}
	}
}

func TestBadFiles(t *testing.T) {
	long := giftHeader + strings.Repeat("x", lex.MaxRecordBytes+1) + "\n"
	for name, c := range map[string]struct{ content, want string }{
		"empty":      {"", "read gift_events.csv: the file is empty; a file without rows still has a header"},
		"only a BOM": {"\xEF\xBB\xBF", "read gift_events.csv: the file is empty; a file without rows still has a header"},
		"only lines": {"\n\r\n", "read gift_events.csv: the file is empty; a file without rows still has a header"},
		"missing column": {strings.Replace(giftHeader, ",coins", "", 1) + goodGift,
			"read gift_events.csv:1: required column coins is missing; found event_id, kind, original_event_id, sent_at, stream_id, viewer_id, creator_id, gift_id, quantity, diamonds; gift_events has the columns event_id, kind, original_event_id, sent_at, stream_id, viewer_id, creator_id, gift_id, quantity, coins, diamonds, entity"},
		"missing columns": {"event_id,kind,sent_at,stream_id,viewer_id,creator_id,gift_id,Coins\n",
			"read gift_events.csv:1: required columns quantity, coins, diamonds are missing; found event_id, kind, sent_at, stream_id, viewer_id, creator_id, gift_id, Coins; gift_events has the columns event_id, kind, original_event_id, sent_at, stream_id, viewer_id, creator_id, gift_id, quantity, coins, diamonds, entity"},
		"column twice":  {strings.Replace(giftHeader, "diamonds", "diamonds,coins", 1), `read gift_events.csv:1: column "coins" is there twice, as number 10 and 12`},
		"header quotes": {"\"event_id,kind\n", `read gift_events.csv:1: the header has broken quotes: "\"event_id,kind"`},
		"escapes":       {"event_id,\x1b[31mkind\n", "read gift_events.csv:1: required columns kind, sent_at, stream_id, viewer_id, creator_id, gift_id, quantity, coins, diamonds are missing; found event_id, \uFFFD[31mkind; gift_events has the columns event_id, kind, original_event_id, sent_at, stream_id, viewer_id, creator_id, gift_id, quantity, coins, diamonds, entity"},
		"not UTF-8":     {giftHeader + goodGift + "e2,gift,\xE9", "read gift_events.csv:3: not UTF-8: byte 0xE9 at offset 161; have it written as UTF-8 where it is made, or say the encoding of a CSV in carat.yaml (layout, docs/formats.md)"},
		"header not UTF-8": {"event_id,\xFF\n" + goodGift,
			"read gift_events.csv:1: not UTF-8: byte 0xFF at offset 9; have it written as UTF-8 where it is made, or say the encoding of a CSV in carat.yaml (layout, docs/formats.md)"},
		"carriage returns alone":     {strings.ReplaceAll(giftHeader+goodGift, "\n", "\r"), "read gift_events.csv:1: its lines end in a carriage return alone, as old Macs wrote them; have it written with line feeds where it is made"},
		"many of them":               {strings.ReplaceAll(giftHeader+strings.Repeat(goodGift, 30_000), "\n", "\r"), "read gift_events.csv:1: its lines end in a carriage return alone, as old Macs wrote them; have it written with line feeds where it is made"},
		"UTF-16 that is cut":         {wide(giftHeader+goodGift) + "x", "read gift_events.csv:3: it is UTF-16 with a character that is none; it was cut or damaged: fetch it again, or have it written as UTF-8 where it is made"},
		"half a character in UTF-16": {wide(giftHeader) + "\x00\xD8a\x00", "read gift_events.csv:2: it is UTF-16 with a character that is none; it was cut or damaged: fetch it again, or have it written as UTF-8 where it is made"},
		"long line":                  {long, "read gift_events.csv:2: a line longer than 1048576 bytes; is this the right file?"},
		"JSON array":                 {`["e1"]`, "read gift_events.csv:1: a JSON array of something else than objects; have it written with one object on each line, or as an array of objects"},
		"cut array":                  {`[{"event_id": "e1"},`, "read gift_events.csv:1: a JSON array that ends in the middle; fetch the file again"},
		"ECB's": {"Date,USD,JPY,\n2026-10-01,1.1,170,\n",
			"read gift_events.csv: its content is ecb-history, which gives fx_rates, not gift_events; name the file fx_rates…"},
	} {
		for _, size := range []int{64, 0} {
			out := feedtest.Read[pipeline.GiftEvent](t, "gift_events.csv", []byte(c.content), func(o *feed.Options) { o.BlockBytes = size })
			if out.Err == nil || out.Err.Error() != c.want {
				t.Errorf("%s, blocks of %d:\n got %v\nwant %s", name, size, out.Err, c.want)
			}
			if pipeline.KindOf(out.Err) != pipeline.KindBadInput {
				t.Errorf("%s: kind %d", name, pipeline.KindOf(out.Err))
			}
		}
	}
}

func TestHeaderOnlyIsFine(t *testing.T) {
	out := feedtest.Read[pipeline.GiftEvent](t, "gift_events.csv", []byte(giftHeader), nil)
	if out.Err != nil || out.Report.RowsRead != 0 || !out.Report.FirstEvent.IsZero() {
		t.Errorf("%+v", out)
	}
}

func TestRejectShare(t *testing.T) {
	content := giftHeader + goodGift + strings.Replace(goodGift, ",2,1\n", ",x,1\n", 1) + goodGift + goodGift
	exactly := func(share pipeline.Rate) error {
		return feedtest.Read[pipeline.GiftEvent](t, "gift_events.csv", []byte(content), func(o *feed.Options) { o.MaxRejectShare = share }).Err
	}
	if err := exactly(250_000_000); err != nil {
		t.Errorf("a quarter of bad rows at a share of a quarter: %v", err)
	}
	want := `read gift_events.csv: 1 of 4 rows are rejected, more than max_reject_share 0.249999999 allows; the first is gift_events.csv:3: coins: "x" is not_a_number, expected a whole number, at least 0; nothing of it was ingested: have it corrected where it is made, or say in carat.yaml how it is to be read (docs/formats.md), and ingest it again`
	if err := exactly(249_999_999); err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

func TestTotals(t *testing.T) {
	content := []byte(giftHeader + goodGift + replaceField(t, giftHeader, strings.TrimSpace(goodGift), "coins", "-7") + "\n")
	for _, c := range []struct{ totals, want string }{
		{`{"rows": 2, "sums": {"coins": "-5", "diamonds": 2.0}}`, ""},
		{`{"rows": "2", "coins": "-5.00"}`, ""},
		{`{"rows": 3}`, "read gift_events.csv: control totals of T don't match: rows: expected 3, actual 2, difference -1"},
		{`{"sums": {"coins": "-4.5"}}`, "read gift_events.csv: control totals of T don't match: coins: expected -4.5, actual -5, difference -0.5"},
		{`{"sums": {"gold": 1}}`, `read gift_events.csv: control totals of T don't match: the file has no numeric column "gold" (it has coins, diamonds, quantity)`},
	} {
		totals, err := feed.ReadTotals(strings.NewReader(c.totals), "T")
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if err := feedtest.Read[pipeline.GiftEvent](t, "gift_events.csv", content, func(o *feed.Options) { o.Totals = totals }).Err; err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.totals, got, c.want)
		}
	}
	for _, c := range []struct{ totals, want string }{
		{`[]`, "not a JSON object"}, {`{"rows": 1.5}`, `rows: "1.5" is not a count`}, {`{"rows": -1}`, `rows: "-1" is not a count`},
		{`{"coins": 1e3}`, `coins: "1e3" is not a plain decimal`}, {`{"coins": true}`, `coins: "true" is not a plain decimal`},
		{`{"sums": 3}`, "sums: not a JSON object"}, {`{"coins": 1, "sums": {"coins": 2}}`, "coins: given twice"},
	} {
		_, err := feed.ReadTotals(strings.NewReader(c.totals), "T")
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "read T: ") || pipeline.KindOf(err) != pipeline.KindBadInput {
			t.Errorf("%s: %v, want %s", c.totals, err, c.want)
		}
	}
}

// One stray quote costs its own line, not the rows behind it.
func TestStrayQuoteSwallowsNothing(t *testing.T) {
	var content strings.Builder
	content.WriteString(giftHeader)
	for i := range 50_000 { // more than a record may hold
		id := fmt.Sprintf("e%05d", i)
		if i == 20 {
			id = `"` + id
		}
		content.WriteString(strings.Replace(goodGift, "e1", id, 1))
	}
	for _, size := range []int{100, 4096, 0} {
		out := feedtest.Read[pipeline.GiftEvent](t, "gift_events.csv", []byte(content.String()), func(o *feed.Options) { o.BlockBytes = size })
		if out.Err != nil || len(out.Rows) != 49_999 || len(out.Rejects) != 1 || out.Rejects[0].SourceLine != 22 || out.Rejects[0].Code != "bad_quote" {
			t.Errorf("blocks of %d: %d rows, rejects %v, %v", size, len(out.Rows), feedtest.Texts(out.Rejects), out.Err)
		}
	}
}

// A file of one endless line must fail before it is held.
func TestEndlessLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gift_events.csv")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(giftHeader); err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(2 << 30); err != nil { // a hole: takes no disk
		t.Skip("the file system has no sparse files: ", err)
	}
	f.Close()
	out := feedtest.ReadPath[pipeline.GiftEvent](t, path, nil)
	if out.Err == nil || out.Err.Error() != "read gift_events.csv:2: a line longer than 1048576 bytes; is this the right file?" {
		t.Errorf("%v", out.Err)
	}
}
