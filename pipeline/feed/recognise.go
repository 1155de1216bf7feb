package feed

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
	"carat/pipeline/feed/packing"
	"carat/pipeline/feed/workbook"
)

// The formats of carat's own layouts.
const (
	formatCSV     = "csv"
	formatNDJSON  = "ndjson"
	formatParquet = "parquet"
	formatXLSX    = "xlsx"
)

// Format is what a file's content was recognised as.
type Format struct {
	Name        string // csv, ndjson, parquet, ecb-history, …: see Formats
	Compression packing.Compression
	Feed        string // the feed that it gives
	encoding    lex.Encoding
	layout      *Layout // by which it is read
	objects     bool    // a layout's: JSON
}

// String gives "csv", "csv.gzip" or "layout:NAME".
func (f Format) String() string {
	if f.layout != nil && f.layout.Name != "" {
		f.Name += ":" + f.layout.Name
	}
	if f.Compression == packing.Plain {
		return f.Name
	}
	return f.Name + "." + string(f.Compression)
}

// Layout gives the layout by which the file is read; nil in other formats.
func (f Format) Layout() *Layout { return f.layout }

// FeedOfName gives the feed that a file's name begins with, the longest if
// several do; "" if none does.
func FeedOfName(name string) string {
	best := ""
	for _, f := range pipeline.Feeds() {
		if strings.HasPrefix(name, f.Name) && len(f.Name) > len(best) {
			best = f.Name
		}
	}
	return best
}

// Recognise says what the file at path is, by its content. feedHint is the feed
// that its name or the configuration says, "" if neither does; only carat's own
// layouts need it. An error of KindBadInput says that the content is no format
// that carat reads, or not that feed's.
func Recognise(path, feedHint string) (Format, error) {
	name := path[strings.LastIndexByte(path, os.PathSeparator)+1:]
	file, err := os.Open(path)
	if err != nil {
		kind := pipeline.KindInternal
		if errors.Is(err, os.ErrNotExist) {
			kind = pipeline.KindNotFound
		}
		return Format{}, pipeline.Errorf(kind, "read", name, "%w", err)
	}
	defer file.Close()
	return RecogniseFile(file, name, feedHint)
}

// RecogniseFile is Recognise of an open file, which it reads at its beginning
// without moving its offset.
func RecogniseFile(file *os.File, name, feedHint string) (Format, error) {
	return recognise(file, name, feedHint, &Options{})
}

// RecogniseAs is RecogniseFile with what the configuration says of the feed.
func RecogniseAs(file *os.File, name, feedHint string, opts Options) (Format, error) {
	return recognise(file, name, feedHint, &opts)
}

