package sampling

import (
	"fmt"
	"math/big"
	"strings"
	"testing"
)

// published is the AICPA's table of confidence factors for overstatements, as textbooks
// print it: a row for each number of misstatements, columns at 5, 10, 15 and 20 percent
// risk of incorrect acceptance.
const published = `
3.00 2.31 1.90 1.61
4.75 3.89 3.38 3.00
6.30 5.33 4.73 4.28
7.76 6.69 6.02 5.52
9.16 8.00 7.27 6.73
10.52 9.28 8.50 7.91
11.85 10.54 9.71 9.08
13.15 11.78 10.90 10.24
14.44 13.00 12.08 11.38
15.71 14.21 13.25 12.52
16.97 15.41 14.42 13.66
18.21 16.60 15.57 14.78
19.45 17.79 16.72 15.90
20.67 18.96 17.86 17.02
21.89 20.13 19.00 18.13
23.10 21.30 20.13 19.24
24.31 22.46 21.26 20.34
25.50 23.61 22.39 21.44
26.70 24.76 23.51 22.54
27.88 25.91 24.63 23.64
29.07 27.05 25.74 24.73`

func TestFactorsAreThePublishedOnes(t *testing.T) {
	for n, row := range strings.Split(strings.TrimSpace(published), "\n") {
		for i, want := range strings.Fields(row) {
			if got := Factor(n, []int{95, 90, 85, 80}[i]).FloatString(2); got != want {
				// The table rounds to the nearest in a few places, where carat rounds up.
				if diff := new(big.Rat).Sub(Factor(n, []int{95, 90, 85, 80}[i]), rat(want)); diff.Cmp(big.NewRat(1, 100)) > 0 || diff.Sign() < 0 {
					t.Errorf("%d misstatements, column %d: %s, published %s", n, i, got, want)
				}
			}
		}
	}
}

func TestQuantilesAreThePublishedOnes(t *testing.T) {
	for freedom, want := range map[int64]string{1: "6.3138", 2: "2.9200", 10: "1.8125", 30: "1.6973", 120: "1.6577"} {
		diff := new(big.Rat).Sub(quantile(freedom, 95), rat(want))
		if diff.Abs(diff).Cmp(big.NewRat(1, 10_000)) > 0 {
			t.Errorf("%d degrees of freedom: %s, published %s", freedom, quantile(freedom, 95).FloatString(4), want)
		}
	}
}

// found gives findings from "recorded audited" lines.
func found(t *testing.T, interval string, lines ...string) (list []Finding) {
	for i, line := range lines {
		parts := strings.Fields(line)
		f := Finding{Drawn: Drawn{Item: Item{ID: fmt.Sprint(i), Amount: units(t, parts[0])}}, Audited: units(t, parts[1])}
		f.Whole = f.Amount.Cmp(units(t, interval)) >= 0
		list = append(list, f)
	}
	return list
}

func TestWorkedExamplesOfMonetaryUnits(t *testing.T) {
	tests := []struct {
		name, interval string
		items          []string
		factors        []string
		want           map[string]string
	}{
		// As lecture notes on PPS sampling (ACG 5637, University of Florida) work it out, at a risk of
		// 10 percent, with increments of one place: 42,373 of 2,500,000 and 59; upper limit 172,988.
		{"2,500,000 by 59", "42373", []string{"71330 60631", "18996 17096.4", "30081 21056.7", "3555 1422"},
			[]string{"2.31", "3.91", "5.31", "6.71"},
			map[string]string{"over": "172988", "basic": "97882", "projection": "53072", "under": "97882"}},
		// A textbook's receivable of 720,000 by a sample of 90 at 5 percent, with its increments 1.75,
		// 1.55 and 1.46; the results are worked by hand.
		{"720,000 by 90", "8000", []string{"1500 1000", "2400 1200", "8200 7500", "6000 5400", "9000 8000"},
			[]string{"3.00", "4.75", "6.30", "7.76"},
			map[string]string{"over": "38001", "basic": "24000", "projection": "9167", "incremental": "4835"}},
		{"nothing found", "26882", []string{"100 100"}, []string{"3.00"},
			map[string]string{"over": "80646", "basic": "80646", "projection": "0", "under": "80646"}},
		{"understated alone", "1000", []string{"100 150"}, []string{"3.00", "4.75"},
			map[string]string{"over": "3000", "projection": "0", "under": "3875", "projected": "-500"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := Stringer(units(t, tt.interval), units(t, "1000000000"), found(t, tt.interval, tt.items...), func(n int) *big.Rat { return rat(tt.factors[n]) })
			got := map[string]*big.Int{"over": l.Over, "under": l.Under, "basic": l.Basic, "projection": l.Projection, "incremental": l.Incremental, "projected": l.Projected}
			for name, want := range tt.want {
				// Published to whole units, each part rounded.
				diff := new(big.Int).Sub(got[name], units(t, want))
				if diff.Abs(diff).Cmp(units(t, "2")) > 0 {
					t.Errorf("%s: %s, published %s", name, Text(got[name]), want)
				}
			}
		})
	}
}

