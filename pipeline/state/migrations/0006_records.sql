-- The chain of records: one row each time that a row of a covered table is
-- written, changed or taken away, with what the row then said and the hash of the
-- record before. Records are only ever added. See records.go.

create table carat_records (
    record_no  bigint primary key,
    at         bigint not null,
    kind       text   not null,
    table_name text   not null,
    row_key    text   not null,
    content    text   not null,
    previous   text   not null,
    sha256     text   not null
);

-- One row per Iceberg table: the metadata that carat itself wrote last, and its
-- hash. Another program's commit leaves it behind. The lake writes it.
create table if not exists carat_tables (
    table_name        text primary key,
    metadata_location text   not null,
    metadata_sha256   text   not null,
    snapshot_id       bigint not null
);
