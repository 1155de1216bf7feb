package trino

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"carat/pipeline"
	"carat/pipeline/engine/duckdb"
)

// Try says what would keep a run from ending: that the cluster shows another history than
// the one whose newest snapshots these are, by table, or lets nothing be made in the scratch
// catalog. What it makes there it drops.
func (s *Server) Try(ctx context.Context, snapshots map[string]int64) error {
	for _, table := range slices.Sorted(maps.Keys(snapshots)) {
		if err := s.sees(ctx, table, snapshots[table]); err != nil {
			return err
		}
	}
	r, err := s.place(ctx, s.prefix(ofTries)+s.config.Attempt) // no run's: a run may be going on
	if err != nil {
		return err
	}
	for _, query := range []string{
		"create table tried as select cast(1 as decimal(38, 6)) as amount, timestamp '2026-10-01 00:00:00.000001 UTC' as moment",
		"create view seen as select amount, moment from tried",
		"insert into tried select amount, moment from seen",
	} {
		if err := r.exec(ctx, r.db, query); err != nil {
			return errors.Join(r.failure(ctx, "write to", "the catalog "+s.config.Scratch, err), r.End(ctx))
		}
	}
	return r.End(ctx)
}

// instants refuses a cluster that tells an instant otherwise than this machine does.
func (s *Server) instants(ctx context.Context) error {
	told, err := s.texts(ctx, s.plain, "select cast(timestamp '2026-10-25 00:30:00.000001 UTC' as varchar) || ' ' || cast(at_timezone(timestamp '2026-10-25 00:30:00 UTC', 'Europe/Berlin') as varchar) || ' ' || current_timezone()")
	const want = "2026-10-25 00:30:00.000001 UTC 2026-10-25 02:30:00 Europe/Berlin UTC"
	if err != nil {
		return s.failure(ctx, "ask", "how it tells instants", err)
	}
	if len(told) != 1 || told[0] != want {
		return pipeline.Errorf(pipeline.KindUsage, "ask", "Trino", "it tells an instant as %q, not %q", told, want).WithHint("bring the cluster's time zone data up to date, and its JVMs to UTC (-Duser.timezone=UTC)")
	}
	return nil
}

// sees refuses a catalog that doesn't show a table with a snapshot.
func (s *Server) sees(ctx context.Context, table string, snapshot int64) error {
	query := fmt.Sprintf("select count(*) from %s.%s.%s where snapshot_id = %d", duckdb.Identifier(s.config.Catalog), Schema, duckdb.Identifier(table+"$snapshots"), snapshot)
	n, err := s.texts(ctx, s.plain, query)
	if err != nil {
		return s.failure(ctx, "read", table+" in the catalog "+s.config.Catalog, err)
	}
	if len(n) != 1 || n[0] != "1" {
		return pipeline.Errorf(pipeline.KindUsage, "read", table, "the cluster's catalog %s doesn't have snapshot %d of it: it shows another history, or an older state of this one", s.config.Catalog, snapshot).
			WithHint("its iceberg.jdbc-catalog.connection-url must be the database of `catalog` in carat.yaml: docs/cluster.md")
	}
	return nil
}
