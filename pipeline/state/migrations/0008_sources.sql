-- One row per content that was fetched from a source: what, whence, when and how, for
-- the evidence. Rows are only ever added, and chained. See fetched.go.

create table if not exists carat_fetched (
    fetch_no    bigint primary key,
    source      text   not null,
    kind        text   not null,
    remote_name text   not null,
    version     text   not null,
    size        bigint not null,
    sha256      text   not null,
    file        text   not null,
    origin      text   not null,
    shape       text   not null,
    fetched_at  bigint not null,
    fetched_by  text   not null
);

create index if not exists carat_fetched_remote on carat_fetched (source, remote_name, fetch_no);
create index if not exists carat_fetched_sha256 on carat_fetched (sha256);

-- One row per source: how the last tries went. It says nothing of what was taken, and
-- isn't chained.
create table if not exists carat_sources (
    source      text primary key,
    tried_at    bigint not null,
    reached_at  bigint not null,
    again_at    bigint not null,
    waiting     bigint not null,
    error       text   not null
);
