package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"strconv"

	"carat/pipeline"
	"carat/pipeline/lake/chain"
	"carat/pipeline/lake/links"
	"carat/pipeline/lake/pointers"
	"carat/pipeline/lake/published"
	"carat/pipeline/lake/shape"
)

// Forms of a lake's history, each the one before and something more. The property
// carat.form of the catalog's namespace says which a lake has; a lake of before there
// were forms has the first.
const (
	formFirst   = 1 // the chain lies in the summaries of the raw tables' snapshots
	FormLinks   = 2 // every link is a row of batches, mirrored in carat_links
	FormBatchNo = 3 // every row of a raw table that is read now has its batch_no
	FormRuns    = 4 // what each run published is a row of carat_published
	FormProved  = 5 // each month that was closed by then came out again as its certificate says
	// FormNow is the form that this carat reads and writes.
	FormNow = FormProved
)

// propForm is the property of the namespace that says the form.
const propForm = pointers.Form

// Form gives the form of the lake's history.
func (cat *Catalog) Form() int { return cat.form }

// ErrForm is a history that this carat doesn't read: it is of an earlier form, or a later one.
var ErrForm = errors.New("this carat reads form " + strconv.Itoa(FormNow))

// WantForm is a usage error, an ErrForm, unless the lake has the form of today.
func (cat *Catalog) WantForm() error {
	switch {
	case cat.form > FormNow:
		return pipeline.Errorf(pipeline.KindUsage, "open lake", cat.Disk.Root, "its history has form %d, and %w", cat.form, ErrForm).
			WithHint("use the carat that upgraded it, or a later one")
	case cat.form < FormNow:
		return pipeline.Errorf(pipeline.KindUsage, "open lake", cat.Disk.Root, "its history has form %d, of an earlier carat; %w", cat.form, ErrForm).
			WithHint("bring it to the form of today with `carat upgrade`, once; it changes no row and no certificate")
	}
	return nil
}

// formOf reads the form from the properties of the namespace.
func formOf(props map[string]string) (int, error) {
	text, there := props[propForm]
	if !there {
		return formFirst, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < formFirst {
		return 0, fmt.Errorf("read catalog: its %s is %q", propForm, text)
	}
	return n, nil
}

// MakeLinks makes the table of links, in the database and for others.
func (cat *Catalog) MakeLinks(ctx context.Context) error {
	if err := cat.makeLinks(ctx); err != nil {
		return err
	}
	cols, err := links.Columns()
	if err != nil {
		return err
	}
	if err := cat.Ensure(ctx, []shape.Shape{{Name: links.Table, Columns: cols}}); err != nil {
		return err
	}
	return cat.RefreshRaw(ctx)
}

// Raise adds links, the last of which is that of the step of an upgrade, in one
// transaction with the form that the history then has, and with rows of runs. The lock is
// held.
func (cat *Catalog) Raise(ctx context.Context, m *Move, all []chain.Link, runs []published.Run, form int) error {
	err := m.Commit(ctx, func() error {
		return cat.applyLinks(ctx, nil, all, func(tx *sql.Tx) error {
			for _, r := range runs {
				if err := cat.addPublished(ctx, tx, r); err != nil {
					return err
				}
			}
			return cat.setForm(ctx, tx, form)
		})
	})
	if err != nil {
		return err
	}
	cat.form = form
	return cat.Refresh(ctx)
}

// hasUpgrade says whether an upgrade is committed, whatever form this process found.
func (cat *Catalog) hasUpgrade(ctx context.Context, id string) (bool, error) {
	if err := cat.makeLinks(ctx); err != nil {
		return false, err
	}
	_, found, err := cat.Mirror().Named(ctx, id, math.MaxInt64)
	return found, err
}

func (cat *Catalog) setForm(ctx context.Context, tx *sql.Tx, form int) error {
	_, err := tx.ExecContext(ctx, cat.bind(`insert into iceberg_namespace_properties (catalog_name, namespace, property_key, property_value) values (?, ?, ?, ?)
		on conflict (catalog_name, namespace, property_key) do update set property_value = excluded.property_value`),
		Namespace, Namespace, propForm, strconv.Itoa(form))
	if err != nil {
		return fmt.Errorf("set the form of the history: %w", err)
	}
	return nil
}

// makeLinks makes the table of links in the database.
func (cat *Catalog) makeLinks(ctx context.Context) error {
	for _, text := range links.SQL {
		if _, err := cat.db.ExecContext(ctx, text); err != nil {
			return fmt.Errorf("make catalog tables: %w", err)
		}
	}
	return nil
}
