package feed_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"carat/pipeline"
	"carat/pipeline/feed"
	"carat/pipeline/feed/feedtest"
	"carat/pipeline/feed/packing"
)

// The compression is told by the first bytes; the name doesn't matter.
func TestCompression(t *testing.T) {
	text := giftHeader + strings.Repeat(goodGift, 5000)
	two := append(feedtest.Gzipped(t, giftHeader), feedtest.Gzipped(t, strings.Repeat(goodGift, 5000))...)
	for format, content := range map[string][]byte{"csv": []byte(text), "csv.gzip": feedtest.Gzipped(t, text), "csv.zstd": feedtest.Zstandard(t, text, 1<<20),
		"csv.zip": feedtest.Zipped(t, feedtest.ZipEntry{Name: "gift_events.csv", Text: text})} {
		out := feedtest.Read[pipeline.GiftEvent](t, "gift_events.csv", content, nil)
		if out.Err != nil || len(out.Rows) != 5000 || out.Report.Format.String() != format {
			t.Errorf("%s: %s, %d rows, %v", format, out.Report.Format, len(out.Rows), out.Err)
		}
	}
	if out := feedtest.Read[pipeline.GiftEvent](t, "gift_events.csv", two, nil); out.Err != nil || len(out.Rows) != 5000 {
		t.Errorf("two gzip members: %d rows, %v", len(out.Rows), out.Err)
	}
}

func TestBrokenPacking(t *testing.T) {
	lines := make([]string, 50_000)
	for i := range lines {
		id := sha256.Sum256([]byte{byte(i), byte(i >> 8)}) // so that it packs badly
		lines[i] = strings.Replace(goodGift, "e1", hex.EncodeToString(id[:16]), 1)
	}
	text := giftHeader + strings.Join(lines, "")
	gz, zs := feedtest.Gzipped(t, text), feedtest.Zstandard(t, text, 1<<20)
	flip := func(b []byte, at int) []byte {
		b = bytes.Clone(b)
		b[at] ^= 0xFF
		return b
	}
	wide := []byte{0x28, 0xB5, 0x2F, 0xFD, 0x00, 17 << 3, 0x01, 0, 0} // a frame with a window of 128 MiB
	for name, c := range map[string]struct {
		content []byte
		want    string
	}{
		"cut gzip":         {gz[:len(gz)/2], "read gift_events.csv: truncated gzip: the file ends in the middle; fetch the file again"},
		"cut gzip tail":    {gz[:len(gz)-3], "read gift_events.csv: truncated gzip: the file ends in the middle; fetch the file again"},
		"gzip checksum":    {flip(gz, len(gz)-6), "read gift_events.csv: broken gzip: gzip: invalid checksum; fetch the file again"},
		"gzip and garbage": {append(bytes.Clone(gz), "garbage behind the end"...), "read gift_events.csv: broken gzip: gzip: invalid header; fetch the file again"},
		"gzip magic only":  {gz[:2], "read gift_events.csv: truncated gzip: the file ends in the middle; fetch the file again"},
		"cut zstd":         {zs[:len(zs)/2], "read gift_events.csv: truncated zstd: the file ends in the middle; fetch the file again"},
		"zstd checksum":    {flip(zs, len(zs)-1), "read gift_events.csv: broken zstd: CRC check failed; fetch the file again"},
		"wide zstd":        {wide, "read gift_events.csv: zstd window above 64 MiB; have it compressed at level 19 or below, without --long"},
		"empty inside":     {feedtest.Gzipped(t, ""), "read gift_events.csv: the file is empty; a file without rows still has a header"},
		"Parquet inside":   {feedtest.Gzipped(t, "PAR1 and more"), "read gift_events.csv: Parquet inside gzip; Parquet is compressed inside; unpack it"},
		"Parquet in a zip": {feedtest.Zipped(t, feedtest.ZipEntry{Name: "gift_events.parquet", Text: "PAR1 and more"}), "read gift_events.csv: Parquet inside zip; Parquet is compressed inside; unpack it"},
	} {
		for _, size := range []int{100_000, 0} {
			out := feedtest.Read[pipeline.GiftEvent](t, "gift_events.csv", c.content, func(o *feed.Options) { o.BlockBytes = size })
			if out.Err == nil || out.Err.Error() != c.want || pipeline.KindOf(out.Err) != pipeline.KindBadInput {
				t.Errorf("%s:\n got %v\nwant %s", name, out.Err, c.want)
			}
		}
	}
}

