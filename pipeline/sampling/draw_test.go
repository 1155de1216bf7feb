package sampling

import (
	"crypto/sha256"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
)

// people makes a population in the order of names, and its count.
func people(t *testing.T, r *rand.Rand, n int) (list []Item, p *Population) {
	p = NewPopulation()
	for i := range n {
		v := r.Int64N(1_000_000_000_000)
		switch r.IntN(20) {
		case 0:
			v = -v
		case 1:
			v = 0
		case 2:
			v *= 500
		}
		list = append(list, Item{ID: fmt.Sprintf("p%06d", i), Amount: big.NewInt(v)})
		if err := p.Add(list[i]); err != nil {
			t.Fatal(err)
		}
	}
	return list, p
}

func ids(s Sample) (names []string) {
	for _, d := range s.Drawn {
		names = append(names, d.ID)
	}
	return names
}

// Unit by unit, as the definition says it: too slow for anything but a test.
func TestByIntervalDrawsTheUnitsOfTheDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for round := range 200 {
		var list []Item
		total := int64(0)
		for i := range 1 + r.IntN(30) {
			v := r.Int64N(40) - 5
			list = append(list, Item{ID: fmt.Sprintf("%03d", i), Amount: big.NewInt(v)})
			total += max(v, 0)
		}
		if total < 3 {
			continue
		}
		size, seed := 1+r.IntN(int(min(total, 12))), fmt.Sprint("seed", round)
		d, err := ByInterval(big.NewInt(total), size, seed)
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		j := total / int64(size)
		sum := sha256.Sum256([]byte(seed))
		start := new(big.Int).Mod(new(big.Int).SetBytes(sum[:]), big.NewInt(j)).Int64() + 1
		unit := int64(0)
		for _, i := range list {
			d.Take(i)
			drawn := false
			for range max(i.Amount.Int64(), 0) {
				unit++
				drawn = drawn || (unit >= start && (unit-start)%j == 0)
			}
			if drawn {
				want = append(want, i.ID)
			}
			if i.Amount.Int64() >= j && !drawn {
				t.Fatalf("round %d: %v reaches the interval %d and isn't drawn", round, i, j)
			}
		}
		s := d.Sample()
		if !slices.Equal(ids(s), want) {
			t.Fatalf("round %d: drew %v, want %v", round, ids(s), want)
		}
		for _, x := range s.Drawn {
			if x.Whole != (x.Amount.Int64() >= j) {
				t.Fatalf("round %d: %v whole %v at interval %d", round, x.ID, x.Whole, j)
			}
		}
	}
}

func TestByTicketDrawsTheLowestHashes(t *testing.T) {
	list, _ := people(t, rand.New(rand.NewPCG(3, 4)), 500)
	d, err := ByTicket(40, "2026")
	if err != nil {
		t.Fatal(err)
	}
	sorted := slices.Clone(list)
	slices.SortFunc(sorted, func(a, b Item) int {
		x, y := sha256.Sum256([]byte("2026\n"+a.ID)), sha256.Sum256([]byte("2026\n"+b.ID))
		return slices.Compare(x[:], y[:])
	})
	var want []string
	for _, i := range sorted[:40] {
		want = append(want, i.ID)
	}
	slices.Sort(want)
	for _, i := range list {
		d.Take(i)
	}
	s := d.Sample()
	if !slices.Equal(ids(s), want) {
		t.Errorf("drew %v, want %v", ids(s), want)
	}
	if h := s.Strata[0]; h.Items != 500 || h.Drawn != 40 {
		t.Errorf("%+v", h)
	}
	// Another seed, another sample.
	other, err := ByTicket(40, "2027")
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range list {
		other.Take(i)
	}
	if slices.Equal(ids(other.Sample()), want) {
		t.Error("two seeds draw the same")
	}
}

func TestByStratumPartsTheTotal(t *testing.T) {
	list, p := people(t, rand.New(rand.NewPCG(5, 6)), 2_000)
	slices.SortStableFunc(list, func(a, b Item) int { return a.Amount.CmpAbs(b.Amount) })
	total := new(big.Int).Sub(p.PositiveAmount, p.NegativeAmount)
	d, err := ByStratum(total, 62, 4, "x")
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range list {
		d.Take(i)
	}
	s := d.Sample()
	items, amount := int64(0), new(big.Int)
	for at, h := range s.Strata {
		items += h.Items
		amount.Add(amount, h.Amount)
		if want := min([]int64{15, 15, 16, 16}[at], h.Items); h.Drawn != want {
			t.Errorf("stratum %d: %d drawn, want %d", at+1, h.Drawn, want)
		}
		if at > 0 && h.Items > s.Strata[at-1].Items {
			t.Errorf("stratum %d has more items than the one of smaller amounts", at+1)
		}
	}
	if items != 2_000 || amount.Cmp(total) != 0 {
		t.Errorf("%d items of %s, want 2000 of %s", items, Text(amount), Text(total))
	}
}

func TestPopulationRefusesWhatIsOutOfOrder(t *testing.T) {
	for _, next := range []string{"a", "b"} {
		p := NewPopulation()
		if err := p.Add(Item{ID: "b", Amount: big.NewInt(1)}); err != nil {
			t.Fatal(err)
		}
		if p.Add(Item{ID: next, Amount: big.NewInt(1)}) == nil {
			t.Errorf("%q after b was taken", next)
		}
	}
}

func TestParseAndText(t *testing.T) {
	for text, want := range map[string]string{"12": "12", "-0.5": "-0.5", "0.000000001": "0.000000001", "1.500": "1.5", "-12.345678900": "-12.3456789", "0": "0", "-0": "0"} {
		v, err := Parse(text)
		if err != nil || Text(v) != want {
			t.Errorf("%q: %v %v", text, v, err)
		}
	}
	for _, text := range []string{"", ".5", "1.", "+1", "1e3", "1,5", " 1", "0.0000000001", "NaN", "١"} {
		if v, err := Parse(text); err == nil {
			t.Errorf("%q was read as %s", text, Text(v))
		}
	}
}

func TestHundredths(t *testing.T) {
	for text, want := range map[string][2]string{"1": {"1.00", "1.00"}, "0.004": {"0.00", "0.01"}, "-0.005": {"-0.01", "-0.01"}, "12.3449": {"12.34", "12.35"}, "-7.001": {"-7.00", "-7.01"}} {
		v := units(t, text)
		if got := [2]string{Hundredths(v, false), Hundredths(v, true)}; got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}