func TestDifferencesOfStrata(t *testing.T) {
	// Worked by hand. First stratum: 10 of 100 items, misstatements 5, 5 and eight times 0:
	// mean 1, variance (2*16 + 8*1)/9 = 40/9, 100*90*(40/9)/10 = 4000. Second: drawn whole,
	// one misstatement of -3, which adds itself alone. Projected 100 - 3 = 97.
	s := Sample{Method: Stratified, Strata: []Stratum{{Items: 100, Drawn: 10}, {Items: 2, Drawn: 2}}}
	var f []Finding
	add := func(stratum int, recorded, audited string) {
		d := Drawn{Item: Item{ID: fmt.Sprintf("%03d", len(f)), Amount: units(t, recorded)}, Stratum: stratum}
		s.Drawn = append(s.Drawn, d)
		f = append(f, Finding{Drawn: d, Audited: units(t, audited)})
	}
	add(1, "20", "15")
	add(1, "10", "5")
	for range 8 {
		add(1, "7", "7")
	}
	add(2, "1000", "1003")
	add(2, "1000", "1000")
	l, enough, err := differences(s, f, 95)
	if err != nil {
		t.Fatal(err)
	}
	if Text(l.Projected) != "97" || l.Factors[0] != "1.8332" {
		t.Fatalf("projected %s, t %s", Text(l.Projected), l.Factors)
	}
	if enough {
		t.Error("two differences of ten are enough")
	}
	// t(9) = 1.8331.. times the square root of 4000, 63.2455532.
	over := new(big.Int).Sub(l.Over, units(t, "97"))
	low, high := units(t, "115.93"), units(t, "115.95")
	if over.Cmp(low) < 0 || over.Cmp(high) > 0 {
		t.Errorf("allowance %s", Text(over))
	}
	if under := new(big.Int).Add(l.Under, units(t, "97")); under.Cmp(over) != 0 {
		t.Errorf("under %s, over %s", Text(l.Under), Text(l.Over))
	}
}

func TestProjectAsksForEveryItem(t *testing.T) {
	d := Drawn{Item: Item{ID: "a", Amount: big.NewInt(5)}}
	s := Sample{Method: Random, Drawn: []Drawn{d}, Strata: []Stratum{{Items: 5, Drawn: 1}}}
	other := Finding{Drawn: Drawn{Item: Item{ID: "b", Amount: big.NewInt(5)}}, Audited: big.NewInt(5)}
	for name, f := range map[string][]Finding{"none": nil, "another": {other}, "one of five": {{Drawn: d, Audited: big.NewInt(5)}}} {
		if _, err := Project(s, NewPopulation(), f, 95); err == nil {
			t.Errorf("%s: projected", name)
		}
	}
}

func rat(text string) *big.Rat {
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		panic(text)
	}
	return r
}

func units(t *testing.T, text string) *big.Int {
	v, err := Parse(text)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return v
}
