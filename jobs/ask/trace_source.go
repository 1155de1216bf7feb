package ask

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"carat/jobs/books"
	"carat/pipeline"
	"carat/pipeline/lake"
	"carat/reports/table"
	"carat/reports/trace"
)

// sourceLine is a line of a source file whose text is read at the end.
type sourceLine struct {
	batch string
	line  int64
	node  *trace.Node
}

// sourceOf is the node of the line that a row was read from; its text follows.
func (t *tracer) sourceOf(batch string, line int64) *trace.Node {
	b, ok := t.batches[batch]
	if !ok {
		return nil
	}
	n := &trace.Node{Kind: "source_line", ID: fmt.Sprintf("%s:%d", b.Source, line), Fields: []trace.Field{
		{Name: "file", Value: b.Source}, {Name: "source_sha256", Value: b.SourceSHA256},
		{Name: "batch_id", Value: batch}, {Name: "line", Kind: table.Number, Value: line},
	}}
	t.sources = append(t.sources, &sourceLine{batch: batch, line: line, node: n})
	return n
}

// readSources reads the texts of all lines that the trace shows, each file once.
func (t *tracer) readSources(ctx context.Context) error {
	byBatch := map[string][]*sourceLine{}
	for _, s := range t.sources {
		byBatch[s.batch] = append(byBatch[s.batch], s)
	}
	for id, wanted := range byBatch {
		b := t.batches[id]
		if f, _ := pipeline.FeedByName(b.Feed); f.Personal() {
			for _, s := range wanted {
				s.put("", "the line names a person; it is kept with the people, not shown")
			}
			continue
		}
		var lines []int64
		for _, s := range wanted {
			lines = append(lines, s.line)
		}
		quoted := !strings.Contains(b.Format, "json") && !strings.Contains(b.Format, "live")
		texts, err := t.Lake.SourceLines(ctx, b.Feed, b.SourceSHA256, quoted, lines)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		for _, s := range wanted {
			switch text, ok := texts[s.line]; {
			case ok:
				s.put(text, text)
			case err != nil:
				s.put("", "the source file is not kept any more")
			default:
				s.put("", "the file has no such line of text ("+b.Format+")")
			}
		}
	}
	return nil
}

func (s *sourceLine) put(original, text string) {
	s.node.Text = text
	if original != "" {
		s.node.Fields = append(s.node.Fields, trace.Field{Name: "original", Value: original})
	}
}

// leftOut is the last part of a batch's count of rows; "" for none.
func leftOut(rows int64) string {
	if rows == 0 {
		return ""
	}
	return fmt.Sprintf(" + %d left out", rows)
}

// batchNode is a batch: the file that it was, what became of its rows and, if
// wanted, which runs read it.
func (t *tracer) batchNode(ctx context.Context, id string, forward bool) (*trace.Node, error) {
	b := t.batches[id]
	n := &trace.Node{Kind: "batch", ID: id,
		Text: fmt.Sprintf("%s, %d rows read = %d accepted + %d rejected + %d duplicate%s, ingested %s", b.Source, b.RowsRead, b.RowsAccepted,
			b.RowsRejected, b.RowsDuplicate, leftOut(b.RowsLeftOut), b.IngestedAt.UTC().Format("2006-01-02T15:04:05Z")),
		Fields: []trace.Field{
			{Name: "feed", Value: b.Feed}, {Name: "source", Value: b.Source}, {Name: "format", Value: b.Format},
			{Name: "source_sha256", Value: b.SourceSHA256}, {Name: "source_bytes", Kind: table.Number, Value: b.SourceBytes},
			{Name: "rows_read", Kind: table.Number, Value: b.RowsRead}, {Name: "rows_accepted", Kind: table.Number, Value: b.RowsAccepted},
			{Name: "rows_rejected", Kind: table.Number, Value: b.RowsRejected}, {Name: "rows_duplicate", Kind: table.Number, Value: b.RowsDuplicate},
			{Name: "rows_left_out", Kind: table.Number, Value: b.RowsLeftOut},
			{Name: "ingested_at", Kind: table.Time, Value: b.IngestedAt}, {Name: "chain", Value: b.Chain},
		}}
	n.Add(&trace.Node{Kind: "file", ID: b.Source, Text: fmt.Sprintf("SHA-256 %s, %d bytes, %s", b.SourceSHA256, b.SourceBytes, b.Format)})
	if !forward {
		return n, nil
	}
	has, err := t.has(ctx, books.TableRejects)
	if err != nil {
		return nil, err
	}
	if b.RowsRejected > 0 && has {
		rejects, err := t.records(ctx, "select * from rejects where batch_id = ? order by source_line, \"column\", code", id)
		if err != nil {
			return nil, err
		}
		part, rest := t.shown(rejects)
		for _, r := range part {
			n.Add(t.plainRow(books.TableRejects, r))
		}
		n.Add(rest)
	}
	runs, err := t.runsThatRead(ctx, id)
	return n.Add(runs...), err
}

// runsThatRead are the runs whose inputs hold a batch. A run that came after a
// compaction read a snapshot that is no batch's, and holds those before it.
func (t *tracer) runsThatRead(ctx context.Context, batch string) ([]*trace.Node, error) {
	b := t.batches[batch]
	read := map[int64]bool{} // whether a snapshot of the table holds the batch
	var nodes []*trace.Node
	for _, r := range t.runs {
		input := r.Inputs[b.Table]
		holds, known := read[input]
		if !known {
			held, err := t.Lake.BatchesOf(ctx, map[string]int64{b.Table: input})
			if err != nil {
				return nil, err
			}
			holds = slices.ContainsFunc(held, func(h lake.CommittedBatch) bool { return h.ID == batch })
			read[input] = holds
		}
		if !holds {
			continue
		}
		text := fmt.Sprintf("%s of %s read it, superseded since", r.Status, r.Period)
		if r.Current {
			says, err := t.says(ctx, r.Run)
			if err != nil {
				return nil, err
			}
			text = fmt.Sprintf("%s read it, %s", r.Period, says)
		}
		nodes = append(nodes, &trace.Node{Kind: "run", ID: r.ID, Text: text})
	}
	return nodes, nil
}

// rowsOf gives the rows of a table that were read from a line.
func (t *tracer) rowsOf(ctx context.Context, table, batch string, line int64) ([]*record, error) {
	if has, err := t.has(ctx, table); err != nil || !has {
		return nil, err
	}
	return t.records(ctx, "select * from "+table+" where batch_id = ? and source_line = ? order by all", batch, line)
}

// sourceLineNode goes from a line of a file forward: to the rows that were read
// from it and all that they touched.
func (t *tracer) sourceLineNode(ctx context.Context, batch string, line int64) (*trace.Node, error) {
	b := t.batches[batch]
	n := t.sourceOf(batch, line)
	file, err := t.batchNode(ctx, batch, false)
	if err != nil {
		return nil, err
	}
	n.Add(file)
	found := 0
	for _, table := range []string{b.Table, books.TableRejects} {
		rows, err := t.rowsOf(ctx, table, batch, line)
		if err != nil {
			return nil, err
		}
		found += len(rows)
		for _, r := range rows {
			row, err := t.rowNode(ctx, table, r, false)
			if err != nil {
				return nil, err
			}
			n.Add(row)
		}
	}
	if found == 0 {
		n.Add(&trace.Node{Kind: "note", Text: "no row of the history was read from this line: it is a header, a duplicate, or beyond the end"})
	}
	return n, nil
}
