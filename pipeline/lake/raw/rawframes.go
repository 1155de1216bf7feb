package raw

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"sort"

	"github.com/klauspost/compress/zstd"
)

// A kept source file is a row of zstd frames that don't depend on each other, of
// rawFrameBytes of the source each, so that a line can be read without those
// before it. Behind them stand two frames that every decoder passes over:
// how many lines end in each frame, and the table of zstd's seekable format
// (https://github.com/facebook/zstd/tree/dev/contrib/seekable_format), which
// gives the sizes of each. `zstd -d` restores the source file from all of it.

// rawFrameBytes is how much of the source a frame holds.
const rawFrameBytes = 1 << 20

// The frames that decoders pass over begin with these numbers.
const (
	skipMagic  = 0x184D2A50 // ours: rawLinesTag, then 4 bytes for each frame: the lines that end in it
	tableMagic = 0x184D2A5E // the seekable format's
	footMagic  = 0x8F92EAB1 // which ends it
)

const (
	rawLinesTag   = "caratln1"
	skipHeadBytes = 8
	tableFoot     = 9
)

// framePacker writes a source as frames.
type framePacker struct {
	out    io.Writer
	enc    *zstd.Encoder
	held   []byte // of the frame that is not full
	packed []byte
	table  []byte // of the seekable format
	lines  []byte
	frames uint32
}

func newFramePacker(out io.Writer) (*framePacker, error) {
	// The file is named by its SHA-256, so a checksum of zstd's own adds nothing.
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
		zstd.WithWindowSize(rawFrameBytes), zstd.WithEncoderCRC(false), zstd.WithZeroFrames(true))
	return &framePacker{out: out, enc: enc}, err
}

// Write takes bytes of the source.
func (w *framePacker) Write(p []byte) (int, error) {
	taken := len(p)
	for len(p) > 0 {
		if len(w.held) == 0 && len(p) >= rawFrameBytes {
			if err := w.frame(p[:rawFrameBytes]); err != nil {
				return 0, err
			}
			p = p[rawFrameBytes:]
			continue
		}
		n := min(len(p), rawFrameBytes-len(w.held))
		w.held, p = append(w.held, p[:n]...), p[n:]
		if len(w.held) == rawFrameBytes {
			if err := w.frame(w.held); err != nil {
				return 0, err
			}
			w.held = w.held[:0]
		}
	}
	return taken, nil
}

// frame writes one frame.
func (w *framePacker) frame(text []byte) error {
	w.packed = w.enc.EncodeAll(text, w.packed[:0])
	w.note(len(w.packed), len(text))
	w.lines = binary.LittleEndian.AppendUint32(w.lines, uint32(bytes.Count(text, []byte{'\n'})))
	_, err := w.out.Write(w.packed)
	return err
}

func (w *framePacker) note(packed, size int) {
	w.table = binary.LittleEndian.AppendUint32(w.table, uint32(packed))
	w.table = binary.LittleEndian.AppendUint32(w.table, uint32(size))
	w.frames++
}

// Close writes what is held and the two tables.
func (w *framePacker) Close() error {
	if len(w.held) > 0 || w.frames == 0 {
		if err := w.frame(w.held); err != nil {
			return err
		}
	}
	lines := appendSkipped(nil, skipMagic, append([]byte(rawLinesTag), w.lines...))
	w.note(len(lines), 0)
	table := binary.LittleEndian.AppendUint32(w.table, w.frames)
	table = append(table, 0) // no checksums
	table = binary.LittleEndian.AppendUint32(table, footMagic)
	_, err := w.out.Write(appendSkipped(lines, tableMagic, table))
	return errors.Join(err, w.enc.Close())
}

func appendSkipped(dst []byte, magic uint32, content []byte) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, magic)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(content)))
	return append(dst, content...)
}

// rawFrame is where a frame lies and what it holds.
type rawFrame struct {
	at     int64 // offset in the file
	packed int
	size   int   // of the source
	lines  int64 // that end before it
	ends   int64 // that end in it
}

