package feed

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"carat/pipeline"
)

// Code is why a row was rejected.
type Code string

// The codes of rejected rows.
const (
	CodeMissing         Code = "missing"           // a required value is empty
	CodeNotANumber      Code = "not_a_number"      // not a plain decimal
	CodeTooPrecise      Code = "too_precise"       // more places than the column keeps
	CodeOutOfRange      Code = "out_of_range"      // too large, too small, or outside the years
	CodeNegative        Code = "negative"          // below zero where the column has no sign
	CodeUnknownValue    Code = "unknown_value"     // not one of the listed words
	CodeBadTime         Code = "bad_time"          // not a time, or one that the zone skips
	CodeBadCurrency     Code = "bad_currency"      // not of ISO 4217
	CodeBadCountry      Code = "bad_country"       // not two upper-case letters
	CodeBadID           Code = "bad_id"            // too long, or with control characters
	CodeBadText         Code = "bad_text"          // too long, or with control characters
	CodeWrongFieldCount Code = "wrong_field_count" // not as many fields as the header
	CodeBadQuote        Code = "bad_quote"         // quotes that RFC 4180 doesn't allow
	CodeBadJSON         Code = "bad_json"          // the line is not one JSON object
	CodeWrongType       Code = "wrong_type"        // an object or true where a value belongs
	CodeNotBalanced     Code = "not_balanced"      // amounts of one row that should add up and don't
)

const codeOK Code = ""

// place gives FILE or FILE:LINE.
func place(name string, line int64) string {
	if line <= 0 {
		return name
	}
	return name + ":" + strconv.FormatInt(line, 10)
}

// cut copies the offending text for a reject: valid UTF-8 of at most
// RejectValueBytes.
func cut(text []byte) string { return cutTo(text, pipeline.RejectValueBytes) }

func cutTo(text []byte, most int) string {
	limit := most
	if len(text) > limit {
		for limit > 0 && !utf8.RuneStart(text[limit]) {
			limit--
		}
		text = text[:limit]
	}
	valid := strings.ToValidUTF8(string(text), "\uFFFD")
	for len(valid) > most {
		_, n := utf8.DecodeLastRuneInString(valid)
		valid = valid[:len(valid)-n]
	}
	return valid
}

// columnName is a column's name as messages and reports give it: cut, and
// without characters that would drive a terminal.
func columnName(name []byte) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return utf8.RuneError
		}
		return r
	}, cut(name))
}

// expected says what would have been right in a column.
func (c *column) expected(code Code) string {
	switch c.kind {
	case kindID:
		return fmt.Sprintf("an id of 1 to %d bytes without control characters", MaxIDBytes)
	case kindText:
		return fmt.Sprintf("a text of at most %d bytes without control characters", MaxTextBytes)
	case kindEnum:
		if len(c.values) == 1 {
			return c.values[0]
		}
		return "one of " + strings.Join(c.values, ", ")
	case kindCurrency:
		return "an ISO 4217 currency code like USD"
	case kindCountry:
		return "two upper-case letters like DE"
	case kindTime:
		if code == CodeOutOfRange {
			if c.validity && c.optional {
				return "a time from 2000 to 2099, or nothing"
			}
			return "a time from 2000 to 2099"
		}
		return "an RFC 3339 time of at most microseconds, like 2026-10-01T12:00:00Z"
	case kindDate:
		if code == CodeOutOfRange {
			return "a day from 1999 to 2099"
		}
		return "a day like 2026-10-01"
	}
	return c.expectedNumber()
}

func (c *column) expectedNumber() string {
	what := "a whole number"
	if c.digits > 0 {
		what = fmt.Sprintf("a decimal with a point and at most %d places", c.digits)
	}
	bound := func(v int64) string { return string(pipeline.AppendDecimal(nil, v, c.digits)) }
	switch {
	case c.max < decimalMax:
		return what + " from " + bound(c.min) + " to " + bound(c.max)
	case c.min == -decimalMax:
		return what + ", at most 18 digits"
	case c.min == 1 && c.digits > 0:
		return what + ", more than 0"
	}
	return what + ", at least " + bound(c.min)
}
