package feed

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"carat/pipeline"
	"carat/pipeline/feed/guess"
	"carat/pipeline/feed/lex"
	"carat/pipeline/feed/packing"
	"carat/pipeline/feed/published"
)

// Nearest says what a file that Recognise takes for nothing looks like, and why
// it isn't that: the feed whose columns its header comes nearest to, or the XML
// that it is. "" when there is nothing to say. It is a feed's where every column that the
// feed needs is there, and only its name doesn't say so.
func Nearest(file *os.File, name string) (why string, feeds bool) {
	head := headOf(file, name)
	head, _ = lex.DecodeHead(head)
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte(lex.ByteOrderMark)), " \t\r\n")
	if bytes.HasPrefix(head, []byte("<")) {
		return nearestXML(head), false
	}
	return nearestFeed(head)
}

// headOf gives a file's beginning, unpacked; nothing of one that can't be.
func headOf(file *os.File, name string) []byte {
	head := make([]byte, packing.HeadBytes)
	n, err := file.ReadAt(head, 0)
	if err != nil && n == 0 {
		return nil
	}
	head = head[:n]
	if how := packing.Of(head); how != packing.Plain {
		if head, err = packing.Head(file, name, how); err != nil {
			return nil
		}
	}
	return head
}

// nearestXML names the root of an XML document.
func nearestXML(head []byte) string {
	dec := xml.NewDecoder(bytes.NewReader(head))
	dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	for {
		token, err := dec.Token()
		if err != nil {
			return ""
		}
		if root, ok := token.(xml.StartElement); ok {
			return fmt.Sprintf("it is XML with the root %s of %s; XML is read of camt.053, camt.054 (.02 to .08) and the European Central Bank's rates",
				lex.Shown(root.Name.Local), lex.Shown(root.Name.Space))
		}
	}
}

// nearestFeed compares the names in the first line with every feed's columns.
// Two that carat knows are the least for a guess.
func nearestFeed(head []byte) (why string, feeds bool) {
	var found []string
	for _, separator := range []byte(",;\t|") {
		if names := published.FirstRecord(head, separator).Names; len(names) > len(found) {
			found = names
		}
	}
	if bytes.HasPrefix(head, []byte("{")) {
		found = nil
		for key := range lex.TopKeys(head) {
			found = append(found, key)
		}
	}
	var best pipeline.Feed
	var lacks []string
	hits := 1
	for _, f := range guess.LikeliestFirst() {
		n := 0
		for _, name := range f.ColumnNames() {
			if slices.Contains(found, name) {
				n++
			}
		}
		missing := slices.DeleteFunc(f.Required(), func(name string) bool { return slices.Contains(found, name) })
		if n > hits || n == hits && n > 1 && len(missing) < len(lacks) {
			best, lacks, hits = f, missing, n
		}
	}
	switch {
	case best.Name == "":
		return "", false
	case len(lacks) == 0:
		return "its columns are those of " + best.Name + ": begin its name with that, or ingest it with --feed " + best.Name, true
	}
	return fmt.Sprintf("its columns come nearest to those of %s, of which it lacks %s; a layout of your own is told in carat.yaml (docs/formats.md)",
		best.Name, strings.Join(lacks, ", ")), false
}
