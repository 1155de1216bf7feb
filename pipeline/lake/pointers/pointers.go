package pointers

import (
	"context"
	"database/sql"
	"fmt"

	"carat/pipeline"
)

// Namespace is the Iceberg namespace of carat's tables, and their catalog's name.
const Namespace = "carat"

// Type is what each of carat's tables is to the catalog.
const Type = "TABLE"

// Properties of the namespace, which tie a catalog to its lake.
const (
	LakeID   = "carat.lake-id"
	LakeRoot = "carat.lake-root"
	Form     = "carat.form" // of the history; a lake of before there were forms has none
)

// Pointer is a row of iceberg_tables.
type Pointer struct {
	Catalog, Namespace, Table string
	Type                      string // "" for NULL, as for the two that follow
	Location, Previous        string // of the metadata files, as recorded
}

// Tables gives all rows of iceberg_tables, in the order of their keys.
func Tables(ctx context.Context, db *sql.DB) (all []Pointer, err error) {
	err = each(ctx, db, `select catalog_name, table_namespace, table_name, coalesce(iceberg_type, ''), coalesce(metadata_location, ''),
		coalesce(previous_metadata_location, '') from iceberg_tables order by 1, 2, 3`, func(rows *sql.Rows) error {
		var p Pointer
		err := rows.Scan(&p.Catalog, &p.Namespace, &p.Table, &p.Type, &p.Location, &p.Previous)
		all = append(all, p)
		return err
	})
	return all, err
}

// Properties gives all rows of iceberg_namespace_properties, by PropertyName.
func Properties(ctx context.Context, db *sql.DB) (map[string]string, error) {
	all := map[string]string{}
	err := each(ctx, db, "select catalog_name, namespace, property_key, coalesce(property_value, '') from iceberg_namespace_properties", func(rows *sql.Rows) error {
		var catalog, namespace, key, value string
		err := rows.Scan(&catalog, &namespace, &key, &value)
		all[PropertyName(catalog, namespace, key)] = value
		return err
	})
	return all, err
}

// PropertyName names a property of a namespace of a catalog.
func PropertyName(catalog, namespace, key string) string {
	return catalog + " " + namespace + " " + key
}

// HasLinks says whether the chain of the lake has a link. The table of links is there
// from form 2 of the history on.
func HasLinks(ctx context.Context, db *sql.DB) (has bool, err error) {
	err = each(ctx, db, "select 1 from carat_links limit 1", func(*sql.Rows) error { has = true; return nil })
	return has, err
}

// Lost is a verification error when the properties don't say any more which lake the
// catalog is of, or say a form of before the rows that it has: links come with form 2,
// what runs published with 4.
func Lost(ctx context.Context, db *sql.DB, root, id string, form int) error {
	what := ""
	switch {
	case id == "":
		what = "they name no lake"
	case form < 4:
		for _, t := range []struct {
			table string
			form  int
		}{{"carat_links", 2}, {"carat_published", 4}} {
			has := false
			// Where the table isn't there yet, no row is.
			if err := each(ctx, db, "select 1 from "+t.table+" limit 1", func(*sql.Rows) error { has = true; return nil }); err == nil && has && form < t.form {
				what = fmt.Sprintf("they say form %d, and %s, of form %d, has rows", form, t.table, t.form)
			}
		}
	}
	if what == "" {
		return nil
	}
	return pipeline.Errorf(pipeline.KindVerification, "open lake", root, "the properties of its catalog (iceberg_namespace_properties) were changed: %s", what).
		WithHint("put them back as they were, or restore the newest backup that verifies")
}

func each(ctx context.Context, db *sql.DB, query string, take func(*sql.Rows) error) error {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return fmt.Errorf("read catalog: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := take(rows); err != nil {
			return fmt.Errorf("read catalog: %w", err)
		}
	}
	return rows.Err()
}
