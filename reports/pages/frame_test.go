package pages

import (
	"testing"

	"pgregory.net/rapid"
)

func TestAcrossStaysInside(t *testing.T) {
	const bound = 7_000_000_000_000_000_000
	rapid.Check(t, func(t *rapid.T) {
		low, high := rapid.Int64Range(-bound, 0).Draw(t, "low"), rapid.Int64Range(0, bound).Draw(t, "high")
		if got := Across(rapid.Int64().Draw(t, "level"), low, high); got < 0 || got > 10_000 {
			t.Fatalf("%d", got)
		}
		if low < high && (Across(low, low, high) != 0 || Across(high, low, high) != 10_000) {
			t.Fatal("the ends are not the ends")
		}
	})
}
