package books

import (
	"slices"

	"carat/pipeline"
)

// Exposure is the expression that gives an exception's exposure: what it comes to
// in reporting currency, null where nobody can tell, as in a table of exceptions
// that is older than the measure.
func Exposure(t pipeline.TableFiles) string {
	if slices.ContainsFunc(t.Columns, func(c pipeline.Column) bool { return c.Name == columnExposure }) {
		return columnExposure
	}
	return "cast(null as decimal(38, 9))"
}

const columnExposure = "exposure"