// recognise says what a file is; opts.Format and opts.Layouts may overrule its
// content.
func recognise(file *os.File, name, feed string, opts *Options) (Format, error) {
	forced := opts.Format
	head := make([]byte, packing.HeadBytes)
	n, err := file.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return Format{}, pipeline.Errorf(pipeline.KindInternal, "read", name, "%w", err)
	}
	head = head[:n]
	if n == 0 {
		return Format{}, lex.EmptyFile(name)
	}
	format := Format{Compression: packing.Of(head)}
	switch format.Compression {
	case packing.Zip, packing.Gzip, packing.Zstd:
		if format.Compression == packing.Zip && workbook.Is(file) {
			format.Name, format.Feed, format.Compression = formatXLSX, feed, packing.Plain
			switch {
			case forced == FormatLayout && len(opts.Layouts) > 0:
				format.layout = &opts.Layouts[0]
			case forced == "":
				if format.layout, err = layoutOfSheet(file, name, feed, opts); err != nil {
					return Format{}, err
				}
			}
			return format, format.check(name, feed)
		}
		if head, err = packing.Head(file, name, format.Compression); err != nil {
			return Format{}, err
		}
	}
	if bytes.HasPrefix(head, []byte{0xD0, 0xCF, 0x11, 0xE0}) {
		return Format{}, lex.BadFile(name, 0, "an Excel file of the old format, or one with a password").WithHint("have it exported as .xlsx or CSV, without a password")
	}
	if bytes.HasPrefix(head, []byte("PAR1")) {
		if forced != "" && forced != formatParquet {
			return Format{}, lex.BadFile(name, 0, "Parquet, where carat.yaml says %s", forced).WithHint("mend feeds: %s: format", feed)
		}
		if format.Compression != packing.Plain {
			return Format{}, lex.BadFile(name, 0, "Parquet inside %s", format.Compression).WithHint("Parquet is compressed inside; unpack it")
		}
		format.Name, format.Feed = formatParquet, feed
		return format, format.check(name, feed)
	}
	raw := head
	head, format.encoding = lex.DecodeHead(head)
	head = bytes.TrimPrefix(head, []byte(lex.ByteOrderMark))
	if forced != "" {
		format.Name, format.Feed = forced, feed
		if a, ok := adapterOf(forced); ok {
			format.Feed = a.Gives(feed)
		}
		if forced == FormatLayout && len(opts.Layouts) > 0 {
			format.take(&opts.Layouts[0], isJSON(head))
		} else if forced == FormatLayout {
			return Format{}, lex.BadFile(name, 0, "carat.yaml says that it has a layout, and none is there").WithHint("describe it under feeds: %s: layout", feed)
		}
		return format, format.check(name, feed)
	}
	format.Name, format.Feed = textFormat(head, feed)
	if _, published := adapterOf(format.Name); !published {
		if err := unreadText(head, raw, name, feed, opts.Layouts); err != nil {
			return Format{}, err
		}
	}
	l, err := layoutOfText(head, raw, name, feed, format.Name, opts.Layouts)
	if err != nil {
		return Format{}, err
	}
	if l != nil {
		format.take(l, format.Name == formatNDJSON)
		format.Feed = feed
	}
	if format.Name == "" {
		return Format{}, lex.BadFile(name, 1, "a JSON array of something else than objects").
			WithHint("have it written with one object on each line, or as an array of objects")
	}
	return format, format.check(name, feed)
}

// take says that a text is read by a layout.
func (f *Format) take(l *Layout, objects bool) {
	f.Name, f.layout, f.objects = FormatLayout, l, objects
	if l.Encoding != "" {
		f.encoding = lex.Encoding(l.Encoding)
	}
}

// isJSON says whether a text can be JSON by the line, or an array of objects.
func isJSON(head []byte) bool {
	trimmed := bytes.TrimLeft(head, " \t\r\n")
	return bytes.HasPrefix(trimmed, []byte("{")) || lex.IsArray(trimmed)
}

// ErrNoFeed is the cause when a file is read all right but nothing says which
// feed it is.
var ErrNoFeed = errors.New("neither its name nor its content says which feed it is")

// check compares the feed that the content gives with the one that is expected.
func (f Format) check(name, feed string) error {
	if f.Feed == "" {
		return lex.BadFile(name, 0, "%w", ErrNoFeed).
			WithHint("begin its name with one of %s", strings.Join(pipeline.FeedNames(), ", "))
	}
	if _, ok := pipeline.FeedByName(f.Feed); !ok {
		return lex.BadFile(name, 0, "no feed is called %q", f.Feed).
			WithHint("the feeds are %s", strings.Join(pipeline.FeedNames(), ", "))
	}
	if feed != "" && f.Feed != feed {
		return lex.BadFile(name, 0, "its content is %s, which gives %s, not %s", f, f.Feed, feed).
			WithHint("name the file %s…", f.Feed)
	}
	return nil
}

// textFormat says what a text is; "" for a JSON array of no objects.
func textFormat(head []byte, feed string) (name, gives string) {
	if a, ok := sniffReport(head, feed); ok {
		return a.Name, a.Gives(feed)
	}
	switch {
	case isJSON(head):
		return formatNDJSON, feed
	case bytes.HasPrefix(bytes.TrimLeft(head, " \t\r\n"), []byte("[")):
		return "", ""
	}
	return formatCSV, feed
}
