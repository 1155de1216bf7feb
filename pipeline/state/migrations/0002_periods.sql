-- The life of periods: who prepared and approved what, which periods are
-- locked, what was decided about exceptions, who may do what, and every job
-- that ran. Nothing here is ever overwritten but what ends a row: a job's end,
-- a sign-off that fell away, a lock that was opened again.

-- One row per preparation of a period: what the preparer signed.
create table carat_sign_offs (
    period         text   not null,
    version        bigint not null,
    attempt        bigint not null,
    run_id         text   not null,
    numbers_sha256 text   not null,
    prepared_by    text   not null,
    prepared_at    bigint not null,
    void_at        bigint,
    void_reason    text,
    primary key (period, version, attempt)
);

-- One row per lock of a period; in force until it is reopened.
create table carat_locks (
    period             text   not null,
    version            bigint not null,
    run_id             text   not null,
    certificate_sha256 text   not null,
    prepared_by        text   not null,
    approved_by        text   not null,
    locked_at          bigint not null,
    reopened_by        text,
    reopened_at        bigint,
    reopen_reason      text,
    primary key (period, version)
);

-- One row per decision about an exception; the latest one is in force.
create table carat_decisions (
    decision_no  bigint primary key,
    exception_id text   not null,
    status       text   not null,
    until_day    text   not null,
    owner        text   not null,
    note         text   not null,
    decided_by   text   not null,
    decided_at   bigint not null
);

create index carat_decisions_exception on carat_decisions (exception_id, decision_no);

-- One row per role that a user has.
create table carat_users (
    user_name  text   not null,
    role       text   not null,
    granted_by text   not null,
    granted_at bigint not null,
    primary key (user_name, role)
);

-- One row per job that ran, or is running.
create table carat_jobs (
    job_no     bigint primary key,
    job        text   not null,
    period     text   not null,
    arguments  text   not null,
    user_name  text   not null,
    os_user    text   not null,
    build      text   not null,
    started_at bigint not null,
    ended_at   bigint,
    result     text   not null,
    error      text   not null,
    run_id     text   not null,
    inputs     text   not null
);
