package ingest_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"carat/jobs/books"
	"carat/jobs/guard"
	"carat/jobs/ingest"
	"carat/jobs/internal/trial"
)

// giftRows gives a file of gifts by number; one of another amount is a conflict.
func giftRows(coins int, numbers ...int) string {
	text := "event_id,kind,sent_at,stream_id,viewer_id,creator_id,gift_id,quantity,coins,diamonds\n"
	for _, no := range numbers {
		text += fmt.Sprintf("e%d,gift,2026-10-%02dT10:00:00Z,s,v,c,rose,1,%d,%d\n", no, no%28+1, coins, coins)
	}
	return text
}

func numbers(from, to int) (list []int) {
	for no := from; no < to; no++ {
		list = append(list, no)
	}
	return list
}

// What was here before is found by the index of keys whatever became of it: while it
// grows, after it was taken away, damaged, cut, set back, after a compaction, and after a
// batch was taken out. The rows are those of a lake that never had one.
func TestRepeatsAreFoundWhateverBecomesOfTheIndex(t *testing.T) {
	index := func(s books.Setting) string { return filepath.Join(s.Config.Lake, "keys", "gift_events") }
	files := func(t *testing.T, s books.Setting, ending string) []string {
		list, err := filepath.Glob(filepath.Join(index(s), "*"+ending))
		if err != nil || len(list) == 0 {
			t.Fatalf("no index: %v %v", list, err)
		}
		return list
	}
	change := func(t *testing.T, path string, how func([]byte) []byte) {
		text, err := os.ReadFile(path)
		if err == nil {
			err = os.WriteFile(path, how(text), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var kept map[string]string
	for name, before := range map[string]func(t *testing.T, s books.Setting, file int){
		"as it is": func(t *testing.T, s books.Setting, file int) { files(t, s, ".keys") },
		"taken away": func(t *testing.T, s books.Setting, _ int) {
			if err := os.RemoveAll(index(s)); err != nil {
				t.Fatal(err)
			}
		},
		"a bit changed": func(t *testing.T, s books.Setting, _ int) {
			for _, path := range files(t, s, ".keys") {
				change(t, path, func(text []byte) []byte {
					for at := 3; at < len(text); at += 4096 { // of each block: a file asks only for those in which its keys can be
						text[at] ^= 4
					}
					return text
				})
			}
		},
		"cut": func(t *testing.T, s books.Setting, _ int) {
			for _, path := range files(t, s, ".keys") {
				change(t, path, func(text []byte) []byte { return text[:len(text)-4096] })
			}
		},
		"its note changed": func(t *testing.T, s books.Setting, _ int) {
			change(t, files(t, s, ".json")[0], func(text []byte) []byte {
				return []byte(strings.Replace(string(text), `"seed":"1`, `"seed":"2`, 1) + " ")
			})
		},
		"set back": func(t *testing.T, s books.Setting, file int) { // as after a crash before it was written
			if file == 1 {
				kept = map[string]string{}
				for _, path := range files(t, s, "") {
					text, err := os.ReadFile(path)
					if err != nil {
						t.Fatal(err)
					}
					kept[path] = string(text)
				}
				return
			}
			for path, text := range kept {
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		},
		"its note empty": func(t *testing.T, s books.Setting, file int) {
			change(t, files(t, s, ".json")[0], func(text []byte) []byte { return nil })
		},
		"of another history": func(t *testing.T, s books.Setting, file int) { // whose first batch has the same number
			other := trial.Folder(t, "first_period: 2026-10\nfeeds: {}", nil)
			take(t, &other, "gift_events-0.csv", giftRows(1, numbers(9000, 9100)...), 100, 100, 0, 0)
			if err := os.RemoveAll(index(s)); err != nil {
				t.Fatal(err)
			}
			if err := os.CopyFS(index(s), os.DirFS(index(other))); err != nil {
				t.Fatal(err)
			}
		},
		"compacted": func(t *testing.T, s books.Setting, file int) {
			if _, err := guard.Compact(context.Background(), guard.CompactOptions{Setting: s}); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := trial.Folder(t, "first_period: 2026-10\nfeeds: {}", nil)
			step := func(file int, text string, read, accepted, rejected, duplicate int64) {
				if file > 0 {
					before(t, s, file)
				}
				take(t, &s, fmt.Sprintf("gift_events-%d.csv", file), text, read, accepted, rejected, duplicate)
			}
			step(0, giftRows(1, numbers(0, 500)...), 500, 500, 0, 0)
			step(1, giftRows(1, numbers(480, 900)...), 420, 400, 0, 20)
			step(2, giftRows(2, numbers(895, 905)...), 10, 5, 5, 0)
			step(3, giftRows(1, append(numbers(0, 10), numbers(700, 710)...)...), 20, 0, 0, 20)
			step(4, giftRows(2, append(numbers(899, 905), numbers(905, 910)...)...), 11, 5, 1, 5)
			step(5, giftRows(1, numbers(2000, 2010)...), 10, 10, 0, 0)
			if got, want := totals(t, s, "select count(*) || ' ' || count(distinct event_id) || ' ' || sum(coins) as n from gift_events"), "920 920 930"; got != want {
				t.Errorf("rows, keys and coins %s, want %s", got, want)
			}
			s.Now = s.Now.Add(time.Hour)
			if _, err := ingest.Undo(context.Background(), ingest.UndoOptions{Setting: s, Batch: "b000001", Reason: "wrong file"}); err != nil {
				t.Fatal(err)
			}
			before(t, s, 6)
			s.Now = s.Now.Add(time.Hour)
			take(t, &s, "gift_events-6.csv", giftRows(3, numbers(10, 500)...), 490, 470, 20, 0)
			if got, want := totals(t, s, "select count(*) || ' ' || count(distinct event_id) || ' ' || sum(coins) as n from gift_events"), "920 920 1870"; got != want {
				t.Errorf("after the undo: rows, keys and coins %s, want %s", got, want)
			}
		})
	}
}
