package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// condition tells a story what this machine can do. What it can't is logged by
// name, so that a skipped story is seen.
func condition(t *testing.T, cond string) (bool, error) {
	switch cond {
	case "mounts":
		ok := canMount(t)
		if !ok {
			t.Logf("stories that need a small disk are skipped: this user can't mount a tmpfs")
		}
		return ok, nil
	case "root":
		return os.Getuid() == 0, nil
	}
	if verb, ok := strings.CutPrefix(cond, "verb:"); ok {
		out, err := exec.Command("carat", "help").Output()
		return strings.Contains(string(out), "\n  "+verb+" "), err
	}
	return false, fmt.Errorf("unknown condition %q", cond)
}

func canMount(t *testing.T) bool {
	if os.Getuid() != 0 {
		return false
	}
	dir := t.TempDir()
	if exec.Command("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", dir).Run() != nil {
		return false
	}
	if err := exec.Command("umount", dir).Run(); err != nil {
		t.Errorf("umount %s: %v", dir, err)
	}
	return true
}
