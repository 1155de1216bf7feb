package fetch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"syscall"

	"carat/jobs/config"
	"carat/jobs/disk"
	"carat/pipeline"
	"carat/pipeline/feed"
	"carat/pipeline/lake"
	"carat/pipeline/source"
	"carat/pipeline/spelling"
	"carat/pipeline/state"
)

// partPrefix begins the name of a file that isn't whole. It is hidden, and no input.
const partPrefix = ".part-"

// partName is where a version of a remote file is gathered: another version doesn't go
// on where this one broke.
func partName(f source.Remote) string {
	sum := sha256.Sum256([]byte(f.Name + "\x00" + f.Version))
	return partPrefix + hex.EncodeToString(sum[:16])
}

// besideEnding ends the name of what is put beside a file: what was asked. Ingest leaves
// it alone.
const besideEnding = ".query.json"

// take takes one file into the inbox and records it. First it gets its name, then its
// record: what a crash leaves in between is found again by the next run, with the same
// content under the same name.
func (r *run) take(ctx context.Context, s source.Source, f source.Remote, before *map[string][]state.Fetched) (File, error) {
	name := recorded(f)
	had := (*before)[name]
	if len(had) > 0 {
		f.Taken = had[len(had)-1].Version
	}
	folder := r.Config.SourceFolder(r.source.Name)
	if err := disk.MakeFolder(folder); err != nil {
		return File{}, pipeline.Errorf(pipeline.KindInternal, "make", folder, "%w", disk.Cause(err))
	}
	part, err := os.OpenFile(filepath.Join(folder, partName(f)), os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return File{}, pipeline.Errorf(pipeline.KindInternal, "write into", folder, "%w", disk.Cause(err))
	}
	defer func() { _ = part.Close() }() // it was made durable when it was put in place
	got, err := source.Take(ctx, s, f, part, source.Limits{Bytes: r.source.Bytes, Retries: r.source.Retries, Wait: r.Wait})
	switch {
	case errors.Is(err, source.ErrUnchanged):
		return File{Result: FileUnchanged}, disk.IgnoreMissing(os.Remove(part.Name()))
	case errors.Is(err, source.ErrNotReady):
		r.waiting++
		return File{Result: FileNotReady, Note: r.told(err)}, nil
	case err != nil:
		return File{}, err
	}
	sum, size, err := disk.SHA256(part.Name())
	if err != nil {
		return File{}, err
	}
	row := state.Fetched{Source: r.source.Name, Kind: r.source.Kind, RemoteName: name, Version: got.Version, Size: size, SHA256: sum,
		Origin: spelling.Redact(s.Origin(), r.secrets...), At: r.Now, By: r.By.User}
	for _, one := range had {
		if one.SHA256 == sum { // its version is another, or it was only looked at again
			if one.Version == got.Version {
				return File{Result: FileUnchanged}, disk.IgnoreMissing(os.Remove(part.Name()))
			}
			row.File, row.Shape = one.File, one.Shape
			no, err := r.books.State.AddFetched(ctx, row)
			row.No = no
			(*before)[name] = append((*before)[name], row)
			return File{Result: FileUnchanged}, errors.Join(err, disk.IgnoreMissing(os.Remove(part.Name())))
		}
	}
	row.Shape = feed.Shape(part, source.LocalName(path.Base(f.Name)))
	note, err := r.shapeNote(ctx, row)
	if err != nil {
		return File{}, err
	}
	if row.File, err = place(folder, part.Name(), source.LocalName(f.Name), sum, len(had) > 0, got.Beside); err != nil {
		return File{}, err
	}
	if err := r.Step("fetched", row.File); err != nil {
		return File{}, err
	}
	if row.No, err = r.books.State.AddFetched(ctx, row); err != nil {
		return File{}, err
	}
	(*before)[name] = append((*before)[name], row)
	return File{File: config.InboxOf(r.source.Name) + "/" + row.File, Size: size, SHA256: sum, Result: FileTaken, Note: note}, nil
}

// place gives a whole file its name in the inbox. One that has the name already stays:
// it is the same content, or the new one gets a name of its own.
func place(folder, part, local, sum string, later bool, beside []byte) (name string, err error) {
	name = local
	for _, name = range []string{local, source.Numbered(local, sum)} {
		if later && name == local {
			continue
		}
		there, _, err := disk.SHA256(filepath.Join(folder, name))
		switch {
		case err == nil && there == sum:
			return name, disk.IgnoreMissing(os.Remove(part))
		case errors.Is(err, fs.ErrNotExist):
			if len(beside) > 0 {
				if err := disk.WriteText(filepath.Join(folder, name+besideEnding), 0o600, beside); err != nil {
					return "", err
				}
			}
			if err := disk.Place(part, filepath.Join(folder, name), 0o600); err != nil {
				return "", err
			}
			return name, lake.SyncFolder(folder)
		}
	}
	return "", fmt.Errorf("the inbox has another file named %s already; take it away", name)
}

// Series is a remote name without what counts files: the files of a series are to have
// one shape.
func Series(remote string) string { return numbers.ReplaceAllString(remote, "#") }

var numbers = regexp.MustCompile(`[0-9]+`)

// seriesLooked is how many of a source's newest files are looked through for the one
// before in the series.
const seriesLooked = 100

// shapeNote says that a file's shape is another than that of the one before it.
func (r *run) shapeNote(ctx context.Context, row state.Fetched) (string, error) {
	last, err := r.books.State.LastFetched(ctx, r.source.Name, seriesLooked)
	if err != nil {
		return "", err
	}
	for _, one := range last {
		if Series(one.RemoteName) == Series(row.RemoteName) {
			return ShapeChange(one.Shape, row.Shape), nil
		}
	}
	return "", nil
}
