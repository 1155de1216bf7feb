package sandbox

import (
	"fmt"
	"syscall"
)

// limit bounds the process that it is called in: what it may ask the operating
// system for in memory, and how large a file it may write. It leaves no image of
// its memory behind.
func limit(memory, file int64) error {
	for _, l := range []struct {
		which int
		what  string
		bytes int64
	}{{syscall.RLIMIT_DATA, "memory", memory}, {syscall.RLIMIT_FSIZE, "files", file}, {syscall.RLIMIT_CORE, "core", 0}} {
		if l.bytes <= 0 && l.which != syscall.RLIMIT_CORE {
			continue
		}
		var now syscall.Rlimit
		if err := syscall.Getrlimit(l.which, &now); err != nil {
			return fmt.Errorf("read the bound of %s: %w", l.what, err)
		}
		bytes := min(uint64(l.bytes), now.Max)
		if err := syscall.Setrlimit(l.which, &syscall.Rlimit{Cur: bytes, Max: bytes}); err != nil {
			return fmt.Errorf("bound %s: %w", l.what, err)
		}
	}
	return nil
}
