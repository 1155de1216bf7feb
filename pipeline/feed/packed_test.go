package feed

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"carat/pipeline"
)

func gzipped(t testing.TB, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zstandard(t testing.TB, text string, window int) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := zstd.NewWriter(&b, zstd.WithWindowSize(window))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

type zipEntry struct{ name, text string }

func zipped(t testing.TB, entries ...zipEntry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range entries {
		f, err := w.Create(e.name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(e.text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// The compression is told by the first bytes; the name doesn't matter.
func TestCompression(t *testing.T) {
	text := giftHeader + strings.Repeat(goodGift, 5000)
	two := append(gzipped(t, giftHeader), gzipped(t, strings.Repeat(goodGift, 5000))...)
	for format, content := range map[string][]byte{"csv": []byte(text), "csv.gzip": gzipped(t, text), "csv.zstd": zstandard(t, text, 1<<20),
		"csv.zip": zipped(t, zipEntry{"gift_events.csv", text})} {
		out := read[pipeline.GiftEvent](t, "gift_events.csv", content, nil)
		if out.err != nil || len(out.rows) != 5000 || out.report.Format.String() != format {
			t.Errorf("%s: %s, %d rows, %v", format, out.report.Format, len(out.rows), out.err)
		}
	}
	if out := read[pipeline.GiftEvent](t, "gift_events.csv", two, nil); out.err != nil || len(out.rows) != 5000 {
		t.Errorf("two gzip members: %d rows, %v", len(out.rows), out.err)
	}
}

func TestBrokenPacking(t *testing.T) {
	lines := make([]string, 50_000)
	for i := range lines {
		lines[i] = strings.Replace(goodGift, "e1", joinID([]byte{byte(i), byte(i >> 8)}), 1)
	}
	text := giftHeader + strings.Join(lines, "")
	gz, zs := gzipped(t, text), zstandard(t, text, 1<<20)
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
		"wide zstd":        {wide, "read gift_events.csv: zstd window above 64 MiB; compress it at level 19 or below, without --long"},
		"empty inside":     {gzipped(t, ""), "read gift_events.csv: the file is empty; a file without rows still has a header"},
		"Parquet inside":   {gzipped(t, "PAR1 and more"), "read gift_events.csv: Parquet inside gzip; Parquet is compressed inside; unpack it"},
		"Parquet in a zip": {zipped(t, zipEntry{"gift_events.parquet", "PAR1 and more"}), "read gift_events.csv: Parquet inside zip; Parquet is compressed inside; unpack it"},
	} {
		for _, size := range []int{100_000, 0} {
			out := read[pipeline.GiftEvent](t, "gift_events.csv", c.content, func(o *Options) { o.BlockBytes = size })
			if out.err == nil || out.err.Error() != c.want || pipeline.KindOf(out.err) != pipeline.KindBadInput {
				t.Errorf("%s:\n got %v\nwant %s", name, out.err, c.want)
			}
		}
	}
}

// What unfolds to more than a hundred times its size is refused on the way, long
// before all of it was read; real rows, however alike, are not.
func TestBombs(t *testing.T) {
	bomb := giftHeader + strings.Repeat("\n", 40<<20)
	alike := giftHeader + strings.Repeat(goodGift, 10_000) // just under a megabyte
	for how, c := range map[Compression]struct{ bomb, alike []byte }{
		Gzip: {gzipped(t, bomb), gzipped(t, alike)},
		Zstd: {zstandard(t, bomb, 1<<20), zstandard(t, alike, 1<<20)},
	} {
		out := read[pipeline.GiftEvent](t, "gift_events.csv", c.bomb, nil)
		want := fmt.Sprintf("read gift_events.csv: a %s that unfolds to more than 100 times its size; unpack it and look at it", how)
		if out.err == nil || out.err.Error() != want || pipeline.KindOf(out.err) != pipeline.KindBadInput {
			t.Errorf("%s of %d bytes:\n got %v\nwant %s", how, len(c.bomb), out.err, want)
		}
		if out := read[pipeline.GiftEvent](t, "gift_events.csv", c.alike, nil); out.err != nil || len(out.rows) != 10_000 {
			t.Errorf("%s of rows that are alike: %d rows, %v", how, len(out.rows), out.err)
		}
	}
}

const ecbText = "Date,USD,JPY,BGN,TRL,\n2026-04-13,1.1684,186.75,N/A,N/A,\n2026-04-10,1.1711,186.43,1.9558,,\n"

func TestZip(t *testing.T) {
	good := read[pipeline.FXRate](t, "fx_rates.zip", zipped(t, zipEntry{"eurofxref-hist.csv", ecbText}), nil)
	if good.err != nil || len(good.rows) != 5 || good.report.Format.String() != "ecb-history.zip" {
		t.Errorf("%+v", good)
	}
	bomb := zipped(t, zipEntry{"a.csv", strings.Repeat("\n", 5<<20)})
	inside, err := zip.NewReader(bytes.NewReader(bomb), int64(len(bomb)))
	if err != nil {
		t.Fatal(err)
	}
	bombText := fmt.Sprintf("read fx_rates.zip: a zip that unfolds from %d to 5242880 bytes, more than 100 times or 268435456 bytes; unpack it and look at it", inside.File[0].CompressedSize64)
	for name, c := range map[string]struct {
		content []byte
		want    string
	}{
		"path up":  {zipped(t, zipEntry{"../eurofxref.csv", ecbText}), `read fx_rates.zip: a zip whose file is called "../eurofxref.csv", with a path; unpack it`},
		"absolute": {zipped(t, zipEntry{"/etc/x.csv", ecbText}), `read fx_rates.zip: a zip whose file is called "/etc/x.csv", with a path; unpack it`},
		"windows":  {zipped(t, zipEntry{`..\x.csv`, ecbText}), `read fx_rates.zip: a zip whose file is called "..\\x.csv", with a path; unpack it`},
		"folder":   {zipped(t, zipEntry{"x/", ""}), `read fx_rates.zip: a zip whose file is called "x/", with a path; unpack it`},
		"two":      {zipped(t, zipEntry{"a.csv", ecbText}, zipEntry{"b.csv", ecbText}), "read fx_rates.zip: a zip of 2 files, not of one; unpack it"},
		"none":     {zipped(t), "read fx_rates.zip: a zip of 0 files, not of one; unpack it"},
		"bomb":     {bomb, bombText},
		"no rates": {zipped(t, zipEntry{"a.csv", "a,b\n"}), `read fx_rates.zip:1: required columns rate_date, base, quote, rate are missing; found a, b; fx_rates has the columns rate_date, base, quote, rate`},
		"empty":    {zipped(t, zipEntry{"a.csv", ""}), "read fx_rates.zip: the file is empty; a file without rows still has a header"},
		"cut":      {zipped(t, zipEntry{"a.csv", ecbText})[:60], "read fx_rates.zip: broken zip: zip: not a valid zip file; fetch the file again"},
	} {
		out := read[pipeline.FXRate](t, "fx_rates.zip", c.content, nil)
		if out.err == nil || out.err.Error() != c.want || pipeline.KindOf(out.err) != pipeline.KindBadInput {
			t.Errorf("%s:\n got %v\nwant %s", name, out.err, c.want)
		}
	}
}

func TestRecognise(t *testing.T) {
	for _, c := range []struct{ name, hint, content, want string }{
		{"gift_events_1.csv", "gift_events", giftHeader, "csv gift_events"},
		{"x.csv", "", giftHeader, "error read x.csv: neither its name nor its content says which feed it is; begin its name with one of " + strings.Join(pipeline.FeedNames(), ", ")},
		{"x.csv", "gifts", giftHeader, `error read x.csv: no feed is called "gifts"; the feeds are ` + strings.Join(pipeline.FeedNames(), ", ")},
		{"x.ndjson", "payouts", `{"payout_id": "1"}`, "ndjson payouts"},
		{"x", "", ecbText, "ecb-history fx_rates"},
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
		format, err := Recognise(path, c.hint)
		got := format.String() + " " + format.Feed
		if err != nil {
			got = "error " + err.Error()
		}
		if got != c.want {
			t.Errorf("%s %s:\n got %s\nwant %s", c.name, c.content, got, c.want)
		}
	}
	if _, err := Recognise(filepath.Join(t.TempDir(), "none.csv"), ""); pipeline.KindOf(err) != pipeline.KindNotFound {
		t.Errorf("no file: %v", err)
	}
	for name, want := range map[string]string{"gift_events_2026-10.csv": "gift_events", "fx_rates.csv": "fx_rates", "gifts.csv": "", "coin_packages.csv.gz": "coin_packages"} {
		if got := FeedOfName(name); got != want {
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
	attempt := func(ctx context.Context, sink *memorySink[pipeline.GiftEvent], change func(*Input, *Options)) error {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		in, opts := Input{Name: "gift_events.csv", File: f, Size: int64(len(content))}, testOptions()
		opts.BlockBytes = 1000
		change(&in, &opts)
		_, err = Read(ctx, in, opts, sink)
		if sink.opened != sink.closed {
			t.Errorf("%d blocks opened, %d closed", sink.opened, sink.closed)
		}
		return err
	}
	none := func(*Input, *Options) {}
	if err := attempt(context.Background(), &memorySink[pipeline.GiftEvent]{fail: errSink}, none); !errors.Is(err, errSink) {
		t.Errorf("sink: %v", err)
	}
	err := attempt(context.Background(), &memorySink[pipeline.GiftEvent]{}, func(_ *Input, o *Options) {
		o.OnRejects = func([]pipeline.Reject) error { return errSink }
	})
	if !errors.Is(err, errSink) {
		t.Errorf("rejects: %v", err)
	}
	err = attempt(context.Background(), &memorySink[pipeline.GiftEvent]{}, func(in *Input, _ *Options) { in.Tee = failingWriter{} })
	if !errors.Is(err, errSink) || pipeline.KindOf(err) != pipeline.KindInternal || err.Error() != "read gift_events.csv: keep the raw bytes: the disk is full" {
		t.Errorf("tee: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := attempt(ctx, &memorySink[pipeline.GiftEvent]{}, none); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	ctx, cancel = context.WithCancel(context.Background())
	err = attempt(ctx, &memorySink[pipeline.GiftEvent]{}, func(_ *Input, o *Options) {
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
