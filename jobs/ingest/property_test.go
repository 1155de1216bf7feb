package ingest_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"carat/jobs/ask"
	"carat/jobs/ingest"
	"carat/jobs/internal/trial"
)

// However a file is cut, repeated and mixed, ingesting its parts in any order
// and then all of it gives the rows of the whole file, once.
func TestPartsAndTheWholeGiveTheWhole(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(rt, "rows")
		var rows []string
		coins := 0
		for i := range n {
			c := rapid.IntRange(1, 1000).Draw(rt, "coins")
			coins += c
			rows = append(rows, fmt.Sprintf("p%02d,purchase,v%d,web,s,%d,USD,1.00,2026-10-%02dT10:00:00Z\n", i, i%3, c, 1+i%28))
		}
		s := trial.Folder(t, "first_period: 2026-10\nfeeds: {}", nil)
		var read, accepted, rejected, duplicate int64
		ingestPart := func(number int, part []string) {
			name := filepath.Join(s.Config.Dir, fmt.Sprintf("coin_purchases-%d.csv", number))
			if err := os.WriteFile(name, []byte(trial.PurchaseHeader+strings.Join(part, "")), 0o644); err != nil {
				rt.Fatal(err)
			}
			r, err := ingest.Files(context.Background(), ingest.Options{Setting: s, Files: []string{name}})
			if err != nil {
				rt.Fatal(err)
			}
			f := r.Files[0]
			if f.RowsRead != f.RowsAccepted+f.RowsRejected+f.RowsDuplicate {
				rt.Fatalf("rows don't add up: %+v", f)
			}
			read, accepted = read+f.RowsRead, accepted+f.RowsAccepted
			rejected, duplicate = rejected+f.RowsRejected, duplicate+f.RowsDuplicate
		}
		for part := range rapid.IntRange(0, 3).Draw(rt, "parts") {
			ingestPart(part, rapid.SliceOfN(rapid.SampledFrom(rows), 1, 2*n).Draw(rt, "part"))
		}
		ingestPart(99, rows)
		got, err := trial.Query(context.Background(), ask.QueryOptions{Setting: s,
			Query: "select count(*) || ' ' || count(distinct purchase_id) || ' ' || sum(coins) as total from coin_purchases"})
		if err != nil {
			rt.Fatal(err)
		}
		if want := fmt.Sprintf("%d %d %d", n, n, coins); firstColumn(got) != want {
			rt.Fatalf("rows, keys and coins are %s, want %s", firstColumn(got), want)
		}
		if accepted != int64(n) || rejected != 0 || read != accepted+duplicate {
			rt.Fatalf("read %d, accepted %d, rejected %d, duplicate %d of %d", read, accepted, rejected, duplicate, n)
		}
	})
}
