//go:build !linux

package sandbox

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// resident gives how much memory a process holds, in bytes; 0 when that can't be
// told.
func resident(pid int) int64 {
	text, err := exec.Command("ps", "-o", "rss=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return 0
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		return 0
	}
	return n << 10
}

// heldMost isn't known here: systems count it in units of their own.
func heldMost(*os.ProcessState) int64 { return 0 }

// binary is the program that runs now.
func binary() (string, error) { return os.Executable() }
