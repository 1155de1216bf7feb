package shape

import (
	"fmt"
	"sort"
	"strconv"
	"strings"

	"carat/pipeline"
	"github.com/apache/iceberg-go"
)

// icebergSchema makes the Iceberg schema of some columns, keeping their ids.
func icebergSchema(cols []pipeline.Column) (*iceberg.Schema, error) {
	fields := make([]iceberg.NestedField, len(cols))
	for i, c := range cols {
		t, err := icebergType(c.Type)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", c.Name, err)
		}
		fields[i] = iceberg.NestedField{ID: c.ID, Name: c.Name, Type: t, Required: !c.Optional}
	}
	return iceberg.NewSchema(0, fields...), nil
}

func icebergType(sqlType string) (iceberg.Type, error) {
	switch sqlType {
	case "VARCHAR":
		return iceberg.PrimitiveTypes.String, nil
	case "BIGINT":
		return iceberg.PrimitiveTypes.Int64, nil
	case "INTEGER":
		return iceberg.PrimitiveTypes.Int32, nil
	case "BOOLEAN":
		return iceberg.PrimitiveTypes.Bool, nil
	case "DATE":
		return iceberg.PrimitiveTypes.Date, nil
	case "TIMESTAMP WITH TIME ZONE":
		return iceberg.PrimitiveTypes.TimestampTz, nil
	}
	var precision, scale int
	if n, err := fmt.Sscanf(sqlType, "DECIMAL(%d,%d)", &precision, &scale); err == nil && n == 2 {
		return iceberg.DecimalTypeOf(precision, scale), nil
	}
	return nil, fmt.Errorf("type %s has no place in the lake", sqlType)
}

// SQLColumns gives the columns of an Iceberg schema as an engine names them.
func SQLColumns(schema *iceberg.Schema) []pipeline.Column {
	var cols []pipeline.Column
	for _, f := range schema.Fields() {
		cols = append(cols, pipeline.Column{ID: f.ID, Name: f.Name, Type: sqlType(f.Type), Optional: !f.Required})
	}
	return cols
}

func sqlType(t iceberg.Type) string {
	if d, ok := t.(iceberg.DecimalType); ok {
		return "DECIMAL(" + strconv.Itoa(d.Precision()) + "," + strconv.Itoa(d.Scale()) + ")"
	}
	switch t {
	case iceberg.PrimitiveTypes.String:
		return "VARCHAR"
	case iceberg.PrimitiveTypes.Int64:
		return "BIGINT"
	case iceberg.PrimitiveTypes.Int32:
		return "INTEGER"
	case iceberg.PrimitiveTypes.Bool:
		return "BOOLEAN"
	case iceberg.PrimitiveTypes.Date:
		return "DATE"
	case iceberg.PrimitiveTypes.TimestampTz:
		return "TIMESTAMP WITH TIME ZONE"
	}
	return strings.ToUpper(t.String())
}

// addedColumns gives the columns of want that the schema lacks. A column that
// is there under another name or type is an error: field ids are a contract.
func addedColumns(schema *iceberg.Schema, want []pipeline.Column) ([]pipeline.Column, error) {
	var added []pipeline.Column
	for _, c := range want {
		f, ok := schema.FindFieldByID(c.ID)
		if !ok {
			if g, taken := schema.FindFieldByName(c.Name); taken {
				return nil, fmt.Errorf("column %s has field id %d in the table and %d in the files", c.Name, g.ID, c.ID)
			}
			if !c.Optional {
				return nil, fmt.Errorf("column %s is new and required; only optional columns can be added", c.Name)
			}
			added = append(added, c)
			continue
		}
		if f.Name != c.Name || sqlType(f.Type) != c.Type {
			return nil, fmt.Errorf("field %d is %s %s in the table and %s %s in the files", c.ID, f.Name, sqlType(f.Type), c.Name, c.Type)
		}
	}
	sort.Slice(added, func(i, j int) bool { return added[i].ID < added[j].ID })
	return added, nil
}

// partitionSpec makes the partition spec of a table: the identity of one
// column, then, for event feeds, the day of another.
func partitionSpec(schema *iceberg.Schema, identity, day string) (iceberg.PartitionSpec, error) {
	var fields []iceberg.PartitionField
	add := func(column, name string, transform iceberg.Transform) error {
		f, ok := schema.FindFieldByName(column)
		if !ok {
			return fmt.Errorf("partition column %s is not in the table", column)
		}
		fields = append(fields, iceberg.PartitionField{
			SourceIDs: []int{f.ID}, FieldID: 1000 + len(fields), Name: name, Transform: transform})
		return nil
	}
	if identity == "" {
		return *iceberg.UnpartitionedSpec, nil
	}
	if err := add(identity, identity, iceberg.IdentityTransform{}); err != nil {
		return iceberg.PartitionSpec{}, err
	}
	if day != "" {
		if err := add(day, day+"_day", iceberg.DayTransform{}); err != nil {
			return iceberg.PartitionSpec{}, err
		}
	}
	return iceberg.NewPartitionSpec(fields...), nil
}
