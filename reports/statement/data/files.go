package data

import (
	"strconv"
	"time"

	"carat/pipeline"
	"carat/reports/escape"
	"carat/reports/statement"
)

// Files renders statements for programs, one after another, reusing its memory. It
// is not safe for concurrent use; what its methods return is valid until the next
// call. The zero value is ready.
type Files struct {
	buf    []byte
	beside []pipeline.StatementLine
}

// CSV renders the lines as RFC 4180 (CRLF line ends) with a header of column
// names. Amounts and rates are plain decimals without trailing zeros, times RFC
// 3339 in UTC, absent values empty. Behind the lines stand, without a line number
// and in sections of their own, what the statement says beside them. A text that a spreadsheet would run as a
// formula gets a leading apostrophe. The error is of kind internal: rows that
// are not one statement.
func (r *Files) CSV(s *statement.Statement) ([]byte, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	b := r.buf[:0]
	for i := range lineColumns {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, lineColumns[i].name...)
	}
	b = append(b, '\r', '\n')
	for n := range s.Lines {
		b = appendCSVLine(b, s, &s.Lines[n])
	}
	r.beside = besideLines(r.beside[:0], s)
	for n := range r.beside {
		b = appendCSVLine(b, s, &r.beside[n])
	}
	r.buf = b
	return b, nil
}

func appendCSVLine(b []byte, s *statement.Statement, l *pipeline.StatementLine) []byte {
	for i := range lineColumns {
		if i > 0 {
			b = append(b, ',')
		}
		c := lineColumns[i].value(s, l)
		b = appendCSVCell(b, &c)
	}
	return append(b, '\r', '\n')
}

// JSON renders {"summary":{…},"lines":[…],"headline":[…],"shown":[…],"streams":[…],"held":[…],
// "payout_terms":{…},"year_to_date":{…},"replaced":{…}}: keys are column names in a fixed
// order, decimals strings without trailing zeros, whole numbers numbers, times
// RFC 3339 in UTC. Absent values are left out; lines don't repeat what the summary
// says of all of them. A row stands on a line of its own. The error is of kind
// internal: rows that are not one statement.
func (r *Files) JSON(s *statement.Statement) ([]byte, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	b := append(r.buf[:0], `{"summary":{`...)
	for i := range summaryColumns {
		c := summaryColumns[i].value(s, &s.Summary)
		b = appendJSONField(b, summaryColumns[i].name, &c)
	}
	b = append(b, "},\n\"lines\":["...)
	for n := range s.Lines {
		if n > 0 {
			b = append(b, ',')
		}
		b = append(b, "\n{"...)
		for i := ofStatement; i < len(lineColumns); i++ {
			c := lineColumns[i].value(s, &s.Lines[n])
			b = appendJSONField(b, lineColumns[i].name, &c)
		}
		b = append(b, '}')
	}
	b = appendBeside(append(b, "\n]"...), s)
	b = append(b, "}\n"...)
	r.buf = b
	return b, nil
}

// appendJSONField appends a key of an object and its value, unless it is absent.
// A key is a column name, which needs no escaping.
func appendJSONField(b []byte, name string, c *cell) []byte {
	if c.null {
		return b
	}
	if b[len(b)-1] != '{' {
		b = append(b, ',')
	}
	b = append(b, '"')
	b = append(b, name...)
	b = append(b, '"', ':')
	switch c.kind {
	case kindText:
		return escape.AppendJSON(b, c.text)
	case kindWhole, kindBool:
		return c.appendPlain(b)
	default:
		return append(c.appendPlain(append(b, '"')), '"')
	}
}

func appendCSVCell(b []byte, c *cell) []byte {
	if c.null {
		return b
	}
	if c.kind == kindText {
		return escape.AppendCSV(b, c.text)
	}
	return c.appendPlain(b)
}

// appendPlain appends a value that is not text.
func (c *cell) appendPlain(b []byte) []byte {
	switch c.kind {
	case kindWhole:
		return strconv.AppendInt(b, c.n, 10)
	case kindAmount:
		return pipeline.AppendDecimal(b, c.n, pipeline.AmountDigits)
	case kindRate:
		return pipeline.AppendDecimal(b, c.n, pipeline.RateDigits)
	case kindTime:
		return time.UnixMicro(c.n).UTC().AppendFormat(b, time.RFC3339Nano)
	case kindBool:
		return strconv.AppendBool(b, c.n != 0)
	default:
		return append(b, c.text...)
	}
}
