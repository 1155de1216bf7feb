package raw

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"carat/pipeline/lake/store"
	"github.com/klauspost/compress/zstd"
)

// keptFiles is a store of source files in a folder of its own.
func keptFiles(t *testing.T) *Files { return &Files{Disk: &store.Disk{Root: t.TempDir()}} }

// framedText is text of several frames: short lines, one that is longer than a
// frame, records with ends of lines inside quotes, one of which lies over the
// border of two frames.
func framedText() string {
	rng := rand.New(rand.NewPCG(5, 5))
	var b strings.Builder
	b.WriteString("\ufeffid,text\n")
	for b.Len() < 2*rawFrameBytes-40 {
		fmt.Fprintf(&b, "%d,%d\n", b.Len(), rng.Uint64())
	}
	b.WriteString("over the border,\"" + strings.Repeat("a\nb\n", 30) + "\"\n")
	b.WriteString("long," + strings.Repeat("x", 3*rawFrameBytes/2) + "\n\n")
	for b.Len() < 6*rawFrameBytes {
		fmt.Fprintf(&b, "%d,\"%d\n%s\"\r\n", b.Len(), rng.Uint64(), strings.Repeat("\n", rng.IntN(3)))
	}
	return b.String() + "the last line has no end"
}

// keepRaw puts a packed source where a lake keeps it, and gives its hash.
func keepRaw(t *testing.T, files *Files, text string, packed []byte) string {
	t.Helper()
	sum := sha256.Sum256([]byte(text))
	sha := hex.EncodeToString(sum[:])
	dir := filepath.Join(files.Dir("gift_events"), sha[:2])
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, sha+".zst"), packed, 0o600); err != nil {
		t.Fatal(err)
	}
	return sha
}

// packFrames writes a text in pieces of all sizes.
func packFrames(t *testing.T, text string) []byte {
	t.Helper()
	var packed bytes.Buffer
	w, err := newFramePacker(&packed)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for rest := []byte(text); len(rest) > 0; {
		n := min(len(rest), rng.IntN(3*rawFrameBytes))
		if _, err := w.Write(rest[:n]); err != nil {
			t.Fatal(err)
		}
		rest = rest[n:]
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

func wholeFrame(t *testing.T, text string) []byte {
	t.Helper()
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return enc.EncodeAll([]byte(text), nil)
}

func readRaw(files *Files, sha string) (string, error) {
	r, err := files.Open("gift_events", sha)
	if err != nil {
		return "", err
	}
	defer r.Close()
	text, err := io.ReadAll(r)
	return string(text), err
}

func TestRawFramesGiveBackTheSource(t *testing.T) {
	files := keptFiles(t)
	for _, text := range []string{"", "\n", "one line", framedText()[:rawFrameBytes], framedText()[:rawFrameBytes+1], framedText()} {
		packed := packFrames(t, text)
		if got, err := readRaw(files, keepRaw(t, files, text, packed)); err != nil || got != text {
			t.Errorf("%d bytes: %d came back, %v", len(text), len(got), err)
		}
		dec, err := zstd.NewReader(bytes.NewReader(packed)) // as anybody's decoder reads it
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(dec); err != nil || string(got) != text {
			t.Errorf("%d bytes: a plain decoder gave %d, %v", len(text), len(got), err)
		}
		dec.Close()
		frames, err := readFrames(bytes.NewReader(packed), int64(len(packed)))
		if err != nil || len(frames) != max(1, (len(text)+rawFrameBytes-1)/rawFrameBytes) {
			t.Errorf("%d bytes: %d frames, %v", len(text), len(frames), err)
		}
	}
}

func TestZstdToolRestoresRawFile(t *testing.T) {
	tool, err := exec.LookPath("zstd")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("zstd is not installed")
		}
		t.Skip("zstd is not installed")
	}
	text := framedText()
	cmd := exec.Command(tool, "-d", "-c")
	cmd.Stdin = bytes.NewReader(packFrames(t, text))
	got, err := cmd.Output()
	if err != nil || string(got) != text {
		t.Errorf("zstd -d gave %d of %d bytes, %v", len(got), len(text), err)
	}
}

