package main

import (
	"runtime/debug"
	"testing"
)

func TestMemoryLimitIsTheUsersIfGiven(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	t.Cleanup(func() { debug.SetMemoryLimit(before) })
	for _, c := range []struct {
		env  []string
		want int64
	}{
		{[]string{"HOME=/", "GOMEMLIMIT=2GiB"}, before},
		{[]string{"HOME=/", "GOMEMLIMITS=2GiB"}, goMemoryBytes},
	} {
		limitMemory(c.env)
		if got := debug.SetMemoryLimit(-1); got != c.want {
			t.Errorf("%v: limit %d, want %d", c.env, got, c.want)
		}
	}
}
