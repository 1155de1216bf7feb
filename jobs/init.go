package jobs

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"carat/jobs/config"
	"carat/jobs/disk"
	"carat/pipeline"
	"carat/pipeline/lake"
)

// Init makes a work folder: carat.yaml with every key and its default, and an
// empty inbox. It gives what it made. A carat.yaml that is there stays as it
// is: a usage error.
func Init(_ context.Context, dir string) (made []string, err error) {
	full, err := filepath.Abs(filepath.Join(dir, "lake"))
	if err == nil {
		err = lake.CheckRoot(full)
	}
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, config.File)
	if err := os.MkdirAll(filepath.Join(dir, "inbox"), 0o700); err != nil {
		return nil, pipeline.Errorf(pipeline.KindUsage, "make", filepath.Join(dir, "inbox"), "%w", disk.Cause(err)).
			WithHint("choose a folder that you may write to with --dir")
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, pipeline.Errorf(pipeline.KindUsage, "make", file, "it is there already").WithHint("edit it, or choose another folder with --dir")
	}
	if err != nil {
		return nil, pipeline.Errorf(pipeline.KindUsage, "make", file, "%w", disk.Cause(err)).
			WithHint("choose a folder that you may write to with --dir")
	}
	_, err = f.Write(config.Default)
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, errors.Join(pipeline.Errorf(pipeline.KindInternal, "write", file, "%w", disk.Cause(err)), os.Remove(file))
	}
	return []string{file, filepath.Join(dir, "inbox")}, nil
}
