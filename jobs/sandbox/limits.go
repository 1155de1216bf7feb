package sandbox

import (
	"strconv"
	"strings"
)

const (
	// besideEngine is what a process may hold beside what the SQL engine counts:
	// the binary itself, Go's memory, and texts that the engine doesn't count.
	besideEngine = 512 << 20
	// besideMeasured is how much more it may ask the operating system for: stacks
	// and heaps that are reserved and not used.
	besideMeasured = 512 << 20
)

// units are those of carat.yaml's memory.
var units = []struct {
	name  string
	bytes int64
}{{"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}}

// sizeOf gives the bytes of a size such as 4GB; 0 when it is none.
func sizeOf(text string) int64 {
	for _, u := range units {
		if number, ok := strings.CutSuffix(text, u.name); ok {
			n, err := strconv.ParseInt(strings.TrimSpace(number), 10, 64)
			if err != nil || n <= 0 {
				return 0
			}
			return n * u.bytes
		}
	}
	return 0
}
