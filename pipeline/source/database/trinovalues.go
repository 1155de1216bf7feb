package database

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// trinoColumn is a column by its type as Trino writes it: decimal(38,9), timestamp(6) with
// time zone. Finer times than a microsecond are text.
func trinoColumn(name, typed string) column {
	c := column{name: name, typed: typed}
	base, rest, _ := strings.Cut(typed, "(")
	places, after, _ := strings.Cut(rest, ")")
	digits := 3
	if places != "" {
		if n, err := strconv.Atoi(places); err == nil {
			digits = n
		}
	}
	switch strings.TrimSpace(base + after) {
	case "bigint", "integer", "smallint", "tinyint":
		c.kind = whole
	case "date":
		c.kind = day
	case "timestamp":
		if digits <= 6 {
			c.kind = local
		}
	case "timestamp with time zone":
		if digits <= 6 {
			c.kind = instant
		}
	case "double", "real":
		c.inexact = true
	}
	return c
}

// trinoCell is a value as text: nil for NULL. What has no text of its own, an array or a
// row, is the JSON that Trino wrote.
func trinoCell(c column, raw json.RawMessage) ([]byte, error) {
	if isNull(raw) {
		return nil, nil
	}
	text := string(raw)
	if raw[0] == '"' {
		if err := json.Unmarshal(raw, &text); err != nil {
			return nil, errors.New("it is no text")
		}
	}
	switch {
	case c.inexact && raw[0] != '"': // Java writes 1.0E10; what is no number is text
		bits := 64
		if c.typed == "real" {
			bits = 32
		}
		v, err := strconv.ParseFloat(text, bits)
		if err != nil {
			return nil, fmt.Errorf("%q is no number", text)
		}
		return strconv.AppendFloat(nil, v, 'f', -1, bits), nil
	case c.kind == instant:
		at, err := zoned(text, c.name)
		if err != nil {
			return nil, err
		}
		return []byte(at.UTC().Format("2006-01-02 15:04:05.999999Z07:00")), nil
	}
	return []byte(text), nil
}

// zoned reads an instant as Trino writes it: with its zone, and without the zone's offset.
// The hour that comes twice when clocks go back is two instants: which one can't be told.
func zoned(text, column string) (at time.Time, err error) {
	i := strings.LastIndexByte(text, ' ')
	if i < 0 || strings.ContainsAny(text[i+1:min(i+2, len(text))], "0123456789") {
		return at, fmt.Errorf("%q is no time with a zone", text)
	}
	wall, name := text[:i], text[i+1:]
	in := fmt.Sprintf("; ask for it in UTC: %s at time zone 'UTC' as %s", column, column)
	if strings.HasPrefix(name, "+") || strings.HasPrefix(name, "-") {
		if at, err = time.Parse("2006-01-02 15:04:05.999999 -07:00", text); err != nil {
			return at, fmt.Errorf("%q is no time with a zone", text)
		}
		return at, nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" || name == "" {
		return at, fmt.Errorf("the zone of %q is not known%s", text, in)
	}
	const second = "2006-01-02 15:04:05"
	if at, err = time.ParseInLocation(second+".999999", wall, zone); err != nil || !strings.HasPrefix(wall, at.Format(second)) { // one that clocks skip is none
		return at, fmt.Errorf("%q is no time with a zone", text)
	}
	same := func(other time.Time) bool {
		return !other.Equal(at) && other.Format("2006-01-02 15:04:05.000000") == at.Format("2006-01-02 15:04:05.000000")
	}
	for _, by := range []time.Duration{30 * time.Minute, time.Hour, 2 * time.Hour} {
		if same(at.Add(by)) || same(at.Add(-by)) {
			return at, fmt.Errorf("%q comes twice, when clocks go back%s", text, in)
		}
	}
	return at, nil
}
