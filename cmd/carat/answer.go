package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"

	"carat/jobs/config"
	"carat/pipeline"
)

// outFile is a file that a person asked for with --out. It is written beside
// its place and appears there when it is whole; after an error nothing is left.
type outFile struct {
	path string
	temp *os.File
}

// createOut begins the file.
func (a *app) createOut(flag, path string, c *config.Config) (*outFile, error) {
	full, err := a.placeOutFile(flag, path, c)
	if err != nil {
		return nil, err
	}
	temp, err := os.CreateTemp(filepath.Dir(full), ".carat-*")
	if err != nil {
		return nil, usage("%s: %w", flag, err).WithHint("carat needs to write to %s", filepath.Dir(path))
	}
	return &outFile{path: full, temp: temp}, nil
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
func (a *app) output(out string, c *config.Config, binary bool) (w io.Writer, finish func(error) error, err error) {
	if out != "" {
		f, err := a.createOut("--out", out, c)
		if err != nil {
			return nil, nil, err
		}
		return f, f.finish, nil
	}
	if err := a.mayOutput("", c, binary); err != nil {
		return nil, nil, err
	}
	return a.stdout, func(err error) error { return err }, nil
}

// mayOutput says why an answer may not go there, if it may not.
func (a *app) mayOutput(out string, c *config.Config, binary bool) error {
	if out != "" {
		_, err := a.placeOutFile("--out", out, c)
		return err
	}
	if binary && isTerminal(a.stdout, nil) {
		return usage("this format is no text, and a terminal can't show it").WithHint("name a file with --out")
	}
	return nil
}
