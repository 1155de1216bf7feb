package feed

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"carat/pipeline"
)

// The European Central Bank's euro reference rates: units of each currency per
// euro. The history file has ISO days, newest first, N/A where a currency had
// no rate, and a trailing comma; the daily file has "13 April 2026" and spaces.
// Layout: https://www.ecb.europa.eu/stats/eurofxref/.

const ecbBase = "EUR"

// ecbHeader gives the currencies of the header, "" for a column without a name.
func ecbHeader(line []byte) (currencies []string, ok bool) {
	cells := strings.Split(strings.TrimRight(string(line), "\r\n"), ",")
	if strings.TrimSpace(cells[0]) != "Date" {
		return nil, false
	}
	for i, cell := range cells[1:] {
		cell = strings.TrimSpace(cell)
		if cell == "" && i == len(cells)-2 {
			return currencies, true // the trailing comma
		}
		if len(cell) != 3 || strings.Trim(cell, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
			return nil, false
		}
		currencies = append(currencies, cell)
	}
	return currencies, true
}

func readECB(ctx context.Context, j *job, cut *cutter) (result, error) {
	record, line, err := cut.first()
	if err != nil && !errors.Is(err, io.EOF) {
		return result{}, err
	}
	currencies, ok := ecbHeader(record)
	if !ok || len(currencies) == 0 {
		return result{}, badFile(j.in.Name, line, "no header like Date,USD,JPY: %q", cut80(record)).
			WithHint("the bank's eurofxref csv begins so")
	}
	seen := map[string]bool{}
	for _, c := range currencies {
		if seen[c] {
			return result{}, badFile(j.in.Name, line, "column %q is there twice", c)
		}
		seen[c] = true
	}
	// The bank writes the newest day first.
	cut.carry = cut.fill(cut.carry, ecbDayBytes)
	first, _, _ := bytes.Cut(cut.carry, []byte{','})
	if day := ecbDate(first); len(day) == len(time.DateOnly) {
		j.notes = append(j.notes, fmt.Sprintf("the newest rates are of %s", day))
	}
	return runBlocks(ctx, j, cut, ecbParse(j.in.Name, currencies))
}

// ecbDayBytes is more than a day takes.
const ecbDayBytes = 64

// ecbDate gives an ISO day of one that is written either way.
func ecbDate(cell []byte) []byte {
	day := bytes.TrimSpace(cell)
	if t, err := time.Parse("2 January 2006", string(day)); err == nil {
		day = t.AppendFormat(nil, time.DateOnly)
	}
	return day
}

func cut80(text []byte) string { return cutTo(text, 80) }

func ecbParse(name string, currencies []string) func() parse {
	return func() parse {
		return func(b *builder, blk block) error {
			if _, err := checkText(name, blk); err != nil {
				return err
			}
			line := blk.line
			for data := blk.data; len(data) > 0; line++ {
				end := bytes.IndexByte(data, '\n') + 1
				if end == 0 {
					end = len(data)
				}
				if end > MaxRecordBytes {
					return lineTooLong(name, line)
				}
				if record := bytes.TrimSpace(data[:end]); len(record) > 0 {
					if err := ecbDay(b, currencies, record, line); err != nil {
						return err
					}
				}
				data = data[end:]
			}
			return nil
		}
	}
}

// ecbDay makes the rows of one line, one for each currency with a rate.
func ecbDay(b *builder, currencies []string, record []byte, line int64) error {
	cells := bytes.Split(record, []byte{','})
	if n := len(cells); n == len(currencies)+2 && len(bytes.TrimSpace(cells[n-1])) == 0 {
		cells = cells[:n-1]
	}
	if len(cells) != len(currencies)+1 {
		return b.rejectLine(line, pipeline.CodeWrongFieldCount, record, fmt.Sprintf("a day and %d rates; found %d fields", len(currencies), len(cells)))
	}
	day := ecbDate(cells[0])
	for i, quote := range currencies {
		rate := bytes.TrimSpace(cells[i+1])
		if len(rate) == 0 || string(rate) == "N/A" {
			continue
		}
		b.begin(line)
		b.value(b.schema.byName["rate_date"], day, tokenText)
		b.value(b.schema.byName["base"], []byte(ecbBase), tokenText)
		b.value(b.schema.byName["quote"], []byte(quote), tokenText)
		b.value(b.schema.byName["rate"], rate, tokenText)
		if err := b.end(); err != nil {
			return err
		}
	}
	return nil
}
