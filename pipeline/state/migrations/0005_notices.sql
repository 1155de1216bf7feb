-- One row per webhook and thing to tell: what was told last, and what is still
-- to be told. It is written before the receiver is called and after, so that a
-- restart tells nothing twice, and a receiver that is away is called again.
create table carat_notices (
    webhook    text   not null,
    notice_key text   not null,
    event      text   not null,
    notice_id  text   not null,
    kind       text   not null,
    message    text   not null,
    state      text   not null,
    attempts   bigint not null,
    raised_at  bigint not null,
    next_at    bigint not null,
    told_at    bigint not null,
    error      text   not null,
    primary key (webhook, notice_key)
);

-- How a slot's run ended: the number of the error's kind, 0 without one. A run
-- that did its work and found a bad file is done, with 3.
alter table carat_slots add column code bigint not null default 0;
