package pdf

import "errors"

// Tag is the kind of an element of a document's structure (PDF 32000, 14.8.4), by
// which who listens to a document finds the way through it.
type Tag uint8

// The kinds of elements. Those from Table on hold elements, the others text.
const (
	Title     Tag = iota // of the document
	Heading              // of a part of it
	Paragraph            // some lines of text
	HeadCell             // of a table: names its column or its row
	Cell                 // of a table
	Label                // of a list's item: its bullet
	Body                 // of a list's item
	Figure               // a picture, which needs an Alt
	Table                // holds rows
	Row                  // holds cells
	List                 // holds items
	Item                 // holds a label and a body
	whole                // the document
)

var tagNames = [...]string{
	Title: "H1", Heading: "H2", Paragraph: "P", HeadCell: "TH", Cell: "TD", Label: "Lbl", Body: "LBody", Figure: "Figure",
	Table: "Table", Row: "TR", List: "L", Item: "LI", whole: "Document",
}

// Attributes say more about an element.
type Attributes struct {
	OfRow   bool   // a head cell names its row; else its column
	Columns int    // how many columns a cell spans; 0 is one
	Alt     string // what a figure shows, in words
	Box     [4]int // where a figure is: x, y, width, height
}

// element is a part of the structure. What it holds lies in kids, in reading order.
type element struct {
	tag    Tag
	parent int
	Attributes
	kids []kid
}

// kid is an element, or marked content of a page.
type kid struct{ element, page, mark int }

// structure is the tree of a document's elements, and which one is open.
type structure struct {
	elements  []element
	open      []int   // from the outermost to the innermost; artifact: what is drawn says nothing
	marks     [][]int // by page: the element of each marked content
	marked    int     // the element whose content is open on the page; nothing: none
	misplaced bool
	packed    []byte // the memory of writeStructure
}

// What may be marked besides elements.
const (
	artifact = -1 // decoration, or what repeats what was said
	nothing  = -2
)

var errMisplaced = errors.New("text in an element that holds elements")

func (s *structure) reset() {
	s.elements, s.open, s.marks, s.marked, s.misplaced = s.elements[:0], s.open[:0], s.marks[:0], nothing, false
	s.add(whole, -1, Attributes{})
}

func (s *structure) addPage() {
	n := len(s.marks)
	if n < cap(s.marks) {
		s.marks = s.marks[:n+1]
		s.marks[n] = s.marks[n][:0]
	} else {
		s.marks = append(s.marks, nil)
	}
}

func (s *structure) add(tag Tag, parent int, a Attributes) int {
	n := len(s.elements)
	if n < cap(s.elements) {
		s.elements = s.elements[:n+1]
		s.elements[n] = element{tag: tag, parent: parent, Attributes: a, kids: s.elements[n].kids[:0]}
	} else {
		s.elements = append(s.elements, element{tag: tag, parent: parent, Attributes: a})
	}
	if parent >= 0 {
		s.elements[parent].kids = append(s.elements[parent].kids, kid{element: n, page: -1})
	}
	return n
}

// Open begins an element inside the one that is open: what is drawn until Close is
// its content. What is drawn while none is open is decoration.
func (d *Document) Open(tag Tag, a Attributes) {
	parent := 0
	if n := len(d.open); n > 0 {
		if parent = d.open[n-1]; parent == artifact {
			d.open = append(d.open, artifact)
			return
		}
	}
	d.open = append(d.open, d.add(tag, parent, a))
}

// OpenArtifact begins what is no part of what the document says: decoration, and
// what repeats itself, such as a table's head on its next page.
func (d *Document) OpenArtifact() { d.open = append(d.open, artifact) }

// Close ends the element that was opened last.
func (d *Document) Close() { d.open = d.open[:len(d.open)-1] }

// current gives the element that is open.
func (s *structure) current() int {
	if n := len(s.open); n > 0 {
		return s.open[n-1]
	}
	return artifact
}

func (d *Document) markText() {
	at := d.current()
	if at >= 0 && d.elements[at].tag >= Table {
		d.misplaced, at = true, artifact
	}
	d.mark(at)
}

func (d *Document) markBox() {
	at := d.current()
	if at >= 0 && d.elements[at].tag != Figure {
		at = artifact
	}
	d.mark(at)
}