// What unfolds to more than a hundred times its size is refused on the way, long
// before all of it was read; real rows, however alike, are not.
func TestBombs(t *testing.T) {
	bomb := giftHeader + strings.Repeat("\n", 40<<20)
	alike := giftHeader + strings.Repeat(goodGift, 10_000) // just under a megabyte
	for how, c := range map[packing.Compression]struct{ bomb, alike []byte }{
		packing.Gzip: {feedtest.Gzipped(t, bomb), feedtest.Gzipped(t, alike)},
		packing.Zstd: {feedtest.Zstandard(t, bomb, 1<<20), feedtest.Zstandard(t, alike, 1<<20)},
	} {
		out := feedtest.Read[pipeline.GiftEvent](t, "gift_events.csv", c.bomb, nil)
		want := fmt.Sprintf("read gift_events.csv: a %s that unfolds to more than 100 times its size; ask its sender whether it is meant so, and for it unpacked", how)
		if out.Err == nil || out.Err.Error() != want || pipeline.KindOf(out.Err) != pipeline.KindBadInput {
			t.Errorf("%s of %d bytes:\n got %v\nwant %s", how, len(c.bomb), out.Err, want)
		}
		if out := feedtest.Read[pipeline.GiftEvent](t, "gift_events.csv", c.alike, nil); out.Err != nil || len(out.Rows) != 10_000 {
			t.Errorf("%s of rows that are alike: %d rows, %v", how, len(out.Rows), out.Err)
		}
	}
}

func TestZip(t *testing.T) {
	good := feedtest.Read[pipeline.FXRate](t, "fx_rates.zip", feedtest.Zipped(t, feedtest.ZipEntry{Name: "eurofxref-hist.csv", Text: feedtest.ECBText}), nil)
	if good.Err != nil || len(good.Rows) != 5 || good.Report.Format.String() != "ecb-history.zip" {
		t.Errorf("%+v", good)
	}
	bomb := feedtest.Zipped(t, feedtest.ZipEntry{Name: "a.csv", Text: strings.Repeat("\n", 5<<20)})
	inside, err := zip.NewReader(bytes.NewReader(bomb), int64(len(bomb)))
	if err != nil {
		t.Fatal(err)
	}
	bombText := fmt.Sprintf("read fx_rates.zip: a zip that unfolds from %d to 5242880 bytes, more than 100 times or 268435456 bytes; ask its sender whether it is meant so, and for it unpacked", inside.File[0].CompressedSize64)
	for name, c := range map[string]struct {
		content []byte
		want    string
	}{
		"path up":  {feedtest.Zipped(t, feedtest.ZipEntry{Name: "../eurofxref.csv", Text: feedtest.ECBText}), `read fx_rates.zip: a zip whose file is called "../eurofxref.csv", with a path; give the file that is in it by itself`},
		"absolute": {feedtest.Zipped(t, feedtest.ZipEntry{Name: "/etc/x.csv", Text: feedtest.ECBText}), `read fx_rates.zip: a zip whose file is called "/etc/x.csv", with a path; give the file that is in it by itself`},
		"windows":  {feedtest.Zipped(t, feedtest.ZipEntry{Name: `..\x.csv`, Text: feedtest.ECBText}), `read fx_rates.zip: a zip whose file is called "..\\x.csv", with a path; give the file that is in it by itself`},
		"folder":   {feedtest.Zipped(t, feedtest.ZipEntry{Name: "x/", Text: ""}), `read fx_rates.zip: a zip whose file is called "x/", with a path; give the file that is in it by itself`},
		"two":      {feedtest.Zipped(t, feedtest.ZipEntry{Name: "a.csv", Text: feedtest.ECBText}, feedtest.ZipEntry{Name: "b.csv", Text: feedtest.ECBText}), "read fx_rates.zip: a zip of 2 files, not of one; give each file that is in it by itself"},
		"none":     {feedtest.Zipped(t), "read fx_rates.zip: a zip of 0 files, not of one; give each file that is in it by itself"},
		"bomb":     {bomb, bombText},
		"no rates": {feedtest.Zipped(t, feedtest.ZipEntry{Name: "a.csv", Text: "a,b\n"}), `read fx_rates.zip:1: required columns rate_date, base, quote, rate are missing; found a, b; fx_rates has the columns rate_date, base, quote, rate`},
		"empty":    {feedtest.Zipped(t, feedtest.ZipEntry{Name: "a.csv", Text: ""}), "read fx_rates.zip: the file is empty; a file without rows still has a header"},
		"cut":      {feedtest.Zipped(t, feedtest.ZipEntry{Name: "a.csv", Text: feedtest.ECBText})[:60], "read fx_rates.zip: broken zip: zip: not a valid zip file; fetch the file again"},
	} {
		out := feedtest.Read[pipeline.FXRate](t, "fx_rates.zip", c.content, nil)
		if out.Err == nil || out.Err.Error() != c.want || pipeline.KindOf(out.Err) != pipeline.KindBadInput {
			t.Errorf("%s:\n got %v\nwant %s", name, out.Err, c.want)
		}
	}
}

