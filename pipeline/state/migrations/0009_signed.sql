-- What people signed: one row per record, with the bytes that were signed and the
-- signature beside them. Rows are only ever added. See pipeline/identity.

create table carat_signed (
    signed_no  bigint primary key,
    kind       text   not null,
    person     text   not null,
    credential text   not null,
    period     text   not null,
    at         bigint not null,
    content    text   not null,
    signature  text   not null,
    previous   text   not null,
    sha256     text   not null
);

create index carat_signed_kind on carat_signed (kind, signed_no);

-- The record by which a row came to be, 0 in rows from before. A role can be limited
-- to entities ("a b"; empty: all), and end by itself (0: never).
alter table carat_users add column signed_no bigint not null default 0;
alter table carat_users add column entities text not null default '';
alter table carat_users add column until_at bigint not null default 0;
alter table carat_sign_offs add column signed_no bigint not null default 0;
alter table carat_locks add column approved_no bigint not null default 0;
alter table carat_locks add column reopened_no bigint not null default 0;
alter table carat_decisions add column signed_no bigint not null default 0;

-- What the exception said when it was decided: when it says another amount, by more
-- than the tolerance, the decision lapses. Empty in rows from before, which don't.
alter table carat_decisions add column expected text not null default '';
alter table carat_decisions add column actual text not null default '';
alter table carat_decisions add column difference text not null default '';
alter table carat_decisions add column unit text not null default '';