// mark begins content of an element on the page, unless it is what is open.
func (d *Document) mark(element int) {
	if d.marked == element {
		return
	}
	d.unmark()
	d.marked = element
	b := d.pages[d.at]
	if element == artifact {
		d.pages[d.at] = append(b, "/Artifact BMC\n"...)
		return
	}
	e, n := &d.elements[element], len(d.marks[d.at])
	d.marks[d.at] = append(d.marks[d.at], element)
	e.kids = append(e.kids, kid{element: -1, page: d.at, mark: n})
	b = append(append(append(b, '/'), tagNames[e.tag]...), " <</MCID "...)
	d.pages[d.at] = append(appendInt(b, n), ">> BDC\n"...)
}

// unmark ends what mark began.
func (d *Document) unmark() {
	if d.marked != nothing {
		d.pages[d.at] = append(d.pages[d.at], "EMC\n"...)
		d.marked = nothing
	}
}

// writeStructure writes the tree, its root as object root: all of it in one
// compressed object (PDF 32000, 7.5.7), as an ordinary statement has hundreds of
// elements. It gives how many objects those are.
func (d *Document) writeStructure(root, firstPage int) int {
	count := 1 + len(d.elements)
	var index []byte
	b := d.packed[:0]
	place := func(n int) {
		index = append(appendInt(append(appendInt(index, root+n), ' '), len(b)), ' ')
		d.offsets = append(d.offsets, 0)
	}
	place(0)
	b = append(appendInt(append(b, "<</Type/StructTreeRoot/K "...), root+1), " 0 R/ParentTreeNextKey "...)
	b = append(appendInt(b, len(d.pages)), "/ParentTree<</Nums["...)
	for page, marks := range d.marks {
		b = append(appendInt(b, page), '[')
		for _, e := range marks {
			b = append(appendInt(b, root+1+e), " 0 R "...)
		}
		b = append(b, ']')
	}
	b = append(b, "]>>>>\n"...)
	for i := range d.elements {
		place(1 + i)
		b = d.appendElement(b, i, root, firstPage)
	}
	d.packed = b
	all := append(index, b...)
	first := len(index)
	d.begin()
	packed := d.quick.pack(all)
	d.out = append(appendInt(append(d.out, "<< /Type /ObjStm /N "...), count), " /First "...)
	d.out = append(appendInt(d.out, first), " /Filter /FlateDecode /Length "...)
	d.out = append(appendInt(d.out, len(packed)), " >>\nstream\n"...)
	d.out = append(append(d.out, packed...), "\nendstream\nendobj\n"...)
	return count
}

// appendElement appends an element (PDF 32000, 14.7.2).
func (d *Document) appendElement(b []byte, i, root, firstPage int) []byte {
	e := &d.elements[i]
	b = append(append(b, "<</S/"...), tagNames[e.tag]...)
	b = append(appendInt(append(b, "/P "...), root+1+e.parent), " 0 R"...)
	switch {
	case e.tag == HeadCell || e.tag == Cell && e.Columns > 1:
		b = append(b, "/A<</O/Table"...)
		if e.tag == HeadCell && e.OfRow {
			b = append(b, "/Scope/Row"...)
		} else if e.tag == HeadCell {
			b = append(b, "/Scope/Column"...)
		}
		if e.Columns > 1 {
			b = appendInt(append(b, "/ColSpan "...), e.Columns)
		}
		b = append(b, ">>"...)
	case e.tag == List:
		b = append(b, "/A<</O/List/ListNumbering/Disc>>"...)
	case e.tag == Figure:
		b = append(appendText(append(b, "/Alt"...), e.Alt), "/A<</O/Layout/BBox["...)
		for _, v := range [4]int{e.Box[0], d.size.Height - e.Box[1] - e.Box[3], e.Box[0] + e.Box[2], d.size.Height - e.Box[1]} {
			b = append(appendLength(b, v), ' ')
		}
		b = append(b, "]>>"...)
	}
	own := -1 // the page of its marked contents that are told by their number alone
	for _, k := range e.kids {
		if k.page >= 0 {
			own = k.page
			b = append(appendInt(append(b, "/Pg "...), firstPage+2*own), " 0 R"...)
			break
		}
	}
	if len(e.kids) == 0 {
		return append(b, ">>\n"...)
	}
	b = append(b, "/K["...)
	for _, k := range e.kids {
		switch {
		case k.page < 0:
			b = append(appendInt(b, root+1+k.element), " 0 R "...)
		case k.page == own:
			b = append(appendInt(b, k.mark), ' ')
		default:
			b = append(appendInt(append(b, "<</Type/MCR/Pg "...), firstPage+2*k.page), " 0 R/MCID "...)
			b = append(appendInt(b, k.mark), ">>"...)
		}
	}
	return append(b, "]>>\n"...)
}
