package trace

import (
	"fmt"
	"io"
	"strings"

	"carat/pipeline"
	"carat/reports/escape"
	"carat/reports/table"
)

// Node is a place in a trace: a record of the history, a line of a source
// file, or a heading, with what it leads to.
type Node struct {
	Kind     string  // statement_line, gift, batch, source_line, …
	ID       string  // its key; may be empty
	Text     string  // one sentence for a person
	Fields   []Field // what the record says, for programs
	Children []*Node
}

// Field is one value of a node.
type Field struct {
	Name  string
	Kind  table.Kind
	Value any
}

// Add appends children and gives the node.
func (n *Node) Add(children ...*Node) *Node {
	for _, c := range children {
		if c != nil {
			n.Children = append(n.Children, c)
		}
	}
	return n
}

// TreeFormats gives the names that WriteTrees knows.
func TreeFormats() []string { return []string{"tree", "json"} }

// WriteTrees writes traces: "tree" for a terminal, "json" for programs, where
// decimals are strings. An unknown format is an error of kind usage.
func WriteTrees(w io.Writer, format string, roots []*Node) error {
	var b []byte
	switch format {
	case "tree":
		for i, root := range roots {
			if i > 0 {
				b = append(b, '\n')
			}
			b = root.appendTree(b, "", "")
		}
	case "json":
		b = appendNodes(b, roots, "")
		b = append(b, '\n')
	default:
		return pipeline.Errorf(pipeline.KindUsage, "write", "trace", "unknown format %q", format).WithHint("use %s", strings.Join(TreeFormats(), " or "))
	}
	if _, err := w.Write(b); err != nil {
		return fmt.Errorf("write trace: %w", err)
	}
	return nil
}

// appendTree appends the node's line, then its children below it.
func (n *Node) appendTree(b []byte, first, rest string) []byte {
	b = append(b, first...)
	line := strings.ReplaceAll(n.Kind, "_", " ")
	if n.ID != "" {
		line += " " + n.ID
	}
	if n.Text != "" {
		line += ": " + n.Text
	}
	b = append(append(b, escape.Terminal(line)...), '\n')
	for i, c := range n.Children {
		if i == len(n.Children)-1 {
			b = c.appendTree(b, rest+"└─ ", rest+"   ")
		} else {
			b = c.appendTree(b, rest+"├─ ", rest+"│  ")
		}
	}
	return b
}

func appendNodes(b []byte, nodes []*Node, indent string) []byte {
	b = append(b, '[')
	for i, n := range nodes {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(b, '\n'), indent+"  "...)
		b = n.appendJSON(b, indent+"  ")
	}
	if len(nodes) > 0 {
		b = append(append(b, '\n'), indent...)
	}
	return append(b, ']')
}

func (n *Node) appendJSON(b []byte, indent string) []byte {
	b = escape.AppendJSON(append(b, `{"kind":`...), n.Kind)
	b = escape.AppendJSON(append(b, `,"id":`...), n.ID)
	b = escape.AppendJSON(append(b, `,"text":`...), n.Text)
	b = appendFields(append(b, `,"fields":`...), n.Fields)
	b = append(b, `,"children":`...)
	b = appendNodes(b, n.Children, indent)
	return append(b, '}')
}

// PlainText gives the plain form of a value, as CSV writes it; "" when absent.
func (f Field) PlainText() string {
	text, _ := table.CellText(f.Kind, f.Value)
	return text
}
