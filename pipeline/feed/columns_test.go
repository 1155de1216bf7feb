package feed_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"carat/pipeline"
	"carat/pipeline/feed"
	"carat/pipeline/feed/feedtest"
)

// rowCount counts the rows of any feed.
type rowCount struct{ rows atomic.Int64 }

func (c *rowCount) OpenBlock(int) (pipeline.AnyBlock, error) { return c, nil }
func (c *rowCount) Close() error                             { return nil }
func (c *rowCount) Write(rows pipeline.RowBuffer) error {
	c.rows.Add(int64(rows.Len()))
	return nil
}

// readRecord reads a file of the feed that has these columns and one row, and
// gives how many rows were taken and what is wrong with the row or the file.
func readRecord(t *testing.T, f pipeline.Feed, columns, row []string) (rows int64, rejects []pipeline.Reject, err error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), f.Name+".csv")
	if err := os.WriteFile(path, []byte(strings.Join(columns, ",")+"\n"+strings.Join(row, ",")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	opts := feedtest.TestOptions()
	opts.OnRejects = func(r []pipeline.Reject) error {
		rejects = append(rejects, r...)
		return nil
	}
	sink := &rowCount{}
	_, err = feed.ReadFeed(context.Background(), f, feed.Input{Name: f.Name + ".csv", File: file, Size: info.Size()}, opts, sink)
	return sink.rows.Load(), rejects, err
}

// goodValue is a value that a column takes; the place makes those of one row
// differ, as the two currencies of a rate must.
func goodValue(c pipeline.FeedColumn, place int) string {
	switch c.Kind {
	case pipeline.ColumnEnum:
		return c.Values[0]
	case pipeline.ColumnCurrency:
		return []string{"USD", "EUR"}[place%2]
	case pipeline.ColumnCountry:
		return "DE"
	case pipeline.ColumnNumber:
		if c.Digits == 0 {
			return "1"
		}
		return "0.5"
	case pipeline.ColumnAddress:
		return "ann@example.org"
	case pipeline.ColumnTime:
		if c.Name == "valid_to" {
			return "2026-11-01"
		}
		return "2026-10-01T00:00:00Z"
	case pipeline.ColumnDate:
		return "2026-10-01"
	}
	return fmt.Sprintf("x%d", place)
}

// goodRow gives a row that the feed takes: with every column filled, or with
// those alone that must be where the others are for some rows only.
func goodRow(t *testing.T, f pipeline.Feed) []string {
	t.Helper()
	var full, bare []string
	for i, c := range f.Columns {
		value := goodValue(c, i)
		full = append(full, value)
		if c.Optional {
			value = ""
		}
		bare = append(bare, value)
	}
	var refused []string
	for _, row := range [][]string{full, bare} {
		rows, rejects, err := readRecord(t, f, f.ColumnNames(), row)
		if rows == 1 && err == nil {
			return row
		}
		refused = append(refused, fmt.Sprintf("%v %v", feedtest.Texts(rejects), err))
	}
	t.Fatalf("%s takes no row that is made of its columns: %s", f.Name, strings.Join(refused, "; "))
	return nil
}

// wrongValue is a text that a column of a kind refuses, and as what.
type wrongValue struct {
	text string
	code pipeline.Code
}

// wrongValues are what columns of a kind refuse.
func wrongValues(c pipeline.FeedColumn) []wrongValue {
	switch c.Kind {
	case pipeline.ColumnID:
		return []wrongValue{{strings.Repeat("x", 129), pipeline.CodeBadID}, {"a\x1fb", pipeline.CodeBadID}}
	case pipeline.ColumnText:
		return []wrongValue{{strings.Repeat("x", 4097), pipeline.CodeBadText}, {"a\x00b", pipeline.CodeBadText}}
	case pipeline.ColumnAddress:
		return []wrongValue{{"ann", pipeline.CodeBadAddress}, {"ann@example.org;bob@example.org", pipeline.CodeBadAddress}, {"a\x00b@example.org", pipeline.CodeBadAddress}}
	case pipeline.ColumnEnum:
		return []wrongValue{{"no_such_word", pipeline.CodeUnknownValue}, {strings.ToUpper(c.Values[0]), pipeline.CodeUnknownValue}}
	case pipeline.ColumnCurrency:
		return []wrongValue{{"usd", pipeline.CodeBadCurrency}, {"XXQ", pipeline.CodeBadCurrency}}
	case pipeline.ColumnCountry:
		return []wrongValue{{"de", pipeline.CodeBadCountry}, {"DEU", pipeline.CodeBadCountry}}
	case pipeline.ColumnDate:
		return []wrongValue{{"2026-02-30", pipeline.CodeBadTime}, {"2026-10-01T00:00:00Z", pipeline.CodeBadTime}, {"2100-01-01", pipeline.CodeOutOfRange}}
	case pipeline.ColumnTime:
		wrong := []wrongValue{{"soon", pipeline.CodeBadTime}, {"2026-02-30", pipeline.CodeBadTime}}
		if !c.Validity { // terms may be older than any event
			wrong = append(wrong, wrongValue{"1999-12-31T00:00:00Z", pipeline.CodeOutOfRange})
		}
		return wrong
	}
	wrong := []wrongValue{{"one", pipeline.CodeNotANumber}, {"1000000000000000000000", pipeline.CodeOutOfRange}}
	if c.Digits > 0 {
		wrong = append(wrong, wrongValue{"0." + strings.Repeat("0", c.Digits) + "1", pipeline.CodeTooPrecise})
	} else {
		wrong = append(wrong, wrongValue{"0.1", pipeline.CodeNotANumber})
	}
	if c.Min >= 0 {
		wrong = append(wrong, wrongValue{"-1", pipeline.CodeNegative})
	}
	if c.Min > 0 {
		wrong = append(wrong, wrongValue{"0", pipeline.CodeOutOfRange})
	}
	if c.Max < pipeline.DecimalMax {
		wrong = append(wrong, wrongValue{"1.1", pipeline.CodeOutOfRange})
	}
	return wrong
}

// What follows from the list of columns is so for every feed: a file without a
// column that must be is refused, a row without its value too, a column that may
// be empty may, and each kind refuses what is not of it, by its column. Rules
// among columns are TestRulesOfEveryFeed's.
func TestColumnsOfEveryFeed(t *testing.T) {
	for _, f := range pipeline.Feeds() {
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			good, names := goodRow(t, f), f.ColumnNames()
			with := func(place int, value string) []string {
				row := slices.Clone(good)
				row[place] = value
				return row
			}
			refused := func(place int, value string, code pipeline.Code) {
				t.Helper()
				_, rejects, err := readRecord(t, f, names, with(place, value))
				if err != nil || len(rejects) != 1 || rejects[0].Code != string(code) || !strings.HasPrefix(rejects[0].Column, names[place]) {
					t.Errorf("%s %.20q: %v %q, want it refused as %s", names[place], value, err, feedtest.Texts(rejects), code)
				}
			}
			for i, c := range f.Columns {
				rows, _, err := readRecord(t, f, slices.Delete(slices.Clone(names), i, i+1), slices.Delete(slices.Clone(good), i, i+1))
				if !c.Optional && (err == nil || !strings.Contains(err.Error(), c.Name)) {
					t.Errorf("a file without %s: %d rows, %v; want it refused by the column's name", c.Name, rows, err)
				}
				if !c.Optional {
					refused(i, "", pipeline.CodeMissing)
				}
				for _, wrong := range wrongValues(c) {
					refused(i, wrong.text, wrong.code)
				}
			}
		})
	}
}
