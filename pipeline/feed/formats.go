package feed

import (
	"slices"
	"strings"

	"carat/pipeline"
	"carat/pipeline/feed/adyen"
	"carat/pipeline/feed/apple"
	"carat/pipeline/feed/bank"
	"carat/pipeline/feed/ecb"
	"carat/pipeline/feed/google"
	"carat/pipeline/feed/live"
	"carat/pipeline/feed/packing"
	"carat/pipeline/feed/paypal"
	"carat/pipeline/feed/published"
	"carat/pipeline/feed/stripe"
)

// own are the formats of carat's own layouts, in the order of the
// documentation.
func own() []string {
	return []string{formatCSV, formatNDJSON, formatParquet, formatXLSX, FormatLayout}
}

// Formats gives the names of the formats that can be read, in the order of the
// documentation: carat's own first.
func Formats() []string {
	names := own()
	for _, byLines := range []bool{true, false} {
		for _, a := range adapters() {
			if a.Lines == byLines {
				names = append(names, a.Name)
			}
		}
	}
	return names
}

// FormatGives gives the feeds that a format can give: every feed for carat's
// own layouts; none if there is no such format.
func FormatGives(format string) []string {
	if slices.Contains(own(), format) {
		return pipeline.FeedNames()
	}
	a, _ := adapterOf(format)
	return slices.Clone(a.Feeds)
}

// ColumnsOf gives the columns of a feed, in the order of the guide; none if
// there is no such feed.
func ColumnsOf(feed string) []string {
	f, _ := pipeline.FeedByName(feed)
	return f.ColumnNames()
}

// requiredColumns are those that a file of the feed's own layout can't lack.
func requiredColumns(feed string) []string {
	f, _ := pipeline.FeedByName(feed)
	return f.Required()
}

// adapters in the order in which they are asked.
func adapters() []published.Format {
	return slices.Concat(apple.Formats(), google.Formats(), stripe.Formats(),
		paypal.Formats(), adyen.Formats(), bank.Formats(), ecb.XMLFormats(), ecb.Formats(), live.Formats())
}

// adapterOf finds an adapter by its name.
func adapterOf(name string) (published.Format, bool) {
	for _, a := range adapters() {
		if a.Name == name {
			return a, true
		}
	}
	return published.Format{}, false
}

// sniffReport finds the adapter of a text.
func sniffReport(head []byte, feed string) (published.Format, bool) {
	for _, a := range adapters() {
		if a.Sniff(head, feed) {
			return a, true
		}
	}
	return published.Format{}, false
}

// readers counts the times that a format's reader came to give other rows of a file than
// before. Whoever makes it do so raises it: testdata/readers.txt says when.
var readers = map[string]int{
	"apple-financial": 1, "apple-detail": 1, "google-earnings": 1, "google-sales": 1, "adyen-settlement": 2, // signs that contradict are rejected
	"paypal-report": 2, "ecb-history": 1, "ecb-daily": 1, "ecb-xml": 1, // a file that is cut, and a day twice, are refused
	"ofx": 2, formatCSV: 2, FormatLayout: 4, formatNDJSON: 2, formatParquet: 1, formatXLSX: 1, // amounts of a bank line finer than
	"paypal-activity": 2, "paypal-payouts": 1, // their currency are rejected, and so are PayPal's; CST is China's in China
}

// ReaderVersion gives the version of a format's reader; format is its name, or what a batch
// keeps as its format. A kept file that another one read may give other rows today.
func ReaderVersion(format string) int {
	name, _, _ := strings.Cut(format, ":") // of a layout
	for _, c := range []packing.Compression{packing.Gzip, packing.Zstd, packing.Zip} {
		name = strings.TrimSuffix(name, "."+string(c))
	}
	return 1 + readers[name]
}
