// Package trino builds models on a Trino cluster, over the same tables of the lake:
// it makes a schema of a scratch catalog for one run, views of the raw tables there,
// pinned to the snapshots that the run reads, and a table for every model that it is
// given, spelled by pipeline/dialect. Tables go there from the embedded database, and
// come back to it, row by row, in exact texts.
//
// It promises that nothing is written outside of its own schema, that the schema is
// dropped at the end, and that a run of the same lake which was killed leaves nothing
// past the next one. What it can't read back exactly is an error. It knows no model and
// publishes nothing; it must not import engine, jobs or another adapter than the
// database and the dialect.
package trino
