package location

import (
	"path/filepath"
	"strings"
)

// bucketScheme is what the address of a bucket begins with.
const bucketScheme = "s3://"

// Of gives the address of the bucket that a lake lies in ("": in none), its folder, which is
// the cache of one in a bucket, and the folder of persons ("": none is named).
func Of(dir, lake, cache, people string) (bucket, folder, persons string) {
	if strings.HasPrefix(lake, bucketScheme) {
		bucket, lake = lake, cache
	}
	if people != "" {
		people = absolute(dir, people)
	}
	return bucket, absolute(dir, lake), people
}

// absolute is a path of the folder of carat.yaml as one of the machine.
func absolute(dir, path string) string {
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}
