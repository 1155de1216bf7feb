package main

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

// What a signal ended has the code that shells give it, and says that nothing is half
// done.
func TestInterruptedHasACodeOfItsOwn(t *testing.T) {
	var out, told strings.Builder
	a := newApp([]string{"carat"}, nil, &out, &told)
	if code := a.finish(fmt.Errorf("reconcile 2026-10: %w", context.Canceled)); code != 130 {
		t.Errorf("code %d, want 130", code)
	}
	if !strings.HasPrefix(told.String(), "carat: interrupted: nothing was left half-written") {
		t.Errorf("%q", told.String())
	}
}
