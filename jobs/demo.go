package jobs

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"carat/jobs/disk"
	"carat/pipeline"
	"carat/pipeline/lake"
)

// demoMark is the file that says that a folder was made by the demo, and may
// be made anew.
const demoMark = ".carat-demo"

const demoMarkText = "Made by `carat demo`, which replaces this whole folder when it runs again.\n"

// MakeDemo makes the folder of the demo anew, and those above it that are missing: fill writes a month into a new
// folder, which then takes the place of an earlier demo. A folder that is no
// demo is a usage error and stays as it is; one in which a run is under way is
// a busy error.
func MakeDemo(ctx context.Context, now time.Time, dir string, fill func(dir string) error) (err error) {
	release, err := releaseDemo(ctx, now, dir)
	if err != nil {
		return err
	}
	defer release()
	parent := filepath.Dir(dir)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return pipeline.Errorf(pipeline.KindUsage, "make", dir, "%w", disk.Cause(err)).WithHint("run it in a folder that you may write to")
	}
	next, err := os.MkdirTemp(parent, ".carat-demo-")
	if err != nil {
		return pipeline.Errorf(pipeline.KindUsage, "make", dir, "%w", disk.Cause(err)).WithHint("run it in a folder that you may write to")
	}
	defer func() { err = errors.Join(err, os.RemoveAll(next)) }()
	month := filepath.Join(next, "month")
	if err := fill(month); err != nil {
		return err
	}
	if err := disk.WriteText(filepath.Join(month, demoMark), 0o600, []byte(demoMarkText)); err != nil {
		return pipeline.Errorf(pipeline.KindInternal, "make", dir, "%w", disk.Cause(err))
	}
	if err := disk.ReplaceFolder(month, dir); err != nil {
		return pipeline.Errorf(pipeline.KindInternal, "make", dir, "%w", disk.Cause(err))
	}
	return nil
}

// releaseDemo checks that dir may be replaced, and holds its lake's lock until
// release.
func releaseDemo(ctx context.Context, now time.Time, dir string) (release func(), err error) {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return func() {}, nil
	case err != nil:
		return nil, pipeline.Errorf(pipeline.KindUsage, "replace", dir, "%w", disk.Cause(err))
	case len(entries) == 0:
		return func() {}, nil
	}
	if _, err := os.Stat(filepath.Join(dir, demoMark)); err != nil {
		return nil, pipeline.Errorf(pipeline.KindUsage, "replace", dir, "it was not made by carat demo").
			WithHint("move it away, or run the demo in another folder")
	}
	root := filepath.Join(dir, "lake")
	if _, err := os.Stat(filepath.Join(root, "lake.json")); err != nil {
		return func() {}, nil
	}
	if root, err = filepath.Abs(root); err != nil {
		return nil, pipeline.Errorf(pipeline.KindInternal, "replace", dir, "%w", err)
	}
	l, err := lake.Open(ctx, lake.Config{Root: root, Now: func() time.Time { return now }})
	if err != nil {
		// A demo that is broken is what making it anew is for.
		return func() {}, nil
	}
	unlock, err := l.Lock(ctx)
	if pipeline.KindOf(err) == pipeline.KindBusy && err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return func() {
		if unlock != nil {
			unlock()
		}
		_ = l.Close() // its files are gone by now
	}, nil
}
