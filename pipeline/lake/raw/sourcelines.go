package raw

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strings"
)

// sourceRecordBytes bounds the text of one record that Lines gives.
const sourceRecordBytes = 1 << 20

// Lines gives the original text of some lines of a kept source file, from
// 1. Of CSV the whole record is given, also when a quoted field goes on over
// several lines. A file that is no text (Parquet) has no lines. It fails with
// fs.ErrNotExist when the file isn't kept (any more).
//
// Of a file that carat compressed, only the parts that hold the lines are
// unpacked; of one that came compressed, all up to the last line.
func (files *Files) Lines(ctx context.Context, feed, sha256 string, quoted bool, lines []int64) (map[int64]string, error) {
	path, err := files.Path(feed, sha256)
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(path, ".parquet") {
		return nil, nil
	}
	var r io.ReadCloser
	if strings.HasSuffix(path, ".zip") {
		if err = files.Disk.Local(ctx, []string{path}); err == nil {
			r, err = openZipped(path)
		}
	} else {
		r, err = files.Text(feed, sha256)
	}
	if err != nil {
		return nil, err
	}
	defer r.Close()
	in := lineReader{in: bufio.NewReaderSize(r, 1<<20), at: 1}
	if d, ok := r.(decodedFile); ok {
		in.frames, _ = d.Reader.(*frameReader)
	}
	texts, err := in.records(ctx, quoted, lines)
	return texts, files.Disk.Fail("read source file", filepath.Base(path), err)
}

// openZipped opens the first file of a zip.
func openZipped(path string) (io.ReadCloser, error) {
	z, err := zip.OpenReader(path)
	if err != nil {
		return nil, err
	}
	for _, f := range z.File {
		if f.FileInfo().IsDir() {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return nil, errors.Join(err, z.Close())
		}
		return struct {
			io.Reader
			io.Closer
		}{r, z}, nil
	}
	return nil, errors.Join(errors.New("the zip holds no file"), z.Close())
}

// lineReader reads the lines of a text.
type lineReader struct {
	in     *bufio.Reader
	at     int64        // the line that is read next
	frames *frameReader // what in reads, if it can be entered anywhere; else nil
}

// records gives the records that begin in some lines.
func (r *lineReader) records(ctx context.Context, quoted bool, lines []int64) (map[int64]string, error) {
	wanted := slices.Clone(lines)
	slices.Sort(wanted)
	wanted = slices.Compact(wanted)
	texts := map[int64]string{}
	for _, line := range wanted {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if line < r.at {
			continue // inside the record before
		}
		r.approach(line)
		if err := skipLines(r.in, line-r.at); err != nil {
			return texts, ignoreEnd(err)
		}
		text, read, err := readRecord(r.in, quoted)
		if text != "" {
			texts[line] = text
		}
		if err != nil {
			return texts, ignoreEnd(err)
		}
		r.at = line + read
	}
	return texts, nil
}

// approach passes over the parts of the text that hold nothing of a line.
func (r *lineReader) approach(line int64) {
	if r.frames == nil {
		return
	}
	if frame := r.frames.frameOf(line); r.frames.frames[frame].lines+1 > r.at {
		r.at = r.frames.jump(frame)
		r.in.Reset(r.frames)
	}
}

func ignoreEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// skipLines passes over n lines.
func skipLines(in *bufio.Reader, n int64) error {
	for n > 0 {
		part, err := in.Peek(max(in.Buffered(), 1))
		if err != nil {
			return err
		}
		if ends := int64(bytes.Count(part, []byte{'\n'})); ends < n {
			n -= ends
		} else {
			for cut := part; n > 0; n-- {
				cut = cut[bytes.IndexByte(cut, '\n')+1:]
				if n == 1 {
					part = part[:len(part)-len(cut)]
				}
			}
		}
		if _, err := in.Discard(len(part)); err != nil {
			return err
		}
	}
	return nil
}

// readRecord reads a line, and those after it that a quoted field goes on over.
func readRecord(in *bufio.Reader, quoted bool) (text string, lines int64, err error) {
	var record []byte
	for {
		part, err := in.ReadSlice('\n')
		if len(record)+len(part) <= sourceRecordBytes {
			record = append(record, part...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		lines++
		if err != nil || !quoted || bytes.Count(record, []byte{'"'})%2 == 0 || len(record) > sourceRecordBytes-len(part) {
			return strings.TrimRight(strings.TrimPrefix(string(record), "\ufeff"), "\r\n"), lines, err
		}
	}
}
