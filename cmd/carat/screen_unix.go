//go:build unix

package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// terminalColumns gives how wide a terminal is; 0 when it doesn't say.
func terminalColumns(f *os.File) int {
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0
	}
	return int(size.Col)
}
