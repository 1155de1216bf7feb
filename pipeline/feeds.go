package pipeline

import (
	"reflect"
	"slices"
	"sort"
	"sync"
)

// Feed describes a kind of input. Its name is also its raw table's name.
type Feed struct {
	Name      string
	Row       string   // what one row is called where a row is shown: gift
	Reference bool     // a later version replaces; ingested before the event feeds
	Key       []string // the columns of its key, in the order of Row.AppendKey
	// EventColumn is the stored column by whose UTC day the table is
	// partitioned; "" for reference feeds, whose tables are not partitioned.
	EventColumn string
	// Owner is the column of a reference feed that names whom its terms concern;
	// "" where they concern nobody in particular.
	Owner string
	// Told are columns that say where a row was told, not what it is: the same
	// key told elsewhere is a duplicate whatever they hold.
	Told []string
	// Columns are those of its files, in the order of the guide, each bound to
	// the field of the row type that holds it.
	Columns []FeedColumn
	rows    rowType
}

// feeds is the list of feeds, in the order in which they are ingested:
// reference feeds first. Each is described beside its row type, where its place
// in the list is too. How its files are read, how its table is made, ingested
// and read again follow from here.
var feeds = sync.OnceValue(func() []Feed { return append(referenceFeeds(), eventFeeds()...) })

// Feeds gives all feeds in the order of ingestion.
func Feeds() []Feed { return append([]Feed(nil), feeds()...) }

// FeedByName finds a feed.
func FeedByName(name string) (Feed, bool) {
	for _, f := range feeds() {
		if f.Name == name {
			return f, true
		}
	}
	return Feed{}, false
}

// FeedOf finds the feed of a row type; false if none has it.
func FeedOf[T any]() (Feed, bool) {
	for _, f := range feeds() {
		if f.rows.of() == reflect.TypeFor[T]() {
			return f, true
		}
	}
	return Feed{}, false
}

// FeedNames gives the names in alphabetical order, for messages.
func FeedNames() []string {
	var names []string
	for _, f := range feeds() {
		names = append(names, f.Name)
	}
	sort.Strings(names)
	return names
}

// Personal says whether its files say who somebody is: they are kept under people/.
func (f Feed) Personal() bool {
	return slices.ContainsFunc(f.Columns, func(c FeedColumn) bool { return c.Personal })
}

// RowType gives the type of its rows.
func (f Feed) RowType() reflect.Type { return f.rows.of() }

// Column finds a column of its files by name.
func (f Feed) Column(name string) (FeedColumn, bool) {
	for _, c := range f.Columns {
		if c.Name == name {
			return c, true
		}
	}
	return FeedColumn{}, false
}

// ColumnNames gives the names of its columns, in the order of the guide.
func (f Feed) ColumnNames() []string {
	var names []string
	for _, c := range f.Columns {
		names = append(names, c.Name)
	}
	return names
}

// Required gives the columns that a file of the feed's own layout can't lack.
func (f Feed) Required() []string {
	var names []string
	for _, c := range f.Columns {
		if !c.Optional {
			names = append(names, c.Name)
		}
	}
	return names
}
