// Package parsed keeps what metadata of tables says once it was parsed: a process that serves pages opens the same lake many
// times a second.
package parsed

import (
	"crypto/sha256"
	"sync"

	"github.com/apache/iceberg-go/table"
)

// keptMost bounds what is kept: some lakes of sixty tables, with what they were a moment ago.
const keptMost = 400

var kept = struct {
	sync.Mutex
	of map[[sha256.Size]byte]table.Metadata
}{of: map[[sha256.Size]byte]table.Metadata{}}

// Read reads a metadata file and gives what it says: parsed, or as the same bytes said before. Nobody changes what it gives.
func Read(read func(location string) ([]byte, error), location string) (table.Metadata, error) {
	data, err := read(location)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(data)
	kept.Lock()
	meta := kept.of[sum]
	kept.Unlock()
	if meta != nil {
		return meta, nil
	}
	meta, err = table.ParseMetadataBytes(data)
	if err != nil {
		return nil, err
	}
	kept.Lock()
	defer kept.Unlock()
	if len(kept.of) >= keptMost {
		clear(kept.of)
	}
	kept.of[sum] = meta
	return meta, nil
}
