package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"carat/pipeline"
)

// outFile is a file that a person asked for with --out. It is written beside
// its place and appears there when it is whole; after an error nothing is left.
type outFile struct {
	path string
	temp *os.File
}

// createOut begins the file.
func createOut(path, lakeFolder string) (*outFile, error) {
	full, err := placeOutFile(path, lakeFolder)
	if err != nil {
		return nil, err
	}
	temp, err := os.CreateTemp(filepath.Dir(full), ".carat-*")
	if err != nil {
		return nil, usage("--out: %w", err).WithHint("carat needs to write to %s", filepath.Dir(path))
	}
	return &outFile{path: full, temp: temp}, nil
}

// placeOutFile is placeOut of what must be a file.
func placeOutFile(path, lakeFolder string) (string, error) {
	full, err := placeOut(path, lakeFolder)
	if err != nil {
		return "", err
	}
	if info, err := os.Stat(full); err == nil && !info.Mode().IsRegular() {
		return "", usage("--out: %s is no file", path).WithHint("name a file")
	}
	return full, nil
}

// placeOut gives the whole path of --out. Its folder must be there, and not be
// inside the lake: the history is written by carat's own jobs alone.
func placeOut(path, lakeFolder string) (string, error) {
	full, err := filepath.Abs(path)
	if err != nil {
		return "", usage("--out: %w", err)
	}
	folder, err := filepath.EvalSymlinks(filepath.Dir(full))
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return "", usage("--out: the folder %s does not exist", filepath.Dir(path)).WithHint("make it first")
		}
		return "", usage("--out: %w", err)
	}
	if lake, err := filepath.EvalSymlinks(lakeFolder); err == nil && (folder == lake || strings.HasPrefix(folder, lake+string(filepath.Separator))) {
		return "", usage("--out: %s is inside the lake", path).WithHint("choose a place outside %s", lakeFolder)
	}
	return filepath.Join(folder, filepath.Base(full)), nil
}

// Write writes to the file.
func (o *outFile) Write(p []byte) (int, error) { return o.temp.Write(p) }

// finish puts the file in its place, or takes it away after an error, which it
// gives back with its own.
func (o *outFile) finish(err error) error {
	if err == nil {
		err = o.temp.Chmod(0o600)
	}
	if err := errors.Join(err, o.temp.Close()); err != nil {
		return errors.Join(err, os.Remove(o.temp.Name()))
	}
	if err := os.Rename(o.temp.Name(), o.path); err != nil {
		return errors.Join(pipeline.Errorf(pipeline.KindUsage, "write", o.path, "%w", err), os.Remove(o.temp.Name()))
	}
	return nil
}

// output is where an answer goes: the file of --out, or stdout.
func (a *app) output(out, lakeFolder string, binary bool) (w io.Writer, finish func(error) error, err error) {
	if out != "" {
		f, err := createOut(out, lakeFolder)
		if err != nil {
			return nil, nil, err
		}
		return f, f.finish, nil
	}
	if err := a.mayOutput("", lakeFolder, binary); err != nil {
		return nil, nil, err
	}
	return a.stdout, func(err error) error { return err }, nil
}

// mayOutput says why an answer may not go there, if it may not.
func (a *app) mayOutput(out, lakeFolder string, binary bool) error {
	if out != "" {
		_, err := placeOutFile(out, lakeFolder)
		return err
	}
	if binary && isTerminal(a.stdout, nil) {
		return usage("this format is no text, and a terminal can't show it").WithHint("name a file with --out")
	}
	return nil
}
