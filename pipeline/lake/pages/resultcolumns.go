package pages

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"carat/pipeline"
	"carat/pipeline/parquetlimits"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"
)

// ParquetColumns reads the columns and the number of rows of a file.
func ParquetColumns(path string) (cols []pipeline.Column, rows int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	defer RecoverReading(&err)
	pf, err := parquetlimits.OpenFooter(f, info.Size())
	if err != nil {
		return nil, 0, err
	}
	for _, field := range pf.Schema().Fields() {
		c := pipeline.Column{ID: field.ID(), Name: field.Name(), Optional: field.Optional()}
		if c.ID == 0 {
			return nil, 0, fmt.Errorf("column %s has no field id", c.Name)
		}
		if c.Type, err = parquetType(field); err != nil {
			return nil, 0, fmt.Errorf("column %s: %w", c.Name, err)
		}
		cols = append(cols, c)
	}
	return cols, pf.NumRows(), nil
}

// parquetType gives the SQL type of a leaf.
func parquetType(field parquet.Field) (string, error) {
	if !field.Leaf() {
		return "", errors.New("nested columns have no place in the lake")
	}
	if lt := field.Type().LogicalType(); lt != nil && lt.Value != nil {
		switch t := lt.Value.(type) {
		case *format.DecimalType:
			return "DECIMAL(" + strconv.Itoa(int(t.Precision)) + "," + strconv.Itoa(int(t.Scale)) + ")", nil
		case *format.StringType:
			return "VARCHAR", nil
		case *format.DateType:
			return "DATE", nil
		case *format.TimestampType:
			if _, micros := t.Unit.Value.(*format.MicroSeconds); t.IsAdjustedToUTC && micros {
				return "TIMESTAMP WITH TIME ZONE", nil
			}
		case *format.IntType:
			if t.IsSigned && t.BitWidth == 64 {
				return "BIGINT", nil
			}
			if t.IsSigned && t.BitWidth == 32 {
				return "INTEGER", nil
			}
		}
		return "", fmt.Errorf("type %s has no place in the lake", field.Type())
	}
	if ct := field.Type().ConvertedType(); ct != nil {
		switch *ct {
		case deprecated.UTF8:
			return "VARCHAR", nil
		case deprecated.Date:
			return "DATE", nil
		case deprecated.Int64:
			return "BIGINT", nil
		case deprecated.Int32:
			return "INTEGER", nil
		}
		return "", fmt.Errorf("type %s has no place in the lake", field.Type())
	}
	switch field.Type().Kind() {
	case parquet.Boolean:
		return "BOOLEAN", nil
	case parquet.Int64:
		return "BIGINT", nil
	case parquet.Int32:
		return "INTEGER", nil
	}
	return "", fmt.Errorf("type %s has no place in the lake", field.Type())
}
