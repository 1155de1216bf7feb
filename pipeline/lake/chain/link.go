package chain

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strconv"
	"strings"

	"carat/pipeline"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
)

// Kinds of links.
const (
	KindBatch      = "batch"
	KindUndo       = "undo" // a batch that takes another one out
	KindCompaction = "compaction"
	KindUpgrade    = "upgrade"
)

// FormLines is the form of a link's text: the carat.* properties except carat.chain,
// sorted by name, each as the line `NAME=LENGTH:VALUE` and a newline, LENGTH being
// the value's bytes in decimal.
const FormLines = 1

// Link is one link of the chain as the lake keeps it: what was hashed, to the byte,
// and what can't be hashed because it is known only once the commit is built.
type Link struct {
	No    int64 // its place in the chain, from 1
	Kind  string
	ID    string // b000042, c000007, u000001
	Form  int64
	Text  string // the exact bytes that were hashed
	Value string // their SHA-256: the chain's value from here on
	// BatchNo is the batch's own number; of any other link that of the last batch
	// before it.
	BatchNo  int64
	Table    string // that it changed
	Snapshot int64  // of that table; it expires one day
	DatedMs  int64  // the snapshot's own date
	// Files and Replaced are what `sha256sum` prints of the files that it added, and
	// of those that it took away: what carat.files-sha256 and carat.replaced-sha256
	// are the hashes of.
	Files    string
	Replaced string
}

// hashed gives the text of form 1 of some properties.
func hashed(props iceberg.Properties) string {
	var names []string
	for name := range props {
		if strings.HasPrefix(name, propPrefix) && name != PropChain {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	var b strings.Builder
	for _, name := range names {
		fmt.Fprintf(&b, "%s=%d:%s\n", name, len(props[name]), props[name])
	}
	return b.String()
}

// Hash gives the chain value of a link's text.
func Hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// Properties reads a link's text, and adds its chain value.
func (l Link) Properties() (iceberg.Properties, error) {
	if l.Form != FormLines {
		return nil, fmt.Errorf("link %d is of form %d, which this carat doesn't know", l.No, l.Form)
	}
	props := iceberg.Properties{}
	for rest := l.Text; rest != ""; {
		name, after, ok := strings.Cut(rest, "=")
		length, value, ok2 := strings.Cut(after, ":")
		n, err := strconv.Atoi(length)
		if !ok || !ok2 || err != nil || n < 0 || n >= len(value) || value[n] != '\n' {
			return nil, fmt.Errorf("link %d: its text is no list of properties", l.No)
		}
		props[name] = value[:n]
		rest = value[n+1:]
	}
	if hashed(props) != l.Text {
		return nil, fmt.Errorf("link %d: its text is no sorted list of properties", l.No)
	}
	props[PropChain] = l.Value
	return props, nil
}

// lengthy are the properties that stand in a link's row alone: a snapshot's summary is
// read and written with all of its table's at every commit.
var lengthy = []string{propFormat, propSourceSHA256, propSourceBytes, propRowsSHA256, propControlTotals, propIngestedAt, propFirstEvent, propUnknown,
	propLeftOut, propReading, propUndo, propEarliestOpen, PropFilesSHA256, PropPreviousChain, PropRecords, PropReplacedSHA256}

// Brief gives what a snapshot's summary says of the link that it brings: its id and
// value, and what is short. Of any other snapshot it is all.
func Brief(props iceberg.Properties) iceberg.Properties {
	if props[PropBatch] == "" && props[PropCompaction] == "" {
		return props
	}
	brief := maps.Clone(props)
	maps.DeleteFunc(brief, func(name, _ string) bool { return slices.Contains(lengthy, name) })
	return brief
}

// LinkOf gives the link that a snapshot's summary tells; false for a snapshot that is
// none. Its place in the chain, and its files, are the caller's to know.
func LinkOf(name string, snap *table.Snapshot) (Link, bool, error) {
	if !IsBatch(snap) && !IsCompaction(snap) {
		return Link{}, false, nil
	}
	p := snap.Summary.Properties
	l, err := LinkFrom(p)
	l.Table, l.Snapshot, l.DatedMs = name, snap.SnapshotID, snap.TimestampMs
	return l, true, err
}

// LinkFrom makes a link of its properties, carat.chain among them.
func LinkFrom(p iceberg.Properties) (l Link, err error) {
	l = Link{Form: FormLines, Text: hashed(p), Value: p[PropChain]}
	before := p[PropAfter]
	switch {
	case p[PropBatch] != "":
		l.Kind, l.ID, before = KindBatch, p[PropBatch], p[PropBatch]
		if p[propUndo] != "" {
			l.Kind = KindUndo
		}
	case p[PropCompaction] != "":
		l.Kind, l.ID = KindCompaction, p[PropCompaction]
	case p[PropUpgrade] != "":
		l.Kind, l.ID = KindUpgrade, p[PropUpgrade]
	default:
		return l, fmt.Errorf("it says neither %s nor %s nor %s", PropBatch, PropCompaction, PropUpgrade)
	}
	if before != "" { // an upgrade of a lake without a batch follows none
		l.BatchNo, err = BatchSeq(before)
	}
	return l, err
}

// FilesText is what `sha256sum` prints of files, in the order of their names.
func FilesText(files []FileHash) string {
	sort.Slice(files, func(i, j int) bool { return files[i].Name < files[j].Name })
	var b strings.Builder
	for _, f := range files {
		fmt.Fprintf(&b, "%s  %s\n", f.SHA256, f.Name)
	}
	return b.String()
}

// ParseFiles reads what FilesText wrote.
func ParseFiles(text string) ([]FileHash, error) {
	var files []FileHash
	for line := range strings.Lines(text) {
		sum, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		if raw, err := hex.DecodeString(sum); !ok || err != nil || len(raw) != sha256.Size || name == "" {
			return nil, fmt.Errorf("%q is no line of sha256sum", line)
		}
		files = append(files, FileHash{name, sum})
	}
	return files, nil
}

// UpgradeID gives the id of the nth upgrade of a lake.
func UpgradeID(number int64) string { return fmt.Sprintf("u%06d", number) }

// SnapshotsText names the snapshots of links: by table, of each the last batch that it
// holds, as JSON. It is what PropSnapshots says.
func SnapshotsText(all []Link) string {
	numbers := map[string]map[string]int64{}
	for _, l := range all {
		if l.Snapshot == 0 {
			continue
		}
		if numbers[l.Table] == nil {
			numbers[l.Table] = map[string]int64{}
		}
		numbers[l.Table][strconv.FormatInt(l.Snapshot, 10)] = l.BatchNo
	}
	text, err := json.Marshal(numbers) // maps are written in the order of their keys
	if err != nil {
		return "" // cannot be: these are texts and numbers
	}
	return string(text)
}

// monthFolder begins the name of the folder of an accounting month.
const monthFolder = "/accounting_month="

// Months gives the accounting months of a list of files, from their folders, in order.
func Months(files string) []pipeline.Period {
	var all []pipeline.Period
	for line := range strings.Lines(files) {
		_, rest, ok := strings.Cut(line, monthFolder)
		month, _, _ := strings.Cut(rest, "/")
		if ok && !slices.Contains(all, pipeline.Period(month)) {
			all = append(all, pipeline.Period(month))
		}
	}
	slices.Sort(all)
	return all
}
