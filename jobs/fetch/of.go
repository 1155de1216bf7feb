package fetch

import (
	"slices"

	"carat/pipeline/state"
)

// Of gives which of all fetches brought the file of a batch, by its name and the hash of its
// bytes: two files can be the same bytes. Where none has its name, which a person may have
// changed, it is all that brought these bytes.
func Of(all []state.Fetched, source, sha256 string) (brought []state.Fetched) {
	for _, f := range all {
		if f.SHA256 == sha256 {
			brought = append(brought, f)
		}
	}
	named := func(f state.Fetched) bool { return f.File == source }
	if !slices.ContainsFunc(brought, named) {
		return brought
	}
	return slices.DeleteFunc(brought, func(f state.Fetched) bool { return !named(f) })
}
