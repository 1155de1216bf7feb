package typed

import (
	"slices"
	"strings"

	"carat/pipeline/feed/lex"
)

// Header maps the columns of a header to those of the schema: for each the index
// of the schema's column, -1 for one that is unknown. An error of KindBadInput says
// that one is there twice or that a required one is missing.
func (s *Schema) Header(name string, line int64, found []string) (columns []int, unknown []string, err error) {
	at := map[string]int{}
	for i, column := range found {
		if first, twice := at[column]; twice && column != "" {
			return nil, nil, lex.BadFile(name, line, "column %q is there twice, as number %d and %d", column, first+1, i+1)
		}
		at[column] = i
		n, known := s.ByName[column]
		if !known {
			n = -1
			if len(unknown) < MaxUnknownColumns {
				unknown = append(unknown, column)
			}
		}
		columns = append(columns, n)
	}
	var missing []string
	for _, c := range s.Columns {
		if _, ok := at[c.Name]; !ok && !c.Optional {
			missing = append(missing, c.Name)
		}
	}
	if len(missing) > 0 {
		what := "column " + missing[0] + " is"
		if len(missing) > 1 {
			what = "columns " + strings.Join(missing, ", ") + " are"
		}
		if len(found) > 40 {
			found = append(slices.Clip(found[:40]), "…")
		}
		return nil, nil, lex.BadFile(name, line, "required %s missing; found %s", what, strings.Join(found, ", ")).
			WithHint("%s has the columns %s", s.Feed.Name, strings.Join(s.Feed.ColumnNames(), ", "))
	}
	return columns, unknown, nil
}
