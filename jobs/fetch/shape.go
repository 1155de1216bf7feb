package fetch

import (
	"slices"
	"strings"

	"carat/pipeline"
)

// ShapeChange says how a shape differs from the one before; "" if it doesn't. Columns
// in another order are the same shape.
func ShapeChange(before, now string) string {
	old, new := strings.Split(before, ","), strings.Split(now, ",")
	var gone, added []string
	for _, c := range old {
		if !slices.Contains(new, c) {
			gone = append(gone, c)
		}
	}
	for _, c := range new {
		if !slices.Contains(old, c) {
			added = append(added, c)
		}
	}
	switch {
	case len(gone) == 0 && len(added) == 0:
		return ""
	case before == "" || now == "":
		return pipeline.CutText("its shape changed: it was " + orNone(before) + ", and is " + orNone(now))
	}
	var parts []string
	if len(gone) > 0 {
		parts = append(parts, strings.Join(gone, ", ")+" gone")
	}
	if len(added) > 0 {
		parts = append(parts, strings.Join(added, ", ")+" new")
	}
	return pipeline.CutText("its shape changed: " + strings.Join(parts, "; "))
}

func orNone(shape string) string {
	if shape == "" {
		return "none that is known"
	}
	return shape
}
