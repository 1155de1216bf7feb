package sandbox

import (
	"fmt"
	"os"
	"syscall"
)

// resident gives how much memory a process holds, in bytes; 0 when that can't be
// told.
func resident(pid int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	var size, pages int64
	if _, err := fmt.Sscan(string(text), &size, &pages); err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}

// heldMost gives the most memory that a process which has ended held, in bytes.
func heldMost(state *os.ProcessState) int64 {
	if used, ok := state.SysUsage().(*syscall.Rusage); ok {
		return used.Maxrss << 10
	}
	return 0
}

// binary is the program that runs now, also when its file was replaced since.
func binary() (string, error) { return "/proc/self/exe", nil }
