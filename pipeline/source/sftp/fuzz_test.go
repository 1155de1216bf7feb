package sftp

import (
	"bytes"
	"encoding/binary"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pkg/sftp"

	"carat/pipeline/source"
)

// said is what a server answers, whatever it is asked.
type said struct{ io.Reader }

func (said) Write(p []byte) (int, error) { return len(p), nil }
func (said) Close() error                { return nil }

// packet is a message of the protocol: its length, its kind, and what is in it.
func packet(kind byte, parts ...any) []byte {
	body := []byte{kind}
	for _, p := range parts {
		switch v := p.(type) {
		case int:
			body = binary.BigEndian.AppendUint32(body, uint32(v))
		case string:
			body = append(binary.BigEndian.AppendUint32(body, uint32(len(v))), v...)
		}
	}
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), body...)
}

// FuzzListing reads what a server might answer to the listing of a folder: what comes of
// it are names of regular files that are no paths, or an error, and it ends.
func FuzzListing(f *testing.F) {
	const regular, withTimes = 0o100644, 0x1 | 0x4 | 0x8
	version := packet(2, 3)
	handle, end := packet(102, 1, "h"), packet(101, 3, 1, "end", "")
	entry := func(name string) []any { return []any{name, "-rw " + name, withTimes, 0, 3, regular, 1, 1} }
	names := packet(104, append(append([]any{2, 2}, entry("a.csv")...), entry("../../x")...)...)
	f.Add(slices.Concat(version, handle, names, end))
	f.Add(slices.Concat(version, handle, packet(104, append([]any{2, 1}, entry(".hidden")...)...), end))
	f.Add(slices.Concat(version, packet(101, 1, 2, "no such file", "")))
	f.Add(slices.Concat(version, handle, packet(104, 2, 1<<30)))
	f.Add(slices.Concat(version, handle, packet(104, 2, 1, "a", "a", -1)))
	f.Add([]byte{0, 0, 0, 5, 2, 0, 0, 0, 3, 255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, text []byte) {
		files, err := sftp.NewClientPipe(bytes.NewReader(text), said{})
		if err != nil {
			return
		}
		place := &folder{o: Options{Path: "out", Now: time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), Settle: time.Minute}, files: files}
		defer place.Close()
		list, err := place.List(t.Context())
		if err != nil && len(list) > 0 {
			t.Errorf("%d files, and %v", len(list), err)
		}
		for _, r := range list {
			if strings.HasPrefix(r.Name, ".") || strings.ContainsRune(source.LocalName(r.Name), '/') {
				t.Errorf("%q is listed", r.Name)
			}
		}
	})
}
