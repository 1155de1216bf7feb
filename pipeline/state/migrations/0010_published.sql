-- What each run published: the lake's own table, whose rows are chained with the state's.
create table if not exists carat_published (
    run_id    text primary key,
    period    text   not null,
    batch_no  bigint not null,
    dated_ms  bigint not null,
    clock_ms  bigint not null,
    published text   not null
);
