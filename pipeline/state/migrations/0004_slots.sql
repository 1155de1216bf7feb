-- One row per time at which a scheduled job was due. A slot is never dropped: it
-- is pending, running, done, failed or skipped, or covered by a later slot's run.
create table carat_slots (
    job        text   not null,
    slot_key   text   not null,
    slot_at    bigint not null,
    status     text   not null,
    attempts   bigint not null,
    started_at bigint,
    ended_at   bigint,
    covered_by text   not null,
    detail     text   not null,
    primary key (job, slot_key)
);

create index carat_slots_status on carat_slots (status, slot_at);

-- How far each job's slots were told: later ones are still to come.
create table carat_schedule (
    job        text primary key,
    told_until bigint not null
);