func TestRecognise(t *testing.T) {
	for _, c := range []struct{ name, hint, content, want string }{
		{"gift_events_1.csv", "gift_events", giftHeader, "csv gift_events"},
		{"x.csv", "", giftHeader, "error read x.csv: neither its name nor its content says which feed it is; begin its name with one of " + strings.Join(pipeline.FeedNames(), ", ")},
		{"x.csv", "gifts", giftHeader, `error read x.csv: no feed is called "gifts"; the feeds are ` + strings.Join(pipeline.FeedNames(), ", ")},
		{"x.ndjson", "payouts", `{"payout_id": "1"}`, "ndjson payouts"},
		{"x", "", feedtest.ECBText, "ecb-history fx_rates"},
		{"x", "", "Date, USD, JPY, \n13 April 2026, 1.1684, 186.75, \n", "ecb-daily fx_rates"},
		{"x", "", `{"37": {"id": 37, "name": "Panda", "diamondCost": 5}}`, "gift-list gift_catalog"},
		{"x", "", `[{"id": 37, "name": "Panda", "diamond_count": 5}]`, "gift-list gift_catalog"},
		{"x", "", `{"messages": [{"type": "WebcastChatMessage"}]}`, "tiktok-live gift_events"},
		{"x", "", `{"type": "WebcastGiftMessage", "data": {}}`, "tiktok-live gift_events"},
		{"x", "", `{"giftId": 1, "repeatCount": 1}`, "tiktok-live gift_events"},
		{"x", "gift_events", `{"event_id": "1", "giftId": 1}`, "ndjson gift_events"},
		{"x", "gift_events", `{"37": {"id": 37, "diamondCost": 5}}`, "error read x: its content is gift-list, which gives gift_catalog, not gift_events; name the file gift_catalog…"},
		{"x", "bank_lines", "PAR1....", "parquet bank_lines"},
	} {
		path := filepath.Join(t.TempDir(), c.name)
		if err := os.WriteFile(path, []byte(c.content), 0o600); err != nil {
			t.Fatal(err)
		}
		format, err := feed.Recognise(path, c.hint)
		got := format.String() + " " + format.Feed
		if err != nil {
			got = "error " + err.Error()
		}
		if got != c.want {
			t.Errorf("%s %s:\n got %s\nwant %s", c.name, c.content, got, c.want)
		}
	}
	if _, err := feed.Recognise(filepath.Join(t.TempDir(), "none.csv"), ""); pipeline.KindOf(err) != pipeline.KindNotFound {
		t.Errorf("no file: %v", err)
	}
	for name, want := range map[string]string{"gift_events_2026-10.csv": "gift_events", "fx_rates.csv": "fx_rates", "gifts.csv": "", "coin_packages.csv.gz": "coin_packages"} {
		if got := feed.FeedOfName(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
}

var errSink = errors.New("the disk is full")

// Trouble that isn't the file's keeps its own kind, and every open block is closed.
func TestTroubleElsewhere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gift_events.csv")
	content := giftHeader + strings.Repeat(goodGift, 3000) + "bad\n"
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	attempt := func(ctx context.Context, sink *feedtest.MemorySink[pipeline.GiftEvent], change func(*feed.Input, *feed.Options)) error {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		in, opts := feed.Input{Name: "gift_events.csv", File: f, Size: int64(len(content))}, feedtest.TestOptions()
		opts.BlockBytes = 1000
		change(&in, &opts)
		_, err = feed.Read(ctx, in, opts, sink)
		if sink.Opened != sink.Closed {
			t.Errorf("%d blocks opened, %d closed", sink.Opened, sink.Closed)
		}
		return err
	}
	none := func(*feed.Input, *feed.Options) {}
	if err := attempt(context.Background(), &feedtest.MemorySink[pipeline.GiftEvent]{Fail: errSink}, none); !errors.Is(err, errSink) {
		t.Errorf("sink: %v", err)
	}
	err := attempt(context.Background(), &feedtest.MemorySink[pipeline.GiftEvent]{}, func(_ *feed.Input, o *feed.Options) {
		o.OnRejects = func([]pipeline.Reject) error { return errSink }
	})
	if !errors.Is(err, errSink) {
		t.Errorf("rejects: %v", err)
	}
	err = attempt(context.Background(), &feedtest.MemorySink[pipeline.GiftEvent]{}, func(in *feed.Input, _ *feed.Options) { in.Tee = failingWriter{} })
	if !errors.Is(err, errSink) || pipeline.KindOf(err) != pipeline.KindInternal || err.Error() != "read gift_events.csv: keep the raw bytes: the disk is full" {
		t.Errorf("tee: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := attempt(ctx, &feedtest.MemorySink[pipeline.GiftEvent]{}, none); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	ctx, cancel = context.WithCancel(context.Background())
	err = attempt(ctx, &feedtest.MemorySink[pipeline.GiftEvent]{}, func(_ *feed.Input, o *feed.Options) {
		o.Progress = func(n int64) {
			if n > 50_000 {
				cancel()
			}
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled in the middle: %v", err)
	}
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errSink }

// What computers put beside somebody's file is nobody's data, and zeros behind a gzip are
// padding; a further file, and other bytes, are not passed over.
func TestWhatStandsBesideAPackedFile(t *testing.T) {
	text := giftHeader + goodGift
	mac := []feedtest.ZipEntry{{Name: "gift_events.csv", Text: text}, {Name: "__MACOSX/._gift_events.csv", Text: "x"}, {Name: ".DS_Store", Text: "y"}, {Name: "._gift_events.csv", Text: "z"}}
	gz := feedtest.Gzipped(t, text)
	for name, c := range map[string]struct {
		content []byte
		want    string
	}{
		"gift_events.zip":    {feedtest.Zipped(t, mac...), ""},
		"gift_events-2.zip":  {feedtest.Zipped(t, append(mac, feedtest.ZipEntry{Name: "more.csv", Text: text})...), "a zip of 2 files, not of one"},
		"gift_events.ods":    {feedtest.Zipped(t, feedtest.ZipEntry{Name: "mimetype", Text: "m"}, feedtest.ZipEntry{Name: "content.xml", Text: "<x/>"}), "an OpenDocument file (.ods); have it exported as .xlsx or CSV"},
		"gift_events.csv.gz": {append(slices.Clone(gz), make([]byte, 700)...), ""},
		"two.csv.gz":         {append(append(slices.Clone(gz), feedtest.Gzipped(t, goodGift)...), 0), ""},
		"garbage.csv.gz":     {append(slices.Clone(gz), 0, 0, 7), "broken gzip: gzip: invalid header; fetch the file again"},
	} {
		out := feedtest.Read[pipeline.GiftEvent](t, name, c.content, nil)
		switch {
		case c.want == "" && (out.Err != nil || len(out.Rows) == 0):
			t.Errorf("%s: %v %d rows", name, out.Err, len(out.Rows))
		case c.want != "" && (out.Err == nil || !strings.Contains(out.Err.Error(), c.want)):
			t.Errorf("%s: %v", name, out.Err)
		}
	}
}

// Rows of nothing but separators are none; a header that something else parts says so.
func TestRowsOfSeparators(t *testing.T) {
	out := feedtest.Read[pipeline.GiftEvent](t, "gift_events.csv", []byte(giftHeader+goodGift+strings.Repeat(",", strings.Count(giftHeader, ","))+"\n,,,\r\n , ,\n"), nil)
	if out.Err != nil || len(out.Rows) != 1 || len(out.Rejects) != 0 {
		t.Errorf("%v %q", out.Err, feedtest.Texts(out.Rejects))
	}
	for mark, name := range map[string]string{"\t": "tabs", "|": "bars", ";": "semicolons"} {
		out := feedtest.Read[pipeline.GiftEvent](t, "gift_events.csv", []byte(strings.ReplaceAll(giftHeader+goodGift, ",", mark)), nil)
		if want := "the columns are parted by " + name + ", not by commas; describe the file under feeds: gift_events: layout"; out.Err == nil || !strings.Contains(out.Err.Error(), want) {
			t.Errorf("%s: %v", name, out.Err)
		}
	}
}
