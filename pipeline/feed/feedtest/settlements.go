package feedtest

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"carat/pipeline"
)

// settled adds up what a report gave: lines and net by kind and currency, the
// amounts exactly.
func settled(rows []pipeline.SettlementLine) []string {
	type sum struct{ lines, quantity, gross, tax, fee, net, paid int64 }
	sums := map[string]sum{}
	for _, r := range rows {
		key := r.Channel + " " + r.Kind + " " + r.Currency
		s := sums[key]
		s.lines++
		s.gross += r.GrossAmount
		s.net += r.NetAmount
		for into, v := range map[*int64]*int64{&s.quantity: r.Quantity, &s.tax: r.TaxAmount, &s.fee: r.FeeAmount, &s.paid: r.CustomerAmount} {
			if v != nil {
				*into += *v
			}
		}
		sums[key] = s
	}
	var texts []string
	for _, key := range slices.Sorted(maps.Keys(sums)) {
		s := sums[key]
		texts = append(texts, fmt.Sprintf("%s: %d lines, %d units, gross %s, tax %s, fee %s, net %s, paid %s", key, s.lines, s.quantity,
			pipeline.Amount(s.gross), pipeline.Amount(s.tax), pipeline.Amount(s.fee), pipeline.Amount(s.net), pipeline.Amount(s.paid)))
	}
	return texts
}

// CheckSamples reads published files and compares what they add up to, by their
// path among the samples.
func CheckSamples(t *testing.T, samples map[string][]string) {
	t.Helper()
	folder := SamplesFolder(t)
	for path, want := range samples {
		out := ReadPath[pipeline.SettlementLine](t, filepath.Join(folder, filepath.FromSlash(path)), nil)
		got := settled(out.Rows)
		for _, r := range out.Rejects {
			got = append(got, RejectText(r))
		}
		if out.Err != nil {
			got = append(got, out.Err.Error())
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s:\n got %q\nwant %q", path, got, want)
		}
	}
}
