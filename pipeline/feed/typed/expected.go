package typed

import (
	"fmt"
	"strings"

	"carat/pipeline"
	"carat/pipeline/feed/address"
	"carat/pipeline/feed/lex"
)

// expected says what would have been right in a column; of an address also what is
// wrong with it, since rejects don't keep one.
func expected(c *pipeline.FeedColumn, code pipeline.Code, text []byte) string {
	switch c.Kind {
	case pipeline.ColumnAddress:
		const one = "one mail address like ann@example.org, or nothing"
		if err := address.Check(string(text)); code == pipeline.CodeBadAddress && err != nil {
			return one + "; " + err.Error()
		}
		return one
	case pipeline.ColumnID:
		if rewritten(text) {
			return "an id as it was exported: a spreadsheet rewrote this one; make its column text there, and export again"
		}
		return fmt.Sprintf("an id of 1 to %d bytes without control characters", lex.MaxIDBytes)
	case pipeline.ColumnText:
		return fmt.Sprintf("a text of at most %d bytes without control characters", lex.MaxTextBytes)
	case pipeline.ColumnEnum:
		if len(c.Values) == 1 {
			return c.Values[0]
		}
		return "one of " + strings.Join(c.Values, ", ")
	case pipeline.ColumnCurrency:
		if code := strings.ToUpper(string(text)); pipeline.IsCurrency(code) {
			return "an ISO 4217 currency code like USD, in capital letters (a layout says it: values: {" + c.Name + ": {" + string(text) + ": " + code + "}})"
		}
		return "an ISO 4217 currency code like USD"
	case pipeline.ColumnCountry:
		return "two upper-case letters like DE"
	case pipeline.ColumnTime:
		if code == pipeline.CodeOutOfRange {
			if c.Validity && c.Optional {
				return "a time from 2000 to 2099, or nothing"
			}
			return "a time from 2000 to 2099"
		}
		return "an RFC 3339 time of at most microseconds, like 2026-10-01T12:00:00Z, or a day"
	case pipeline.ColumnDate:
		if code == pipeline.CodeOutOfRange {
			return "a day from 1999 to 2099"
		}
		return "a day like 2026-10-01"
	}
	if code == pipeline.CodeBadCurrency {
		return "an amount in the currency of its row: the sheet shows it in another"
	}
	return expectedNumber(c)
}

// skipped says so of a local time that the feed's zone never showed; "" of any other.
func skipped(clock *lex.Clock, c *pipeline.FeedColumn, code pipeline.Code, text []byte) string {
	if c.Kind != pipeline.ColumnTime || code != pipeline.CodeBadTime || !clock.Skips(text) {
		return ""
	}
	return "a time that clocks of " + clock.Zone() + " showed: they went forward over this one; say in carat.yaml which time_zone it is, or have the file written in UTC"
}

func expectedNumber(c *pipeline.FeedColumn) string {
	what := "a whole number"
	if c.Digits > 0 {
		what = fmt.Sprintf("a decimal with a point and at most %d places", c.Digits)
	}
	bound := func(v int64) string { return string(pipeline.AppendDecimal(nil, v, c.Digits)) }
	switch {
	case c.Max < pipeline.DecimalMax:
		return what + " from " + bound(c.Min) + " to " + bound(c.Max)
	case c.Min == -pipeline.DecimalMax:
		return what + ", at most 18 digits"
	case c.Min == 1 && c.Digits > 0:
		return what + ", more than 0"
	}
	return what + ", at least " + bound(c.Min)
}
