package typed

import (
	"slices"
	"time"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
)

// Schema is a feed with what reading it looks up.
type Schema struct {
	Feed    pipeline.Feed
	Columns []pipeline.FeedColumn
	ByName  map[string]int
	keys    []int // indexes of the key columns
	told    []int // indexes of the columns that say where a row was told
	// index of valid_from and valid_to, -1 without; a feed that has both is
	// checked for overlapping ranges.
	validFrom, validTo int
	entity             int  // index of entity, -1 without
	date               int  // index of the date column, -1 without
	personal           bool // a column says who somebody is
	money              []money
	isMoney            uint64 // bit i: column i is one of them
}

// NewSchema looks up what reading a feed needs.
func NewSchema(f pipeline.Feed) *Schema {
	s := &Schema{Feed: f, Columns: f.Columns, ByName: map[string]int{}, validFrom: -1, validTo: -1, entity: -1, date: -1}
	for i, c := range s.Columns {
		s.ByName[c.Name] = i
		s.personal = s.personal || c.Personal
		switch {
		case c.Name == "valid_from":
			s.validFrom = i
		case c.Name == "valid_to":
			s.validTo = i
		case c.Name == "entity":
			s.entity = i
		case c.Kind == pipeline.ColumnDate:
			s.date = i
		}
	}
	for i, c := range s.Columns {
		if slices.Contains(f.Told, c.Name) {
			s.told = append(s.told, i)
		}
	}
	s.money = moneyOf(f, s.ByName)
	for _, m := range s.money {
		s.isMoney |= 1 << uint(m.amount)
	}
	for _, name := range f.Key {
		s.keys = append(s.keys, s.ByName[name])
	}
	return s
}

// Task is what rows are made of and for whom.
type Task struct {
	Schema     *Schema
	Name       string // of the file, as messages give it
	BatchID    string
	IngestedAt int64  // microseconds since the epoch
	Entity     string // of rows that name none
	Zone       *time.Location
	Calendar   *pipeline.Calendar
	Workers    int          // of runBlocks; 0: one
	AnyAddress bool         // takes any text for a mail address
	Fine       lex.Fineness // what the format says of amounts; 0: as the feed does
	Alike      *Alike       // gathers ids that look like others; nil: nobody asks
	Opens      int64        // of balances: when the first month begins; 0: nobody asks
	Sink       pipeline.AnySink
	// OnRejects, unless nil, is given the rejects in the order of the source, a
	// part of them at a time, from one goroutine at a time.
	OnRejects func([]pipeline.Reject) error
}
