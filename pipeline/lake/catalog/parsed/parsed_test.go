package parsed

import (
	"errors"
	"testing"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
)

// The same bytes are parsed once, others by themselves; what can't be read or parsed is an error each time.
func TestRead(t *testing.T) {
	file := func(location string) ([]byte, error) {
		meta, err := table.NewMetadata(iceberg.NewSchema(0, iceberg.NestedField{ID: 1, Name: "a", Type: iceberg.PrimitiveTypes.Int64}), iceberg.UnpartitionedSpec, table.UnsortedSortOrder, location, nil)
		if err != nil {
			return nil, err
		}
		b, err := meta.(interface{ MarshalJSON() ([]byte, error) }).MarshalJSON()
		return b, err
	}
	content, err := file("/lake/a")
	if err != nil {
		t.Fatal(err)
	}
	same := func(string) ([]byte, error) { return content, nil }
	first, err := Read(same, "/lake/a")
	if err != nil || first.Location() != "/lake/a" {
		t.Fatal(first, err)
	}
	if again, err := Read(same, "/lake/a"); err != nil || again != first {
		t.Error("parsed twice", err)
	}
	if other, err := Read(file, "/lake/b"); err != nil || other == first || other.Location() != "/lake/b" {
		t.Error(other, err)
	}
	gone := errors.New("gone")
	for range 2 {
		if _, err := Read(func(string) ([]byte, error) { return nil, gone }, "/lake/a"); !errors.Is(err, gone) {
			t.Error(err)
		}
		if _, err := Read(func(string) ([]byte, error) { return content[:len(content)/2], nil }, "/lake/a"); err == nil {
			t.Error("half a file says something")
		}
	}
}
