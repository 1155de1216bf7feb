-- What built a run's tables, with its version: DuckDB 1.5.5, Trino 476. Runs of before have none.
alter table carat_runs add column engine text not null default '';