// readFrames reads the tables at the end of a kept file. Files that carat wrote
// before it had them, and such whose tables aren't whole, give none: those are
// read from their beginning.
func readFrames(f io.ReaderAt, fileBytes int64) ([]rawFrame, error) {
	foot, err := readAt(f, fileBytes-tableFoot, tableFoot, fileBytes)
	if err != nil || foot == nil || binary.LittleEndian.Uint32(foot[5:]) != footMagic || foot[4] != 0 {
		return nil, err
	}
	entries := int64(binary.LittleEndian.Uint32(foot))
	tableAt := fileBytes - skipHeadBytes - 8*entries - tableFoot
	table, err := readAt(f, tableAt, fileBytes-tableFoot-tableAt, fileBytes)
	if err != nil || table == nil || !skipped(table, tableMagic, 8*entries+tableFoot) || entries < 2 {
		return nil, err
	}
	frames, at := make([]rawFrame, entries-1), int64(0)
	for i, entry := 0, table[skipHeadBytes:]; i < len(frames); i, entry = i+1, entry[8:] {
		frames[i] = rawFrame{at: at, packed: int(binary.LittleEndian.Uint32(entry)), size: int(binary.LittleEndian.Uint32(entry[4:]))}
		if at += int64(frames[i].packed); frames[i].size > rawFrameBytes {
			return nil, nil
		}
	}
	lines, err := readAt(f, at, tableAt-at, fileBytes)
	linesBytes := int64(len(rawLinesTag) + 4*len(frames))
	if err != nil || int64(len(lines)) != skipHeadBytes+linesBytes || !skipped(lines, skipMagic, linesBytes) ||
		!bytes.HasPrefix(lines[skipHeadBytes:], []byte(rawLinesTag)) {
		return nil, err
	}
	lines = lines[skipHeadBytes+len(rawLinesTag):]
	before := int64(0)
	for i := range frames {
		frames[i].lines, frames[i].ends = before, int64(binary.LittleEndian.Uint32(lines[4*i:]))
		before += frames[i].ends
	}
	return frames, nil
}

// readAt reads n bytes; nil if they aren't all inside the file.
func readAt(f io.ReaderAt, at, n, fileBytes int64) ([]byte, error) {
	if at < 0 || n < 0 || at+n > fileBytes {
		return nil, nil
	}
	part := make([]byte, n)
	_, err := f.ReadAt(part, at)
	return part, err
}

func skipped(head []byte, magic uint32, content int64) bool {
	return len(head) >= skipHeadBytes && binary.LittleEndian.Uint32(head) == magic && int64(binary.LittleEndian.Uint32(head[4:])) == content
}

// frameReader reads the source from a frame on. It fails where a frame doesn't
// hold what the tables say of it.
type frameReader struct {
	f      io.ReaderAt
	dec    *zstd.Decoder
	frames []rawFrame
	next   int
	packed []byte
	text   []byte
	left   []byte // of text
}

func newFrameReader(f io.ReaderAt, frames []rawFrame) (*frameReader, error) {
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(rawFrameBytes))
	return &frameReader{f: f, dec: dec, frames: frames}, err
}

// openFrames opens a kept file's frames; nil if it has no tables.
func openFrames(f *os.File) (*frameReader, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	frames, err := readFrames(f, info.Size())
	if err != nil || frames == nil {
		return nil, err
	}
	return newFrameReader(f, frames)
}

// Read gives the next bytes of the source.
func (r *frameReader) Read(p []byte) (int, error) {
	for len(r.left) == 0 {
		if r.next == len(r.frames) {
			return 0, io.EOF
		}
		if err := r.unpack(r.frames[r.next]); err != nil {
			return 0, fmt.Errorf("frame %d: %w", r.next+1, err)
		}
		r.next++
	}
	n := copy(p, r.left)
	r.left = r.left[n:]
	return n, nil
}

func (r *frameReader) unpack(frame rawFrame) error {
	r.packed = append(r.packed[:0], make([]byte, frame.packed)...)
	if _, err := r.f.ReadAt(r.packed, frame.at); err != nil {
		return err
	}
	text, err := r.dec.DecodeAll(r.packed, r.text[:0])
	if err != nil {
		return err
	}
	if len(text) != frame.size || int64(bytes.Count(text, []byte{'\n'})) != frame.ends {
		return fmt.Errorf("it holds %d bytes and %d ends of lines, its table says %d and %d", len(text), bytes.Count(text, []byte{'\n'}), frame.size, frame.ends)
	}
	r.text, r.left = text, text
	return nil
}

// frameOf gives the frame in which a line begins, or the one before: the last
// that begins inside the line before it.
func (r *frameReader) frameOf(line int64) int {
	return max(sort.Search(len(r.frames), func(i int) bool { return r.frames[i].lines >= line-1 })-1, 0)
}

// jump goes to a frame and gives the number of the line that it begins in.
func (r *frameReader) jump(frame int) int64 {
	r.next, r.left = frame, nil
	return r.frames[frame].lines + 1
}
