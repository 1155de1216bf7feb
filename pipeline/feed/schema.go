package feed

import (
	"carat/pipeline"
)

// schema is a feed with what reading it looks up.
type schema struct {
	feed    pipeline.Feed
	columns []pipeline.FeedColumn
	byName  map[string]int
	keys    []int // indexes of the key columns
	// index of valid_from and valid_to, -1 without; a feed that has both is
	// checked for overlapping ranges.
	validFrom, validTo int
	entity             int // index of entity, -1 without
	date               int // index of the date column, -1 without
}

func newSchema(f pipeline.Feed) *schema {
	s := &schema{feed: f, columns: f.Columns, byName: map[string]int{}, validFrom: -1, validTo: -1, entity: -1, date: -1}
	for i, c := range s.columns {
		s.byName[c.Name] = i
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
	for _, name := range f.Key {
		s.keys = append(s.keys, s.byName[name])
	}
	return s
}