// Every line, asked for alone or with others, is the same from frames, from one
// frame without tables and from tables that are broken.
func TestSourceLinesFromFrames(t *testing.T) {
	files := keptFiles(t)
	text := framedText()
	packed := packFrames(t, text)
	broken := append([]byte(nil), packed...)
	broken[len(broken)-6]++ // the number of frames
	frames, err := readFrames(bytes.NewReader(packed), int64(len(packed)))
	if err != nil || len(frames) < 6 {
		t.Fatalf("%d frames, %v", len(frames), err)
	}
	total := int64(strings.Count(text, "\n"))
	wanted := []int64{1, 2, 3, total / 2, total, total + 1, total + 2}
	for _, f := range frames {
		wanted = append(wanted, f.lines, f.lines+1, f.lines+2)
	}
	read := func(name string, packed []byte, quoted bool, lines []int64) map[int64]string {
		sha := keepRaw(t, files, text, packed)
		texts, err := files.Lines(t.Context(), "gift_events", sha, quoted, lines)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return texts
	}
	for _, quoted := range []bool{true, false} {
		old := read("old", wholeFrame(t, text), quoted, wanted)
		if got := read("frames", packed, quoted, wanted); fmt.Sprint(got) != fmt.Sprint(old) {
			t.Errorf("quoted %v: %d lines from frames, %d without; they differ", quoted, len(got), len(old))
		}
		if got := read("broken", broken, quoted, wanted); fmt.Sprint(got) != fmt.Sprint(old) {
			t.Errorf("quoted %v: broken tables give other lines", quoted)
		}
		for _, line := range wanted {
			one := []int64{line}
			if got, want := read("frames", packed, quoted, one)[line], read("old", wholeFrame(t, text), quoted, one)[line]; got != want {
				t.Errorf("quoted %v: line %d is %.40q, want %.40q", quoted, line, got, want)
			}
		}
	}
	if got := read("frames", packed, true, []int64{1})[1]; got != "id,text" {
		t.Errorf("line 1 is %q", got)
	}
}

// A line of a far part is read without the parts before it: those are broken.
func TestSourceLineUnpacksItsFrameOnly(t *testing.T) {
	files := keptFiles(t)
	text := framedText()
	packed := packFrames(t, text)
	frames, err := readFrames(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		t.Fatal(err)
	}
	last := frames[len(frames)-2]
	clear(packed[:last.at])
	sha := keepRaw(t, files, text, packed)
	line := last.lines + last.ends/2
	want := strings.Split(text, "\n")[line-1]
	texts, err := files.Lines(t.Context(), "gift_events", sha, false, []int64{line})
	if err != nil || texts[line] != strings.TrimRight(want, "\r") {
		t.Errorf("line %d is %q, want %q; %v", line, texts[line], want, err)
	}
	if _, err := files.Lines(t.Context(), "gift_events", sha, false, []int64{1}); err == nil || !strings.Contains(err.Error(), "read source file") {
		t.Errorf("a line of a broken part: %v", err)
	}
}

// A table that says something else than the frames hold is found by whoever
// reads the whole file, and so by verify.
func TestRawTablesAreChecked(t *testing.T) {
	files := keptFiles(t)
	text := framedText()
	packed := packFrames(t, text)
	frames, err := readFrames(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		t.Fatal(err)
	}
	end := frames[len(frames)-1].at + int64(frames[len(frames)-1].packed)
	counts := packed[end+skipHeadBytes+int64(len(rawLinesTag)):]
	counts[4]++ // a line more in the second frame
	if _, err := readRaw(files, keepRaw(t, files, text, packed)); err == nil || !strings.Contains(err.Error(), "frame 2: it holds") {
		t.Errorf("a wrong count of lines: %v", err)
	}
}

func FuzzReadFrames(f *testing.F) {
	f.Add([]byte("no frames"))
	f.Add([]byte("\x02\x00\x00\x00\x00\xb1\xea\x92\x8f"))
	f.Fuzz(func(t *testing.T, file []byte) {
		frames, err := readFrames(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			t.Fatal(err)
		}
		end := int64(0)
		for _, fr := range frames {
			if fr.at != end || fr.at+int64(fr.packed) > int64(len(file)) || fr.size > rawFrameBytes {
				t.Fatalf("frame %+v of a file of %d bytes", fr, len(file))
			}
			end += int64(fr.packed)
		}
	})
}
