-- One row per reading of the history by a person: who asked what, when, and how
-- many rows were given. It is written before the answer is, and completed after.

create table carat_access (
    access_id  text primary key,
    at         bigint not null,
    who        text   not null,
    verb       text   not null,
    query      text   not null,
    row_count  bigint,
    outcome    text   not null
);

create index carat_access_at on carat_access (at);
