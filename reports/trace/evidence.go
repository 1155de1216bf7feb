package trace

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"carat/pipeline"
	"carat/reports/escape"
	"carat/reports/table"
)

// Evidence is what an exception rests on: what was found, what its control
// asks, what was decided, and the rows of both sides.
type Evidence struct {
	Exception []Field
	Control   []Field
	Decisions *table.Table
	Blocks    []*EvidenceBlock
}

// EvidenceBlock is rows of one kind with the line that each was read from.
type EvidenceBlock struct {
	Name    string
	Heading string
	Rows    table.Table
	Sources []*Node // a row's line, nil when no file has it; as many as there are rows
	Total   int     // rows that there are; those past the limit are not shown
}

// EvidenceFormats gives the names that Evidence.Write knows.
func EvidenceFormats() []string { return []string{"table", "json"} }

// evidenceWidth is where a paragraph breaks, in characters.
const evidenceWidth = 110

// Write writes the evidence: "table", blocks with headings, or "json", one
// object. An unknown format is an error of kind usage.
func (e *Evidence) Write(w io.Writer, format string) error {
	var b []byte
	switch format {
	case "table":
		b = e.appendBlocks(nil, table.Columns(w))
	case "json":
		b = e.appendJSON(nil)
	default:
		return pipeline.Errorf(pipeline.KindUsage, "write", "evidence", "unknown format %q", format).WithHint("use table or json")
	}
	if _, err := w.Write(b); err != nil {
		return fmt.Errorf("write evidence: %w", err)
	}
	return nil
}

func (e *Evidence) appendBlocks(b []byte, columns int) []byte {
	width := evidenceWidth
	if columns > 0 {
		width = min(width, columns)
	}
	b = appendFacts(b, e.Exception, width)
	b = appendHeading(b, "The control")
	b = appendFacts(b, e.Control, width)
	b = appendHeading(b, "Decisions")
	if len(e.Decisions.Rows) == 0 {
		b = append(b, "none yet\n"...)
	} else {
		b = e.Decisions.AppendWithin(b, columns)
	}
	for _, block := range e.Blocks {
		b = appendHeading(b, block.Heading)
		if len(block.Rows.Columns) > 0 {
			b = block.table().AppendWithin(b, columns)
		}
		if left := block.Total - len(block.Sources); left > 0 {
			b = fmt.Appendf(b, "and %d more (--limit 0 shows all)\n", left)
		}
		for _, s := range block.Sources {
			if s != nil {
				b = append(append(b, escape.Terminal(s.ID+": "+s.Text)...), '\n')
			}
		}
	}
	if len(e.Blocks) == 0 {
		b = append(b, "\nNo single row shows it: it is about its subject as a whole.\n"...)
	}
	return b
}

// table is the block's rows with where each was read.
func (b *EvidenceBlock) table() *table.Table {
	t := &table.Table{Columns: append([]table.Column{{Name: "source"}}, b.Rows.Columns...)}
	for i, row := range b.Rows.Rows {
		source := any(nil)
		if s := b.Sources[i]; s != nil {
			source = s.ID
		}
		t.Rows = append(t.Rows, append([]any{source}, row...))
	}
	return t
}

func appendHeading(b []byte, text string) []byte {
	b = append(append(append(b, '\n'), text...), '\n')
	return append(append(b, strings.Repeat("=", utf8.RuneCountInString(text))...), '\n')
}

// appendFacts appends the fields that say something, their values one below
// the other, in lines of a width.
func appendFacts(b []byte, fields []Field, lineWidth int) []byte {
	width := 0
	for _, f := range fields {
		width = max(width, len(f.Name))
	}
	for _, f := range fields {
		if f.Value == nil {
			continue
		}
		b = append(b, f.Name...)
		at := width + 2
		b = append(b, strings.Repeat(" ", at-len(f.Name))...)
		column := at
		for i, word := range strings.Fields(escape.Terminal(f.PlainText())) {
			long := utf8.RuneCountInString(word)
			if i > 0 && column+1+long > lineWidth {
				b = append(append(b, '\n'), strings.Repeat(" ", at)...)
				column = at
			} else if i > 0 {
				b = append(b, ' ')
				column++
			}
			b = append(b, word...)
			column += long
		}
		b = append(b, '\n')
	}
	return b
}

func (e *Evidence) appendJSON(b []byte) []byte {
	b = appendFields(append(b, `{"exception":`...), e.Exception)
	b = appendFields(append(b, `,"control":`...), e.Control)
	b = append(b, `,"decisions":[`...)
	for i, row := range e.Decisions.Rows {
		if i > 0 {
			b = append(b, ',')
		}
		b = table.AppendJSONRow(b, e.Decisions.Columns, row)
	}
	b = append(b, `],"evidence":[`...)
	for i, block := range e.Blocks {
		if i > 0 {
			b = append(b, ',')
		}
		b = block.appendJSON(b)
	}
	return append(b, "]}\n"...)
}

func (b *EvidenceBlock) appendJSON(out []byte) []byte {
	out = escape.AppendJSON(append(out, "\n"+`{"name":`...), b.Name)
	out = escape.AppendJSON(append(out, `,"heading":`...), b.Heading)
	out = fmt.Appendf(out, `,"total":%d,"rows":[`, b.Total)
	for i, row := range b.Rows.Rows {
		if i > 0 {
			out = append(out, ',')
		}
		out = table.AppendJSONRow(append(out, "\n"+`{"row":`...), b.Rows.Columns, row)
		out = append(out, `,"source":`...)
		if b.Sources[i] == nil {
			out = append(out, "null}"...)
		} else {
			out = append(appendFields(out, b.Sources[i].Fields), '}')
		}
	}
	return append(out, "]}"...)
}

func appendFields(b []byte, fields []Field) []byte {
	b = append(b, '{')
	for i, f := range fields {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(escape.AppendJSON(b, f.Name), ':')
		b = table.AppendJSONValue(b, f.Kind, f.Value)
	}
	return append(b, '}')
}
