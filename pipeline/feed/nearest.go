package feed

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// Nearest says what a file that Recognise takes for nothing looks like, and why
// it isn't that: the feed whose columns its header comes nearest to, or the XML
// that it is. "" when there is nothing to say.
func Nearest(file *os.File, name string) string {
	head := make([]byte, headBytes)
	n, err := file.ReadAt(head, 0)
	if err != nil && n == 0 {
		return ""
	}
	head = head[:n]
	if how := compressionOf(head); how != Plain {
		if head, err = unpackHead(file, name, how); err != nil {
			return ""
		}
	}
	head, _ = decodeHead(head)
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte(byteOrderMark)), " \t\r\n")
	if bytes.HasPrefix(head, []byte("<")) {
		return nearestXML(head)
	}
	return nearestFeed(head)
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
				shown(root.Name.Local), shown(root.Name.Space))
		}
	}
}

// feedColumns are the columns of a feed and those of them that it needs.
type feedColumns struct {
	feed          string
	names, needed []string
}

func columnsOfFeed[T any](s *schema[T]) feedColumns {
	f := feedColumns{feed: s.feed.Name, names: s.columnNames()}
	for _, c := range s.columns {
		if !c.optional {
			f.needed = append(f.needed, c.name)
		}
	}
	return f
}

func allFeedColumns() []feedColumns {
	return []feedColumns{
		columnsOfFeed(coinPurchases()), columnsOfFeed(giftEvents()), columnsOfFeed(payouts()), columnsOfFeed(diamondAdjustments()),
		columnsOfFeed(coinAdjustments()), columnsOfFeed(settlementLines()), columnsOfFeed(providerPayments()), columnsOfFeed(bankLines()),
		columnsOfFeed(balances()), columnsOfFeed(giftCatalog()), columnsOfFeed(coinPackages()), columnsOfFeed(conversionRates()),
		columnsOfFeed(creators()), columnsOfFeed(payoutRules()), columnsOfFeed(fxRates()), columnsOfFeed(resellers()),
	}
}

// nearestFeed compares the names in the first line with every feed's columns.
// Two that carat knows are the least for a guess.
func nearestFeed(head []byte) string {
	var found []string
	for _, separator := range []byte(",;\t|") {
		if names := firstRecord(head, separator).names; len(names) > len(found) {
			found = names
		}
	}
	if bytes.HasPrefix(head, []byte("{")) {
		found = nil
		for key := range topKeys(head) {
			found = append(found, key)
		}
	}
	var best feedColumns
	var lacks []string
	hits := 1
	for _, f := range allFeedColumns() {
		n := 0
		for _, name := range f.names {
			if slices.Contains(found, name) {
				n++
			}
		}
		missing := slices.DeleteFunc(slices.Clone(f.needed), func(name string) bool { return slices.Contains(found, name) })
		if n > hits || n == hits && n > 1 && len(missing) < len(lacks) {
			best, lacks, hits = f, missing, n
		}
	}
	switch {
	case best.feed == "":
		return ""
	case len(lacks) == 0:
		return "its columns are those of " + best.feed + ": begin its name with that, or ingest it with --feed " + best.feed
	}
	return fmt.Sprintf("its columns come nearest to those of %s, of which it lacks %s; a layout of your own is told in carat.yaml (docs/formats.md)",
		best.feed, strings.Join(lacks, ", "))
}
