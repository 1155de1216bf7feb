package place

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"carat/pipeline"
)

// People makes the folder in which a lake in a bucket has what says who somebody is: another
// one, which a link in the cache leads to. A bucket may keep versions that nobody sees, so
// that who was erased would still lie there.
func People(cache, folder string) error {
	if folder == "" {
		return nil
	}
	link := filepath.Join(cache, "people")
	for _, dir := range []string{cache, folder} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	to, err := os.Readlink(link)
	if err == nil && to == folder {
		return nil
	}
	if err := os.Remove(link); err != nil && !errors.Is(err, fs.ErrNotExist) { // an empty folder, or another link
		return pipeline.Errorf(pipeline.KindUsage, "open lake", link, "persons are kept there, and `people` names %s", folder).
			WithHint("move what lies in it to %s, and run again", folder)
	}
	return os.Symlink(folder, link)
}

// RefusePeople is the error of a feed that says who somebody is, where no folder is named.
func RefusePeople(feed string) error {
	return pipeline.Errorf(pipeline.KindUsage, "ingest", feed, "its files say who somebody is, and the lake lies in a bucket, which keeps no persons").
		WithHint("name a folder for them in carat.yaml, on a disk that is backed up and that all machines of this lake see: people: /srv/carat/people")
}
