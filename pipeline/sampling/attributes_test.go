package sampling

import (
	"fmt"
	"math/big"
	"testing"
)

// By hand: of 5 items 2 were examined and are right. With 1 misstated item none is seen in
// C(4,2)/C(5,2) = 6/10 of samples, with 2 in 3/10, with 3 in 1/10, with 4 in none. The
// others are worked out in whole numbers from the same definition.
func TestMisstatedMostIsTheExactLimit(t *testing.T) {
	tests := []struct {
		items, drawn, misstated int64
		risk                    float64
		want                    int64
	}{
		{5, 2, 0, 0.05, 3},
		{5, 2, 0, 0.2, 2},
		{2105, 10, 0, 0.05, 543},
		{2105, 2, 0, 0.01, 1894},
		{100, 10, 2, 0.05, 49},
		{100, 10, 0, 0.025, 29},
		{1000, 60, 1, 0.05, 74},
		{20, 4, 4, 0.05, 20},
		{10, 10, 3, 0.05, 3},
	}
	for _, tt := range tests {
		if got := MisstatedMost(tt.items, tt.drawn, tt.misstated, tt.risk); got != tt.want {
			t.Errorf("%d of %d, %d misstated, at %g: %d, want %d", tt.drawn, tt.items, tt.misstated, tt.risk, got, tt.want)
		}
	}
}

// sampled makes a random or stratified sample of "stratum recorded audited" items.
func sampled(t *testing.T, strata []Stratum, items ...[3]string) (s Sample, found []Finding) {
	s = Sample{Method: Random, Strata: strata}
	if len(strata) > 1 {
		s.Method = Stratified
	}
	for n, i := range items {
		d := Drawn{Item: Item{ID: fmt.Sprintf("%03d", n), Amount: units(t, i[1])}}
		if len(strata) > 1 {
			d.Stratum = int(units(t, i[0]).Int64() / one.Int64())
		}
		s.Drawn = append(s.Drawn, d)
		found = append(found, Finding{Drawn: d, Audited: units(t, i[2])})
	}
	return s, found
}

func stratum(t *testing.T, items, drawn int64, amount, largest string) Stratum {
	return Stratum{Items: items, Drawn: drawn, Amount: units(t, amount), Largest: units(t, largest)}
}

// A sample without an error says how many may be wrong, and never that nothing is.
func TestASampleWithoutErrorsHasALimit(t *testing.T) {
	tests := []struct {
		name        string
		confidence  int
		strata      []Stratum
		items       [][3]string
		over, under string // "": no limit can be told
		most        int64
		byCount     bool
	}{
		// 2 of 5: at most 3 are wrong, each by at most 40: 120 of the 130 that weren't seen.
		{"nothing found", 95, []Stratum{stratum(t, 5, 2, "150", "40")}, [][3]string{{"1", "10", "10"}, {"1", "10", "10"}}, "120", "120", 3, true},
		// What wasn't seen comes to 60, less than 3 times 40.
		{"no more than the rest", 95, []Stratum{stratum(t, 5, 2, "80", "40")}, [][3]string{{"1", "10", "10"}, {"1", "10", "10"}}, "60", "60", 3, true},
		// At 80 percent 2 may be wrong: 80.
		{"less sure", 80, []Stratum{stratum(t, 5, 2, "150", "40")}, [][3]string{{"1", "10", "10"}, {"1", "10", "10"}}, "80", "80", 2, true},
		// One overstated by 4: of 5 items with 1 of 2 misstated, 4 may be (5 can't, since a right one was seen): 4 + 3*40,
		// but 130 are left: 124. Understated: 3 items, 120.
		{"one found", 95, []Stratum{stratum(t, 5, 2, "150", "40")}, [][3]string{{"1", "10", "6"}, {"1", "10", "10"}}, "124", "120", 4, true},
		// Two strata at 5 percent: 2.5 percent each. 2 of 5 right: 3 of them still (1/10 is above 2.5 percent): 30; the second,
		// drawn whole, adds what was found.
		{"a stratum drawn whole", 95, []Stratum{stratum(t, 5, 2, "50", "10"), stratum(t, 2, 2, "900", "500")},
			[][3]string{{"1", "10", "10"}, {"1", "10", "10"}, {"2", "400", "395"}, {"2", "500", "500"}}, "35", "30", 4, true},
		{"two strata", 90, []Stratum{stratum(t, 5, 2, "50", "10"), stratum(t, 5, 2, "500", "100")},
			[][3]string{{"1", "10", "10"}, {"1", "10", "10"}, {"2", "100", "100"}, {"2", "100", "100"}}, "330", "330", 6, true},
		// An item of 10 that should be -5 is wrong by more than its amount: so may be those that nobody saw.
		{"beyond its amount", 95, []Stratum{stratum(t, 5, 2, "150", "40")}, [][3]string{{"1", "10", "-5"}, {"1", "10", "10"}}, "", "", 4, true},
		{"drawn whole", 95, []Stratum{stratum(t, 2, 2, "20", "10")}, [][3]string{{"1", "10", "10"}, {"1", "10", "10"}}, "0", "0", 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, found := sampled(t, tt.strata, tt.items...)
			l, err := Project(s, NewPopulation(), found, tt.confidence)
			if err != nil {
				t.Fatal(err)
			}
			for name, limit := range map[string][2]string{"over": {said(l.Over), tt.over}, "under": {said(l.Under), tt.under}} {
				if limit[0] != limit[1] {
					t.Errorf("%s %s, want %s", name, limit[0], limit[1])
				}
			}
			if l.ByCount != tt.byCount || l.MisstatedMost != tt.most {
				t.Errorf("by count %v, at most %d misstated; want %v, %d", l.ByCount, l.MisstatedMost, tt.byCount, tt.most)
			}
		})
	}
}

