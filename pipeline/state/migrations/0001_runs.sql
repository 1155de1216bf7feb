-- What carat knows about a lake beside its tables: the first period, the runs,
-- and which run is the current one of each period. Portable to SQLite and
-- PostgreSQL; times are microseconds since the epoch.

create table carat_settings (
    name  text primary key,
    value text not null
);

-- One row per run: a period reconciled over certain inputs.
create table carat_runs (
    run_id     text primary key,
    period     text   not null,
    status     text   not null,
    created_at bigint not null,
    inputs     text   not null,
    controls   text   not null
);

create index carat_runs_period on carat_runs (period, created_at);

-- One row per period that was ever reconciled.
create table carat_periods (
    period     text primary key,
    status     text   not null,
    run_id     text   not null,
    updated_at bigint not null
);
