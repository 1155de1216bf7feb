-- From here on the rows of carat_lock, carat_notices, carat_schedule, carat_slots and
-- carat_sources are recorded too. Those that are there get their first record with this
-- migration; without it none ever does. The writer's lock is made by the lake's catalog
-- too, whichever comes first.
create table if not exists carat_lock (
    lake     text   primary key,
    epoch    bigint not null,
    holder   text   not null,
    taken_at text   not null
);
