package catalog

import (
	"context"
	"errors"
	"fmt"

	"carat/pipeline/lake/chain"
	"carat/pipeline/lake/shape"

	"github.com/apache/iceberg-go/table"
)

// Ensure makes the raw tables that are missing and adds columns that
// are new, in one transaction.
func (cat *Catalog) Ensure(ctx context.Context, shapes []shape.Shape) error {
	if err := cat.RefreshRaw(ctx); err != nil {
		return err
	}
	var changes []Change
	for _, s := range shapes {
		c, needed, err := cat.shapeChange(s)
		if err != nil {
			return fmt.Errorf("table %s: %w", s.Name, err)
		}
		if needed {
			changes = append(changes, c)
		}
	}
	if len(changes) == 0 {
		return nil
	}
	err := cat.Apply(ctx, changes, nil)
	if err != nil {
		if now, lerr := cat.locations(ctx); lerr == nil && !anyPoints(now, changes) {
			err = errors.Join(err, cat.removeMade(cat.files.takeCreated()))
		}
		// Another process may have made them in the same moment.
		if rerr := cat.RefreshRaw(ctx); rerr == nil && cat.hasShapes(changes) {
			return nil
		}
	}
	return err
}

func anyPoints(locations map[string]string, changes []Change) bool {
	for _, c := range changes {
		if c.created != "" && locations[c.Name] == c.created {
			return true
		}
	}
	return false
}

func (cat *Catalog) hasShapes(changes []Change) bool {
	for _, c := range changes {
		t, ok := cat.Table(c.Name)
		if !ok || !t.Iceberg.Schema().Equals(c.Meta.CurrentSchema()) {
			return false
		}
	}
	return true
}

// shapeChange gives what brings a table into shape, and whether anything does.
func (cat *Catalog) shapeChange(s shape.Shape) (Change, bool, error) {
	have, ok := cat.Table(s.Name)
	if !ok {
		meta, err := cat.newTable(s)
		return Change{Name: s.Name, Meta: meta}, true, err
	}
	updates, err := shape.Evolve(have.Iceberg, s.Columns)
	if err != nil || len(updates) == 0 {
		return Change{}, false, err
	}
	meta, err := chain.Updated(have.Iceberg.Metadata(), updates, have.Location)
	return Change{Name: s.Name, Base: have, Meta: meta}, true, err
}

// newTable makes the first metadata of a table.
func (cat *Catalog) newTable(s shape.Shape) (table.Metadata, error) {
	return shape.New(s, cat.id.Root+"/"+Namespace+".db/"+s.Name)
}
