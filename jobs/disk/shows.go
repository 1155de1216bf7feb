package disk

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Shows says whether a file, what lies in a folder, or in an archive, has one of the texts.
func Shows(path string, texts [][]byte) (shows bool, err error) {
	err = filepath.WalkDir(path, func(path string, d fs.DirEntry, err error) error {
		if err != nil || shows || !d.Type().IsRegular() {
			return err
		}
		if filepath.Ext(path) == ".zip" {
			shows, err = showsZipped(path, texts)
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		shows, err = showsIn(f, texts)
		return err
	})
	return shows, err
}

func showsZipped(path string, texts [][]byte) (shows bool, err error) {
	z, err := zip.OpenReader(path)
	if err != nil {
		return false, err
	}
	defer z.Close()
	for _, one := range z.File {
		f, err := one.Open()
		if err != nil {
			return false, err
		}
		shows, err = showsIn(f, texts)
		if err := errors.Join(err, f.Close()); err != nil || shows {
			return shows, err
		}
	}
	return false, nil
}

// showsIn reads to the end, in pieces that overlap by the longest text.
func showsIn(r io.Reader, texts [][]byte) (bool, error) {
	longest := 0
	for _, text := range texts {
		longest = max(longest, len(text))
	}
	piece, kept := make([]byte, 1<<20+longest), 0
	for longest > 0 {
		n, err := io.ReadFull(r, piece[kept:])
		have := piece[:kept+n]
		if slices.ContainsFunc(texts, func(text []byte) bool { return bytes.Contains(have, text) }) {
			return true, nil
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		kept = copy(piece, have[len(have)-min(longest, len(have)):])
	}
	return false, nil
}
