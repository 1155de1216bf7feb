package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// packed is a file of an archive: the bytes of a path, or a text.
type packed struct {
	name string
	path string
	text []byte
	mode int64
}

// pack writes the archive. It tells neither when nor by whom it was made.
func pack(out, folder string, files []packed) (err error) {
	f, err := os.Create(out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	z, err := gzip.NewWriterLevel(f, gzip.BestCompression)
	if err != nil {
		return err
	}
	w := tar.NewWriter(z)
	for _, file := range files {
		if file.path != "" {
			if file.text, err = os.ReadFile(file.path); err != nil {
				return err
			}
		}
		if err := w.WriteHeader(&tar.Header{Name: folder + "/" + file.name, Mode: file.mode, Size: int64(len(file.text)), Format: tar.FormatUSTAR}); err != nil {
			return err
		}
		if _, err := w.Write(file.text); err != nil {
			return err
		}
	}
	return errors.Join(w.Close(), z.Close())
}

// writeSums writes SHA256SUMS of all that lies in the folder, as sha256sum -c reads it.
func writeSums(dir string) error {
	entries, err := os.ReadDir(dir) // in the order of names
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, e := range entries {
		sum, err := hashOf(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "%s  %s\n", sum, e.Name())
	}
	return os.WriteFile(filepath.Join(dir, "SHA256SUMS"), []byte(b.String()), 0o644)
}

// billOfMaterials writes the CycloneDX bill of a binary: what the linker itself noted of
// modules, versions and hashes, with their licences. The tool's version and bytes are
// those of .ci/tools/go.sum.
func billOfMaterials(ctx context.Context, source, binary, out string) error {
	cmd := exec.CommandContext(ctx, "go", "-C", filepath.Join(source, ".ci", "tools"), "tool", "cyclonedx-gomod",
		"bin", "-json", "-licenses", "-std", "-noserial", "-output-version", "1.6", "-output", out, binary)
	cmd.Env = append(os.Environ(), "GOFLAGS=-buildvcs=false")
	var told bytes.Buffer
	cmd.Stdout, cmd.Stderr = io.Discard, &told
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("bill of materials: %w\n%s", err, told.String())
	}
	return nil
}

// mayBeGivenAway refuses a binary with the data generators of TPC's benchmarks, which
// lie beside DuckDB in its module under a licence of their own: nobody may pass them on.
func mayBeGivenAway(binary string) error {
	data, err := os.ReadFile(binary)
	if err != nil {
		return err
	}
	for _, word := range []string{"TpchExtension", "TpcdsExtension", "l_commitdate"} {
		if bytes.Contains(data, []byte(word)) {
			return fmt.Errorf("%s is linked into %s: TPC's licence forbids to give it away", word, binary)
		}
	}
	return nil
}
