package identity

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"carat/pipeline"
	"carat/pipeline/lake/store"
)

// Lake is lake.json: what stays the same when the lake is copied.
type Lake struct {
	Format int    `json:"format"`
	ID     string `json:"id"`
	Root   string `json:"root"` // as recorded in Iceberg's metadata
}

// lakeFormat is the format that carat writes. One of before is read: whether the
// history in it is of today's form, the catalog says.
const (
	lakeFormat      = 2
	lakeFormatFirst = 1
)

// Read reads lake.json or writes the first one.
func Read(d *store.Disk) (id Lake, err error) {
	path := filepath.Join(d.Root, "lake.json")
	content, err := d.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := found(d, path); err != nil {
			return id, err
		}
		content, err = d.ReadFile(path)
	}
	if err != nil {
		return id, err
	}
	if err := json.Unmarshal(content, &id); err != nil || id.Root == "" {
		return id, pipeline.Errorf(pipeline.KindVerification, "open lake", path, "the file doesn't say where the lake began").
			WithHint("restore lake.json from a backup")
	}
	if id.Format < lakeFormatFirst || id.Format > lakeFormat {
		return id, pipeline.Errorf(pipeline.KindUsage, "open lake", d.Root, "its format is %d, this carat reads format %d", id.Format, lakeFormat)
	}
	return id, nil
}

// found gives a new lake its id. Of several carats that do so at once one is the
// first, and the others take its id.
func found(d *store.Disk, path string) error {
	var random [8]byte
	if _, err := rand.Read(random[:]); err != nil {
		return err
	}
	id := Lake{Format: lakeFormat, ID: hex.EncodeToString(random[:]), Root: d.Place()}
	content, err := id.encode()
	if err != nil {
		return err
	}
	return d.WriteFirst(path, d.StagingPath("lake-"+id.ID+".json"), content)
}

// encode gives lake.json as carat writes it, to the byte.
func (l Lake) encode() ([]byte, error) {
	content, err := json.MarshalIndent(l, "", "  ")
	return append(content, '\n'), err
}

// Changed says in what lake.json is not what carat writes, "" when it is: a key more, or
// one that is there twice, is read by other programs.
func Changed(d *store.Disk) (string, error) {
	found, err := d.ReadFile(filepath.Join(d.Root, store.IdentityFile))
	if err != nil {
		return "", err
	}
	var id Lake
	if err := json.Unmarshal(found, &id); err != nil {
		return "it can't be read: " + err.Error(), nil
	}
	want, err := id.encode()
	if err != nil || bytes.Equal(found, want) {
		return "", err
	}
	return fmt.Sprintf("carat writes %d bytes there, format, id and root and nothing else, and it has %d", len(want), len(found)), nil
}

// LiesIn says whether the lake of an id is to be taken to lie in another place than a
// disk's. Of a bucket that can't be known without a look into it, and so it is.
func LiesIn(d *store.Disk, place, id string) bool {
	return d.Remote != nil || strings.Contains(place, "://") || IsLake(place, id)
}

// IsLake says whether the lake of an id lies in a folder.
func IsLake(root, id string) bool {
	if !store.Exists(filepath.Join(root, "lake.json")) {
		return false
	}
	other, err := Read(&store.Disk{Root: root})
	return err == nil && other.ID == id
}

// Raise makes lake.json one that no carat of an earlier format opens: the history is
// about to get a form that it doesn't know.
func Raise(d *store.Disk) error {
	id, err := Read(d)
	if err != nil || id.Format == lakeFormat {
		return err
	}
	id.Format = lakeFormat
	content, err := id.encode()
	if err != nil {
		return err
	}
	return d.Write(filepath.Join(d.Root, store.IdentityFile), content)
}

// CheckRoot is a usage error when a folder's path is one that readers of Iceberg or
// DuckDB misread.
func CheckRoot(root string) error {
	switch {
	case !filepath.IsAbs(root):
		return pipeline.Errorf(pipeline.KindUsage, "open lake", root, "the folder's path is not absolute")
	case strings.ContainsAny(root, "*[]"):
		return pipeline.Errorf(pipeline.KindUsage, "open lake", fmt.Sprintf("%q", root), "the path holds one of * [ ], which DuckDB takes for a pattern: another folder's files would be read").
			WithHint("choose another folder with `lake` in carat.yaml")
	case strings.ContainsAny(root, "%?#") || strings.ContainsFunc(root, func(r rune) bool { return r < 0x20 || r == 0x7f }):
		return pipeline.Errorf(pipeline.KindUsage, "open lake", fmt.Sprintf("%q", root),
			"the path holds one of %% ? # or a control character, which Iceberg readers take for part of a URL").
			WithHint("choose another folder with `lake` in carat.yaml")
	}
	return nil
}