func said(v *big.Int) string {
	if v == nil {
		return ""
	}
	return Text(v)
}

// 25 misstated items of different amounts are told by Student's t; 24 by their count, and so are 25 all wrong by the same
// amount in a stratum where nothing else was seen.
func TestDifferencesNeedEnoughOfThem(t *testing.T) {
	for _, tt := range []struct {
		wrong, right int
		same         bool
		byCount      bool
	}{{25, 5, false, false}, {24, 6, false, true}, {25, 0, true, true}, {25, 0, false, false}} {
		var items [][3]string
		for n := range tt.wrong + tt.right {
			audited := "100"
			switch {
			case n >= tt.wrong:
			case tt.same:
				audited = "99"
			default:
				audited = fmt.Sprint(99 - n)
			}
			items = append(items, [3]string{"1", "100", audited})
		}
		s, found := sampled(t, []Stratum{stratum(t, 500, int64(len(items)), "50000", "100")}, items...)
		l, err := Project(s, NewPopulation(), found, 95)
		if err != nil {
			t.Fatal(err)
		}
		if l.ByCount != tt.byCount {
			t.Errorf("%+v: by count %v", tt, l.ByCount)
		}
		if l.Over.Cmp(l.Projected) <= 0 {
			t.Errorf("%+v: at most %s, likeliest %s", tt, Text(l.Over), Text(l.Projected))
		}
	}
}

// What was examined whole carries no risk of sampling, and what is below the interval no more than it comes to.
func TestMonetaryUnitsExaminedWholeHaveNoLimit(t *testing.T) {
	tests := []struct {
		name, below string // the amounts of items below the interval, one drawn
		over, basic string
	}{
		// 500 of 500 examined, one of them 3 too high.
		{"all whole", "0", "3", "0"},
		// 40 are left below an interval of 100: not 300.
		{"little left", "40", "43", "40"},
		// 5,000 are left: 3.00 times 100.
		{"much left", "5000", "303", "300"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := Sample{Method: MUS, Interval: units(t, "100")}
			p := NewPopulation()
			big := Drawn{Item: Item{ID: "a", Amount: units(t, "500")}, Whole: true}
			s.Drawn = []Drawn{big}
			if err := p.Add(big.Item); err != nil {
				t.Fatal(err)
			}
			if err := p.Add(Item{ID: "b", Amount: units(t, tt.below)}); err != nil {
				t.Fatal(err)
			}
			if err := p.Add(Item{ID: "c", Amount: units(t, "-160")}); err != nil {
				t.Fatal(err)
			}
			l, err := Project(s, p, []Finding{{Drawn: big, Audited: units(t, "497")}}, 95)
			if err != nil {
				t.Fatal(err)
			}
			if Text(l.Over) != tt.over || Text(l.Basic) != tt.basic {
				t.Errorf("at most %s, basic %s; want %s, %s", Text(l.Over), Text(l.Basic), tt.over, tt.basic)
			}
			if l.LeftOut == 0 || Text(l.LeftOutAmount) != "-160" {
				t.Errorf("%d left out, %s", l.LeftOut, Text(l.LeftOutAmount))
			}
		})
	}
}
