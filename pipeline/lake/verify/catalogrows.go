package verify

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"carat/pipeline/lake/catalog"
	"carat/pipeline/lake/identity"
	"carat/pipeline/lake/pointers"
	"carat/pipeline/lake/store"
)

// catalogRows compares every row and column of the tables that the catalog's library
// keeps with what it follows from: the lake's identity, and each table's own metadata.
// What the other tables of the database say is chained (see state), or compared with the
// files and links that they list.
func (v *verifier) catalogRows(ctx context.Context) {
	if what, err := identity.Changed(v.cat.Disk); err != nil {
		v.differ("file %s can't be read: %v", store.IdentityFile, err)
	} else if what != "" {
		v.differ("file %s was changed: %s", store.IdentityFile, what)
	}
	rows, err := pointers.Tables(ctx, v.cat.DB())
	if err != nil {
		v.differ("the catalog can't be read: %v", err)
		return
	}
	for _, p := range rows {
		whose := fmt.Sprintf("iceberg_tables: row %s %s %s", p.Catalog, p.Namespace, p.Table)
		if p.Catalog != pointers.Namespace || p.Namespace != pointers.Namespace {
			v.differ("%s is none of carat's: its catalog and namespace are both %q", whose, pointers.Namespace)
			continue
		}
		if p.Type != pointers.Type {
			v.differ("%s was changed: iceberg_type is %q, and was %q", whose, p.Type, pointers.Type)
		}
		t, ok := v.cat.Table(p.Table)
		if !ok || t.Iceberg == nil || t.Location != p.Location {
			continue // told with the table; or another carat has committed since
		}
		before := ""
		for e := range t.Iceberg.Metadata().PreviousFiles() {
			before = e.MetadataFile // the last is the one before
		}
		if p.Previous != before {
			v.differ("%s was changed: previous_metadata_location is %q, and was %q", whose, p.Previous, before)
		}
	}
	found, err := pointers.Properties(ctx, v.cat.DB())
	if err != nil {
		v.differ("the catalog can't be read: %v", err)
		return
	}
	want := map[string]string{
		pointers.PropertyName(pointers.Namespace, pointers.Namespace, pointers.LakeID):   v.cat.LakeID(),
		pointers.PropertyName(pointers.Namespace, pointers.Namespace, pointers.LakeRoot): v.cat.Disk.Place(),
	}
	if v.cat.Form() >= catalog.FormLinks {
		want[pointers.PropertyName(pointers.Namespace, pointers.Namespace, pointers.Form)] = strconv.Itoa(v.cat.Form())
	}
	for _, key := range slices.Sorted(maps.Keys(found)) {
		value, known := want[key]
		switch {
		case !known:
			v.differ("iceberg_namespace_properties: row %s is none of carat's", key)
		case found[key] != value:
			v.differ("iceberg_namespace_properties: row %s was changed: it is %q, and was %q", key, found[key], value)
		}
		delete(want, key)
	}
	for _, key := range slices.Sorted(maps.Keys(want)) {
		v.differ("iceberg_namespace_properties: row %s is missing: it was %q", key, want[key])
	}
}
