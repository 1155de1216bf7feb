package ecb

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
	"carat/pipeline/feed/published"
)

// The European Central Bank's euro reference rates: units of each currency per
// euro. The history file has ISO days, newest first, N/A where a currency had
// no rate, and a trailing comma; the daily file has "13 April 2026" and spaces.
// Layout: https://www.ecb.europa.eu/stats/eurofxref/.

const ecbBase = "EUR"

// fetchAgain is what to do with a file that the bank can't have published.
const fetchAgain = "fetch the file again from the bank, as it is"

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

// Formats gives the formats of the bank's CSV files.
func Formats() []published.Format {
	return []published.Format{
		{Name: "ecb-history", Feeds: []string{"fx_rates"}, Sniff: func(head []byte, _ string) bool {
			found, history := sniffECB(head)
			return found && history
		}, Read: readECB, Lines: true},
		{Name: "ecb-daily", Feeds: []string{"fx_rates"}, Sniff: func(head []byte, _ string) bool {
			found, history := sniffECB(head)
			return found && !history
		}, Read: readECB, Lines: true},
	}
}

// sniffECB says whether a text has the bank's header, and whether its days are
// written as in the history.
func sniffECB(head []byte) (found, history bool) {
	first, rest, _ := bytes.Cut(bytes.TrimLeft(head, " \t\r\n"), lex.Newline)
	if currencies, ok := ecbHeader(first); !ok || len(currencies) == 0 {
		return false, false
	}
	second, _, _ := bytes.Cut(rest, lex.Newline)
	cell, _, _ := bytes.Cut(second, []byte{','})
	_, iso := lex.CivilDays(bytes.TrimSpace(cell))
	return true, len(bytes.TrimSpace(second)) == 0 || iso
}

func readECB(r *published.Report) error {
	record, line, err := r.Cut.First()
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	currencies, ok := ecbHeader(record)
	if !ok || len(currencies) == 0 {
		return r.Refuse(line, "no header like Date,USD,JPY: %q", lex.Cut80(record)).
			WithHint("the bank's eurofxref csv begins so")
	}
	seen := map[string]bool{}
	for _, c := range currencies {
		if seen[c] {
			return r.Refuse(line, "column %q is there twice", c)
		}
		seen[c] = true
	}
	// The bank writes the newest day first.
	first, _, _ := bytes.Cut(r.Cut.Peek(ecbDayBytes), []byte{','})
	if day := ecbDate(first); len(day) == len(time.DateOnly) {
		r.Note("the newest rates are of %s", day)
	}
	days := map[string]int64{}
	for {
		// A fresh buffer for each block: rows point into it.
		blk, err := r.Cut.Next(nil)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := ecbBlock(r, currencies, days, blk); err != nil {
			return err
		}
	}
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

// ecbBlock makes the rows of a block. days has the line of every day before it: as many
// as the bank published rates on.
func ecbBlock(r *published.Report, currencies []string, days map[string]int64, blk lex.Block) error {
	if _, err := lex.CheckText(r.Name, blk); err != nil {
		return err
	}
	line := blk.Line
	for data := blk.Data; len(data) > 0; line++ {
		end := bytes.IndexByte(data, '\n') + 1
		if end == 0 {
			end = len(data)
		}
		if end > lex.MaxRecordBytes {
			return lex.LineTooLong(r.Name, line)
		}
		if record := bytes.TrimSpace(data[:end]); len(record) > 0 {
			if err := ecbDay(r, currencies, days, record, line); err != nil {
				return err
			}
		}
		data = data[end:]
	}
	return nil
}

// ecbDay makes the rows of one line, one for each currency with a rate.
func ecbDay(r *published.Report, currencies []string, days map[string]int64, record []byte, line int64) error {
	cells := bytes.Split(record, []byte{','})
	if n := len(cells); n == len(currencies)+2 && len(bytes.TrimSpace(cells[n-1])) == 0 {
		cells = cells[:n-1]
	}
	if len(cells) != len(currencies)+1 {
		return r.Out.Reject(line, "", pipeline.CodeWrongFieldCount, string(record), fmt.Sprintf("a day and %d rates; found %d fields", len(currencies), len(cells)))
	}
	day := ecbDate(cells[0])
	if first, twice := days[string(day)]; twice {
		return r.Refuse(line, "a second line of %s, which line %d has the rates of: which are right can't be seen", lex.Shown(string(day)), first).WithHint("%s", fetchAgain)
	}
	days[string(day)] = line
	for i, quote := range currencies {
		rate := bytes.TrimSpace(cells[i+1])
		if len(rate) == 0 || string(rate) == "N/A" {
			continue
		}
		if err := r.Out.Begin(line); err != nil {
			return err
		}
		r.Out.Put("rate_date", day, lex.TokenText)
		r.Out.Set("base", ecbBase)
		r.Out.Set("quote", quote)
		r.Out.Put("rate", rate, lex.TokenText)
		if err := r.Out.End(); err != nil {
			return err
		}
	}
	return nil
}
